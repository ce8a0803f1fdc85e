/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/registry: OMA XML through expat. Called by registry_load.c. See objxml.h. */

#include "core/registry/objxml.h"

#include <stdlib.h>
#include <strings.h>

#include <expat.h>

#include "core/base/alloc.h"
#include "core/base/num.h"

enum { DEPTH_MAX = 32, NAME_MAX = 256, TEXT_MAX = 512, ID_MAX = 65534 };

/* Depths of the elements that matter: LWM2M > Object > field, and Object > Resources > Item > field. */
enum { DEPTH_ROOT = 1, DEPTH_OBJECT = 2, DEPTH_FIELD = 3, DEPTH_ITEM = 4, DEPTH_ITEM_FIELD = 5 };

typedef struct reader {
  XML_Parser parser;
  const char *file_name;
  tg_diag_t *diag;
  tg_rc_t rc;
  size_t depth;
  bool in_object;
  bool in_resources;
  bool in_item;
  bool has_id;
  tg_objdef_head_t head;
  char name[NAME_MAX];
  char urn[NAME_MAX];
  tg_resdef_t item;
  char item_name[NAME_MAX];
  char item_unit[NAME_MAX];
  char range[TEXT_MAX];
  tg_buf_t text; /* of the innermost element */
  char text_memory[TEXT_MAX];
  tg_objdef_t *def;
} reader_t;

/* Stops at the first error; what expat says after that is of no interest. */
static void fail(reader_t *reader, tg_rc_t rc, const char *what) {
  if (reader->rc != TG_OK) return;
  reader->rc = rc;
  tg_diag_set(reader->diag, reader->file_name, (int)XML_GetCurrentLineNumber(reader->parser), "%s", what);
  (void)XML_StopParser(reader->parser, XML_FALSE);
}

static tg_slice_t trimmed(tg_slice_t text) {
  while (text.len && text.p[0] <= ' ') text = tg_slice_from(text, 1);
  while (text.len && text.p[text.len - 1] <= ' ') text.len--;
  return text;
}

static bool is_word(tg_slice_t text, const char *word) {
  return text.len == strlen(word) && strncasecmp((const char *)text.p, word, text.len) == 0;
}

static void copy_text(char *out, size_t cap, tg_slice_t text) {
  size_t len = text.len < cap ? text.len : cap - 1;
  if (len) memcpy(out, text.p, len);
  out[len] = '\0';
}

static tg_rc_t parse_type(tg_slice_t text, uint8_t *type) {
  static const struct {
    const char *word;
    tg_type_t type;
  } rows[] = {{"", TG_TYPE_NONE},
              {"None", TG_TYPE_NONE},
              {"String", TG_TYPE_STRING},
              {"Integer", TG_TYPE_INTEGER},
              {"Unsigned Integer", TG_TYPE_UNSIGNED},
              {"Unsigned", TG_TYPE_UNSIGNED},
              {"Float", TG_TYPE_FLOAT},
              {"Boolean", TG_TYPE_BOOLEAN},
              {"Opaque", TG_TYPE_OPAQUE},
              {"Time", TG_TYPE_TIME},
              {"Objlnk", TG_TYPE_OBJLNK},
              {"Corelnk", TG_TYPE_CORELNK}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    if (!is_word(text, rows[i].word)) continue;
    *type = (uint8_t)rows[i].type;
    return TG_OK;
  }
  return TG_E_SYNTAX;
}

static tg_rc_t parse_ops(tg_slice_t text, uint8_t *ops) {
  *ops = 0;
  for (size_t i = 0; i < text.len; i++) {
    switch (text.p[i]) {
    case 'R': *ops |= TG_OPS_READ; break;
    case 'W': *ops |= TG_OPS_WRITE; break;
    case 'E': *ops |= TG_OPS_EXECUTE; break;
    default: return TG_E_SYNTAX;
    }
  }
  return TG_OK;
}

static tg_rc_t parse_choice(tg_slice_t text, const char *no, const char *yes, bool *value) {
  *value = is_word(text, yes);
  return *value || text.len == 0 || is_word(text, no) ? TG_OK : TG_E_SYNTAX;
}

static bool is_number_type(uint8_t type) {
  return type == TG_TYPE_INTEGER || type == TG_TYPE_UNSIGNED || type == TG_TYPE_FLOAT || type == TG_TYPE_TIME;
}

/* Where the text between two numbers begins: dots, or a dash that is not a sign. */
static size_t find_separator(tg_slice_t text, size_t *len) {
  for (size_t i = 1; i < text.len; i++) {
    *len = 0;
    while (i + *len < text.len && text.p[i + *len] == '.') ++*len;
    if (*len == 2 || *len == 3) return i;
    *len = 1;
    if (text.p[i] == '-' && text.p[i - 1] >= '0' && text.p[i - 1] <= '9') return i;
  }
  return text.len;
}

