/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/codec: whole JSON documents through json-c. What json-c lets pass (NaN, control characters, half surrogates, leading
 * zeros, integers that don't fit, duplicate names) is refused before or after it. See json_read.h.
 */

#include "core/codec/json_read.h"

#include <json-c/json.h>
#include <json-c/json_visit.h>

#include "core/base/alloc.h"
#include "core/base/num.h"
#include "core/codec/json_lex.h"

enum { DEPTH_MAX = 16 };

struct tg_json {
  json_object *root;
};

static bool is_integer_exact(tg_slice_t text) {
  int64_t i;
  uint64_t u;
  return tg_num_parse_i64(text, &i) == TG_OK || tg_num_parse_u64(text, UINT64_MAX, &u) == TG_OK;
}

/* json-c ends names at a NUL. */
static bool has_nul(const tg_json_lex_token_t *name) {
  for (size_t i = 0; name->is_escaped && i + 1 < name->text.len; i++) {
    if (name->text.p[i] != '\\') continue;
    if (tg_slice_begins(tg_slice_from(name->text, i + 1), tg_slice_str("u0000"))) return true;
    i++;
  }
  return false;
}

/* Checks every token and counts the members of all objects. @p at is where it stopped. */
static tg_rc_t check_tokens(tg_slice_t text, size_t *members, size_t *at) {
  tg_json_lex_t lex;
  tg_json_lex_token_t token = {.kind = TG_JSON_LEX_END};
  tg_json_lex_init(&lex, text);
  for (;;) {
    tg_json_lex_token_t before = token;
    tg_rc_t rc = tg_json_lex_next(&lex, &token);
    *at = lex.at;
    if (token.kind == TG_JSON_LEX_END) return rc;
    double number;
    if (token.kind == TG_JSON_LEX_NUMBER && tg_num_parse_double(token.text, &number) != TG_OK) return TG_E_RANGE;
    if (token.kind == TG_JSON_LEX_INTEGER && !is_integer_exact(token.text)) return TG_E_RANGE;
    if (token.kind == TG_JSON_LEX_COLON && has_nul(&before)) return TG_E_SYNTAX;
    *members += token.kind == TG_JSON_LEX_COLON;
  }
}

static tg_rc_t check_structure(tg_slice_t text, size_t *at) {
  tg_json_lex_t lex;
  tg_json_lex_token_t token;
  tg_json_lex_init(&lex, text);
  tg_rc_t rc = tg_json_lex_next(&lex, &token);
  if (rc == TG_OK) rc = tg_json_lex_skip(&lex, &token, DEPTH_MAX);
  if (rc == TG_OK) rc = tg_json_lex_next(&lex, &token);
  *at = lex.at;
  if (rc != TG_OK) return rc;
  return token.kind == TG_JSON_LEX_END ? TG_OK : TG_E_SYNTAX;
}

/* limits: the parameters are those of json_c_visit_userfunc. */
static int count_member(json_object *node, int flags, json_object *parent, const char *key, size_t *index, void *ud) {
  (void)node, (void)parent, (void)index;
  size_t *members = ud;
  *members += key && flags != JSON_C_VISIT_SECOND;
  return JSON_C_VISIT_RETURN_CONTINUE;
}

/* json-c keeps the last of two members with the same name, so that the tree then has fewer than the text. */
static tg_rc_t build(tg_slice_t text, size_t members, json_object **root) {
  json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX + 1);
  if (!tokener) return TG_E_NOMEM;
  json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
  *root = json_tokener_parse_ex(tokener, (const char *)text.p, (int)text.len);
  /* A number may go on until something else comes. */
  if (json_tokener_get_error(tokener) == json_tokener_continue) *root = json_tokener_parse_ex(tokener, " ", 1);
  enum json_tokener_error error = json_tokener_get_error(tokener);
  json_tokener_free(tokener);
  if (error != json_tokener_success) return TG_E_SYNTAX;
  size_t built = 0;
  (void)json_c_visit(*root, 0, count_member, &built);
  if (built == members) return TG_OK;
  (void)json_object_put(*root);
  return TG_E_DUPLICATE;
}

static const char *reason(tg_rc_t rc) {
  switch ((int)rc) {
  case TG_E_TOO_LONG: return "too long or nested more than 16 deep";
  case TG_E_ENCODING: return "not valid UTF-8 or half a surrogate pair";
  case TG_E_RANGE: return "a number is out of range";
  case TG_E_DUPLICATE: return "a member is given twice";
  case TG_E_NOMEM: return "out of memory";
  default: return "malformed JSON";
  }
}

