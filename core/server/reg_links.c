/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: the object list of Register and Update (LwM2M Core 1.1 §6.2.1, lwm2m.md 1.2.3), leniently. See reg.h. */

#include "core/base/num.h"
#include "core/server/quirk.h"
#include "core/server/reg.h"

static bool is_digit(uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

static uint8_t format_bit(uint64_t number) {
  switch (number) {
  case TG_CF_TEXT: return TG_REG_CT_TEXT;
  case TG_CF_OPAQUE: return TG_REG_CT_OPAQUE;
  case TG_CF_CBOR: return TG_REG_CT_CBOR;
  case TG_CF_SENML_JSON: return TG_REG_CT_SENML_JSON;
  case TG_CF_SENML_CBOR: return TG_REG_CT_SENML_CBOR;
  case TG_CF_TLV: return TG_REG_CT_TLV;
  case TG_CF_JSON: return TG_REG_CT_JSON;
  default: return 0;
  }
}

static void take_formats(tg_slice_t list, tg_reg_links_t *links) {
  while (list.len) {
    uint64_t number;
    if (tg_num_parse_u64(tg_slice_take(&list, ' '), UINT16_MAX, &number) == TG_OK) links->formats |= format_bit(number);
  }
}

/* Printable, without what would end a path; its first segment is no number, or it would be an object. */
static bool is_alternate(tg_slice_t target) {
  if (target.len < 2 || target.len > TG_REG_ALT_MAX || target.p[0] != '/' || is_digit(target.p[1])) return false;
  if (target.p[target.len - 1] == '/') return false;
  for (size_t i = 0; i < target.len; i++) {
    uint8_t byte = target.p[i];
    if (byte <= ' ' || byte > '~' || byte == '?' || byte == '#' || byte == '%') return false;
  }
  return true;
}

/* The root link, wherever in the list it stands. */
static tg_rc_t find_root(tg_slice_t payload, tg_reg_links_t *links) {
  tg_link_dec_t dec;
  tg_link_item_t link;
  tg_rc_t rc;
  tg_link_dec_init(&dec, payload);
  while ((rc = tg_link_dec_next(&dec, &link)) == TG_OK) {
    bool is_root = false;
    tg_slice_t target = link.target, name, value, formats = {NULL, 0};
    while (tg_link_dec_attr(&dec, &link, &name, &value) == TG_OK) {
      if (tg_slice_is(name, "rt") && tg_slice_is(value, "oma.lwm2m")) is_root = true;
      if (tg_slice_is(name, "ct")) formats = value;
    }
    bool is_bare = tg_slice_is(target, "/");
    if (!is_root && !is_bare) continue;
    take_formats(formats, links);
    if (is_root && is_alternate(target)) links->alt = target;
  }
  return rc == TG_END ? TG_OK : rc;
}

static void take_version(tg_reg_links_t *links, const tg_path_t *path, tg_slice_t text) {
  tg_version_t version;
  if (tg_objdef_parse_version(text, &version) != TG_OK) {
    links->quirks |= TG_LINK_QUIRK_ATTRIBUTE;
    return;
  }
  bool of_object = path->len == TG_PATH_OBJECT;
  if (!of_object) links->quirks |= TG_QUIRK_INSTANCE_VERSION;
  for (size_t i = 0; i < links->version_count; i++) {
    if (links->versions[i].oid != path->id[0]) continue;
    if (of_object) links->versions[i].version = version;
    return;
  }
  if (links->version_count == TG_REG_VERSIONS_MAX) return;
  links->versions[links->version_count++] = (tg_model_version_t){.oid = path->id[0], .version = version};
}

/* Security objects are never to be listed and never to be seen. */
static bool is_security(const tg_path_t *path) {
  return path->id[0] == 0 || path->id[0] == 21 || path->id[0] == 23;
}

static tg_rc_t add_object(tg_reg_links_t *links, tg_path_t path) {
  if (path.len > TG_PATH_INSTANCE) {
    links->quirks |= TG_QUIRK_DEEP_LINKS;
    path = tg_path(2, path.id[0], path.id[1], 0);
  }
  for (size_t i = links->object_count; i > 0 && i + 8 > links->object_count; i--) {
    if (tg_path_eq(&links->objects[i - 1], &path)) return TG_OK;
  }
  if (links->object_count == TG_REG_LINKS_MAX) return TG_E_TOO_LONG;
  links->objects[links->object_count++] = path;
  return TG_OK;
}

static tg_rc_t take_link(tg_link_dec_t *dec, tg_link_item_t *link, tg_reg_links_t *links) {
  tg_slice_t target = link->target;
  bool is_below = links->alt.len < target.len && tg_slice_begins(target, links->alt) && target.p[links->alt.len] == '/';
  if (links->alt.len && is_below) target = tg_slice_from(target, links->alt.len);
  size_t first = target.len && target.p[0] == '/' ? 1 : 0;
  if (first == target.len || !is_digit(target.p[first])) return TG_OK; /* the root, or no object of LwM2M */
  tg_path_t path;
  tg_rc_t rc = tg_path_parse(target, &path);
  if (rc != TG_OK) return rc;
  if (is_security(&path)) {
    links->quirks |= TG_QUIRK_SECURITY_LISTED;
    return TG_OK;
  }
  tg_slice_t name, value;
  while (tg_link_dec_attr(dec, link, &name, &value) == TG_OK) {
    if (tg_slice_is(name, "ver")) take_version(links, &path, value);
  }
  return add_object(links, path);
}

/* The decoder forgives a quote that does not end; here half of an object list may hide behind it. */
static bool has_open_quote(tg_slice_t payload) {
  bool open = false;
  for (size_t i = 0; i < payload.len; i++) {
    if (open && payload.p[i] == '\\') i++;
    else if (payload.p[i] == '"') open = !open;
  }
  return open;
}

tg_rc_t tg_reg_links_parse(tg_slice_t payload, tg_reg_links_t *links) {
  links->object_count = links->version_count = 0;
  links->alt = tg_slice(NULL, 0);
  links->formats = 0;
  links->quirks = 0;
  if (has_open_quote(payload)) return TG_E_SYNTAX;
  tg_rc_t rc = find_root(payload, links);
  if (rc != TG_OK) return rc;
  tg_link_dec_t dec;
  tg_link_item_t link;
  tg_link_dec_init(&dec, payload);
  while ((rc = tg_link_dec_next(&dec, &link)) == TG_OK) {
    rc = take_link(&dec, &link, links);
    if (rc != TG_OK) return rc;
  }
  if (rc != TG_END) return rc;
  links->quirks |= dec.quirks & TG_QUIRK_LINKS;
  return links->object_count ? TG_OK : TG_E_ARG;
}