void tg_objxml_parse_range(tg_slice_t text, tg_resdef_t *res) {
  res->has_range = false;
  if (!is_number_type(res->type)) return;
  text = trimmed(text);
  size_t len = 0, at = find_separator(text, &len);
  double min, max;
  if (at == text.len) return;
  if (tg_num_parse_double(trimmed(tg_slice(text.p, at)), &min) != TG_OK) return;
  if (tg_num_parse_double(trimmed(tg_slice_from(text, at + len)), &max) != TG_OK) return;
  if (min > max) return;
  res->has_range = true;
  res->min = min;
  res->max = max;
}

static tg_rc_t parse_id(tg_slice_t text, uint16_t *id) {
  uint64_t value;
  tg_rc_t rc = tg_num_parse_u64(text, ID_MAX, &value);
  if (rc == TG_OK) *id = (uint16_t)value;
  return rc;
}

/* A field of the object. */
static tg_rc_t take_field(reader_t *reader, const char *element, tg_slice_t text) {
  if (strcmp(element, "ObjectID") == 0) {
    reader->has_id = true;
    return parse_id(text, &reader->head.id);
  }
  if (strcmp(element, "Name") == 0) copy_text(reader->name, sizeof reader->name, text);
  if (strcmp(element, "ObjectURN") == 0) copy_text(reader->urn, sizeof reader->urn, text);
  if (strcmp(element, "ObjectVersion") == 0 && text.len) return tg_objdef_parse_version(text, &reader->head.version);
  if (strcmp(element, "MultipleInstances") == 0)
    return parse_choice(text, "Single", "Multiple", &reader->head.multiple);
  if (strcmp(element, "Mandatory") == 0) return parse_choice(text, "Optional", "Mandatory", &reader->head.mandatory);
  return TG_OK;
}

/* A field of a resource. */
static tg_rc_t take_item_field(reader_t *reader, const char *element, tg_slice_t text) {
  tg_resdef_t *item = &reader->item;
  if (strcmp(element, "Name") == 0) copy_text(reader->item_name, sizeof reader->item_name, text);
  if (strcmp(element, "Units") == 0) copy_text(reader->item_unit, sizeof reader->item_unit, text);
  if (strcmp(element, "RangeEnumeration") == 0) copy_text(reader->range, sizeof reader->range, text);
  if (strcmp(element, "Operations") == 0) return parse_ops(text, &item->ops);
  if (strcmp(element, "Type") == 0) return parse_type(text, &item->type);
  if (strcmp(element, "MultipleInstances") == 0) return parse_choice(text, "Single", "Multiple", &item->multiple);
  if (strcmp(element, "Mandatory") == 0) return parse_choice(text, "Optional", "Mandatory", &item->mandatory);
  return TG_OK;
}

/* The definition begins with the first resource, or at the object's end when it has none. */
static void make_def(reader_t *reader) {
  if (reader->def) return;
  if (!reader->has_id && !reader->name[0]) {
    fail(reader, TG_E_NOT_FOUND, "no object definition: neither ObjectID nor Name"); /* OMA's Common.xml */
    return;
  }
  if (!reader->has_id || !reader->name[0]) {
    fail(reader, TG_E_SYNTAX, "an object needs an ObjectID and a Name before its Resources");
    return;
  }
  reader->head.name = tg_slice_str(reader->name);
  reader->head.urn = tg_slice_str(reader->urn);
  reader->def = tg_objdef_new(&reader->head);
  if (!reader->def) fail(reader, TG_E_NOMEM, "out of memory");
}

static void begin_item(reader_t *reader, const char **attributes) {
  make_def(reader);
  reader->in_item = true;
  reader->item = (tg_resdef_t){.type = TG_TYPE_NONE};
  reader->item_name[0] = reader->item_unit[0] = reader->range[0] = '\0';
  for (size_t i = 0; attributes[i]; i += 2) {
    if (strcmp(attributes[i], "ID") != 0) continue;
    if (parse_id(tg_slice_str(attributes[i + 1]), &reader->item.id) == TG_OK) return;
  }
  fail(reader, TG_E_SYNTAX, "an Item needs an ID from 0 to 65534");
}

/* The files don't tell what must never be shown; the names do. */
static bool is_sensitive(const char *name) {
  static const char *const words[] = {"secret",      "password", "passphrase",  "key phrase",
                                      "private key", "wep key",  "master salt", "binding key"};
  for (size_t i = 0; i < TG_COUNT(words); i++) {
    if (strcasestr(name, words[i])) return true;
  }
  return false;
}

static void end_item(reader_t *reader) {
  tg_resdef_t *item = &reader->item;
  reader->in_item = false;
  item->name = reader->item_name;
  item->unit = reader->item_unit;
  item->sensitive = is_sensitive(reader->item_name);
  tg_objxml_parse_range(tg_slice_str(reader->range), item);
  tg_rc_t rc = tg_objdef_add(reader->def, item);
  if (rc == TG_E_DUPLICATE) fail(reader, rc, "a resource ID is given twice");
  if (rc != TG_OK) fail(reader, rc, tg_rc_text(rc));
}

