/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/registry: LwM2M paths, text to ids and back. Called by codecs, scripts and the command line. See path.h. */

#include "core/registry/path.h"

#include "core/base/require.h"

enum { ID_MAX = 65534, ID_DIGITS = 5 };

/* Takes one strict decimal id off the front of @p rest. */
static tg_rc_t take_id(tg_slice_t *rest, uint16_t *id) {
  uint32_t value = 0;
  size_t n = 0;
  while (n < rest->len && rest->p[n] >= '0' && rest->p[n] <= '9') {
    if (n >= ID_DIGITS) return TG_E_RANGE;
    value = value * 10 + (uint32_t)(rest->p[n] - '0');
    n++;
  }
  if (n == 0 || (n > 1 && rest->p[0] == '0')) return TG_E_SYNTAX;
  if (value > ID_MAX) return TG_E_RANGE;
  *rest = tg_slice_from(*rest, n);
  *id = (uint16_t)value;
  return TG_OK;
}

tg_rc_t tg_path_parse_below(const tg_path_t *base, tg_slice_t text, tg_path_t *path) {
  tg_path_t got = *base;
  while (text.len) {
    uint16_t id;
    tg_rc_t rc = take_id(&text, &id);
    if (rc != TG_OK) return rc;
    if (got.len == TG_COUNT(got.id)) return TG_E_TOO_LONG;
    got.id[got.len++] = id;
    if (!text.len) break;
    if (text.p[0] != '/' || text.len == 1) return TG_E_SYNTAX;
    text = tg_slice_from(text, 1);
  }
  *path = got;
  return TG_OK;
}

tg_rc_t tg_path_parse(tg_slice_t text, tg_path_t *path) {
  static const tg_path_t root = {{0}, 0};
  return tg_path_parse_below(&root, text.len && text.p[0] == '/' ? tg_slice_from(text, 1) : text, path);
}

/* Writes the decimal digits of @p id at @p at and returns what lies behind them. */
static char *write_id(char *at, uint16_t id) {
  char digits[ID_DIGITS];
  size_t n = 0;
  do {
    digits[n++] = (char)('0' + id % 10);
    id /= 10;
  } while (id);
  while (n) *at++ = digits[--n];
  return at;
}

const char *tg_path_text(const tg_path_t *path, char text[TG_PATH_TEXT_MAX]) {
  char *at = text;
  for (size_t i = 0; i < path->len; i++) {
    *at++ = '/';
    at = write_id(at, path->id[i]);
  }
  if (at == text) *at++ = '/';
  *at = '\0';
  return text;
}

void tg_path_put(tg_buf_t *out, const tg_path_t *path) {
  char text[TG_PATH_TEXT_MAX];
  tg_buf_put_str(out, tg_path_text(path, text));
}

bool tg_path_eq(const tg_path_t *a, const tg_path_t *b) {
  return memcmp(a, b, sizeof *a) == 0;
}

bool tg_path_covers(const tg_path_t *prefix, const tg_path_t *path) {
  if (prefix->len > path->len) return false;
  for (size_t i = 0; i < prefix->len; i++) {
    if (prefix->id[i] != path->id[i]) return false;
  }
  return true;
}

int tg_path_cmp(const tg_path_t *a, const tg_path_t *b) {
  for (size_t i = 0; i < a->len && i < b->len; i++) {
    if (a->id[i] != b->id[i]) return a->id[i] < b->id[i] ? -1 : 1;
  }
  return (int)a->len - (int)b->len;
}

tg_path_t tg_path_child(const tg_path_t *path, uint16_t id) {
  TG_REQUIRE(path->len < TG_COUNT(path->id));
  tg_path_t child = *path;
  child.id[child.len++] = id;
  return child;
}