static tg_rc_t read_text(tg_slice_t text, size_t max, tg_json_t **doc, size_t *at) {
  if (text.len > max || text.len > INT32_MAX) return TG_E_TOO_LONG;
  size_t members = 0;
  tg_rc_t rc = check_structure(text, at);
  if (rc == TG_OK) rc = check_tokens(text, &members, at);
  if (rc != TG_OK) return rc;
  tg_json_t *made = tg_alloc_array(1, sizeof *made);
  if (!made) return TG_E_NOMEM;
  rc = build(text, members, &made->root);
  if (rc == TG_OK) *doc = made;
  else tg_alloc_free(made);
  return rc;
}

tg_rc_t tg_json_read(tg_slice_t text, size_t max, tg_diag_t *diag, tg_json_t **doc) {
  size_t at = 0;
  tg_rc_t rc = read_text(text, max, doc, &at);
  if (rc != TG_OK) tg_diag_set(diag, NULL, 0, "byte %zu: %s", at, reason(rc));
  return rc;
}

void tg_json_read_free(tg_json_t *doc) {
  if (!doc) return;
  (void)json_object_put(doc->root);
  tg_alloc_free(doc);
}

const tg_json_node_t *tg_json_read_root(const tg_json_t *doc) {
  return doc->root;
}

tg_json_kind_t tg_json_read_kind(const tg_json_node_t *node) {
  switch (json_object_get_type(node)) {
  case json_type_boolean: return TG_JSON_BOOL;
  case json_type_int: return json_object_get_uint64(node) > INT64_MAX ? TG_JSON_UINT : TG_JSON_INT;
  case json_type_double: return TG_JSON_DOUBLE;
  case json_type_string: return TG_JSON_STRING;
  case json_type_array: return TG_JSON_ARRAY;
  case json_type_object: return TG_JSON_OBJECT;
  case json_type_null:
  default: return TG_JSON_NULL;
  }
}

const tg_json_node_t *tg_json_read_get(const tg_json_node_t *node, const char *name) {
  json_object *value = NULL;
  if (!json_object_is_type(node, json_type_object)) return NULL;
  return json_object_object_get_ex(node, name, &value) ? value : NULL;
}

size_t tg_json_read_count(const tg_json_node_t *node) {
  if (json_object_is_type(node, json_type_array)) return json_object_array_length(node);
  return json_object_is_type(node, json_type_object) ? (size_t)json_object_object_length(node) : 0;
}

const tg_json_node_t *tg_json_read_at(const tg_json_node_t *node, size_t index) {
  if (!json_object_is_type(node, json_type_array)) return NULL;
  return index < json_object_array_length(node) ? json_object_array_get_idx(node, index) : NULL;
}

/* json-c's readers of strings and members ask for a node that may be changed, and do not change it. */
static json_object *unconst(const tg_json_node_t *node) {
  return (json_object *)(uintptr_t)node;
}

tg_slice_t tg_json_read_str(const tg_json_node_t *node) {
  if (!json_object_is_type(node, json_type_string)) return tg_slice(NULL, 0);
  return tg_slice(json_object_get_string(unconst(node)), (size_t)json_object_get_string_len(node));
}

tg_rc_t tg_json_read_int(const tg_json_node_t *node, int64_t *value) {
  if (!json_object_is_type(node, json_type_int)) return TG_E_TYPE;
  if (tg_json_read_kind(node) == TG_JSON_UINT) return TG_E_RANGE;
  *value = json_object_get_int64(node);
  return TG_OK;
}

tg_rc_t tg_json_read_uint(const tg_json_node_t *node, uint64_t *value) {
  if (!json_object_is_type(node, json_type_int)) return TG_E_TYPE;
  if (json_object_get_int64(node) < 0) return TG_E_RANGE;
  *value = json_object_get_uint64(node);
  return TG_OK;
}

tg_rc_t tg_json_read_double(const tg_json_node_t *node, double *value) {
  if (!json_object_is_type(node, json_type_int) && !json_object_is_type(node, json_type_double)) return TG_E_TYPE;
  *value = json_object_get_double(node);
  return TG_OK;
}

tg_rc_t tg_json_read_bool(const tg_json_node_t *node, bool *value) {
  if (!json_object_is_type(node, json_type_boolean)) return TG_E_TYPE;
  *value = json_object_get_boolean(node);
  return TG_OK;
}

void tg_json_read_each(const tg_json_node_t *node, bool (*fn)(void *ud, tg_slice_t name, const tg_json_node_t *value),
                       void *ud) {
  if (!json_object_is_type(node, json_type_object)) return;
  json_object *object = unconst(node);
  struct json_object_iterator at = json_object_iter_begin(object), end = json_object_iter_end(object);
  for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
    if (!fn(ud, tg_slice_str(json_object_iter_peek_name(&at)), json_object_iter_peek_value(&at))) return;
  }
}