static void XMLCALL on_start(void *ud, const XML_Char *element, const XML_Char **attributes) {
  reader_t *reader = ud;
  if (reader->rc != TG_OK) return;
  tg_buf_clear(&reader->text);
  if (++reader->depth > DEPTH_MAX) {
    fail(reader, TG_E_TOO_LONG, "elements nested more than 32 deep");
  } else if (reader->depth == DEPTH_ROOT && strcmp(element, "LWM2M") != 0) {
    fail(reader, TG_E_NOT_FOUND, "not an object definition: the root element is not LWM2M");
  } else if (reader->depth == DEPTH_OBJECT && strcmp(element, "Object") == 0) {
    if (reader->def || reader->has_id) fail(reader, TG_E_SYNTAX, "more than one Object in a file");
    reader->in_object = true;
  } else if (reader->in_object && reader->depth == DEPTH_FIELD && strcmp(element, "Resources") == 0) {
    reader->in_resources = true;
  } else if (reader->in_resources && reader->depth == DEPTH_ITEM && strcmp(element, "Item") == 0) {
    begin_item(reader, attributes);
  }
}

static void XMLCALL on_end(void *ud, const XML_Char *element) {
  reader_t *reader = ud;
  if (reader->rc != TG_OK) return;
  tg_slice_t text = trimmed(tg_buf_slice(&reader->text));
  tg_rc_t rc = TG_OK;
  if (reader->in_item && reader->depth == DEPTH_ITEM_FIELD) {
    rc = take_item_field(reader, element, text);
  } else if (reader->in_item && reader->depth == DEPTH_ITEM) {
    end_item(reader);
  } else if (reader->in_object && reader->depth == DEPTH_FIELD) {
    if (!reader->in_resources) rc = take_field(reader, element, text);
    reader->in_resources = false;
  } else if (reader->in_object && reader->depth == DEPTH_OBJECT) {
    make_def(reader);
    reader->in_object = false;
  }
  if (rc != TG_OK) {
    char what[TEXT_MAX];
    tg_buf_t buf;
    tg_buf_init(&buf, what, sizeof what);
    tg_buf_put_fmt(&buf, "%.64s is not valid: \"%.*s\"", element, (int)(text.len < 64 ? text.len : 64),
                   (const char *)text.p);
    fail(reader, rc, tg_buf_cstr(&buf) ? what : element);
  }
  reader->depth--;
  tg_buf_clear(&reader->text);
}

/* Long descriptions don't fit and are not wanted. */
static void XMLCALL on_text(void *ud, const XML_Char *text, int len) {
  reader_t *reader = ud;
  tg_buf_put(&reader->text, tg_slice(text, (size_t)len));
}

static void XMLCALL on_doctype(void *ud, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id,
                               int has_subset) {
  (void)name, (void)system_id, (void)public_id, (void)has_subset;
  fail(ud, TG_E_SYNTAX, "a DOCTYPE is not allowed");
}

static void *resize(void *p, size_t size) {
  return tg_alloc_resize(p, size, 1);
}

static tg_rc_t parse(reader_t *reader, tg_slice_t xml) {
  XML_SetUserData(reader->parser, reader);
  XML_SetElementHandler(reader->parser, on_start, on_end);
  XML_SetCharacterDataHandler(reader->parser, on_text);
  XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
  enum XML_Status status = XML_Parse(reader->parser, (const char *)xml.p, (int)xml.len, XML_TRUE);
  if (reader->rc == TG_OK && status != XML_STATUS_OK) {
    enum XML_Error error = XML_GetErrorCode(reader->parser);
    fail(reader, error == XML_ERROR_NO_MEMORY ? TG_E_NOMEM : TG_E_SYNTAX, XML_ErrorString(error));
  }
  if (reader->rc == TG_OK && !reader->def) fail(reader, TG_E_NOT_FOUND, "no Object in the file");
  return reader->rc;
}

tg_rc_t tg_objxml_read(const char *file_name, tg_slice_t xml, tg_diag_t *diag, tg_objdef_t **def) {
  if (xml.len > TG_OBJXML_SIZE_MAX) {
    tg_diag_set(diag, file_name, 0, "larger than 1 MiB");
    return TG_E_TOO_LONG;
  }
  static const XML_Memory_Handling_Suite memory = {tg_alloc, resize, tg_alloc_free};
  reader_t *reader = tg_alloc_array(1, sizeof *reader);
  if (!reader) return TG_E_NOMEM;
  reader->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
  reader->file_name = file_name;
  reader->diag = diag;
  reader->head.version = TG_VERSION_1_0;
  tg_buf_init(&reader->text, reader->text_memory, sizeof reader->text_memory);
  tg_rc_t rc = reader->parser ? parse(reader, xml) : TG_E_NOMEM;
  if (rc == TG_OK) *def = reader->def;
  else tg_objdef_free(reader->def);
  if (reader->parser) XML_ParserFree(reader->parser);
  tg_alloc_free(reader);
  return rc;
}
