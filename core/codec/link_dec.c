/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/codec: CoRE link format, bytes to links, as lenient as the field needs. Called by registration, Discover and bootstrap. See link_dec.h. */

#include "core/codec/link_dec.h"

void tg_link_dec_init(tg_link_dec_t *dec, tg_slice_t text) {
  *dec = (tg_link_dec_t){text, 0};
}

/* Some devices send the NUL of their C string along. */
static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

static bool is_digit(uint8_t c) {
  return c >= '0' && c <= '9';
}

static bool is_name(uint8_t c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c != '\0' && strchr("-_.*+!#$&^`|~", c));
}

static void skip_blanks(tg_link_dec_t *dec, tg_slice_t *s) {
  size_t n = 0;
  while (n < s->len && is_blank(s->p[n])) n++;
  if (n == 0) return;
  dec->quirks |= TG_LINK_QUIRK_BLANKS;
  *s = tg_slice_from(*s, n);
}

static tg_slice_t without_tail(tg_link_dec_t *dec, tg_slice_t s) {
  while (s.len && is_blank(s.p[s.len - 1])) {
    dec->quirks |= TG_LINK_QUIRK_BLANKS;
    s.len--;
  }
  return s;
}

/* Length of a quoted string at the start of @p s with both quotes, or 0 when it does not end. */
static size_t quoted_len(tg_slice_t s) {
  for (size_t i = 1; i < s.len; i++) {
    if (s.p[i] == '"') return i + 1;
    if (s.p[i] == '\\') i++;
  }
  return 0;
}

/* Length of a run of attributes: up to a comma that is not inside quotes. A quote counts only where a value begins. */
static tg_rc_t attrs_len(tg_slice_t s, size_t *len) {
  size_t i = 0;
  bool is_value = false;
  while (i < s.len && s.p[i] != ',') {
    size_t step = 1;
    if (is_value && s.p[i] == '"') {
      step = quoted_len(tg_slice_from(s, i));
      if (step == 0) return TG_E_SYNTAX;
    }
    is_value = s.p[i] == '=' || (is_value && is_blank(s.p[i]));
    i += step;
  }
  *len = i;
  return TG_OK;
}

/* `/3/0` without brackets, or the `lwm2m="1.0"` that opens a Bootstrap-Discover of LwM2M 1.0 and has no target at all. */
static tg_rc_t take_bare(tg_link_dec_t *dec, tg_slice_t *s, tg_slice_t *target) {
  uint8_t first = s->p[0];
  size_t n = 0;
  dec->quirks |= TG_LINK_QUIRK_NO_BRACKETS;
  if (first != '/' && !is_digit(first)) {
    while (n < s->len && is_name(s->p[n])) n++;
    *target = tg_slice(s->p, 0);
    return n && n < s->len && s->p[n] == '=' ? TG_OK : TG_E_SYNTAX;
  }
  while (n < s->len && s->p[n] != ',' && s->p[n] != ';') n++;
  *target = without_tail(dec, tg_slice(s->p, n));
  *s = tg_slice_from(*s, n);
  return TG_OK;
}

static tg_rc_t take_target(tg_link_dec_t *dec, tg_slice_t *s, tg_slice_t *target) {
  if (s->p[0] != '<') return take_bare(dec, s, target);
  size_t end = tg_slice_find(*s, '>');
  if (end == s->len) return TG_E_SYNTAX;
  tg_slice_t inner = tg_slice(s->p + 1, end - 1);
  if (tg_slice_find(inner, '<') != inner.len) return TG_E_SYNTAX;
  *s = tg_slice_from(*s, end + 1);
  skip_blanks(dec, &inner);
  *target = without_tail(dec, inner);
  if (target->len == 0) dec->quirks |= TG_LINK_QUIRK_EMPTY;
  return TG_OK;
}

tg_rc_t tg_link_dec_next(tg_link_dec_t *dec, tg_link_item_t *link) {
  tg_slice_t s = dec->rest;
  skip_blanks(dec, &s);
  while (s.len && s.p[0] == ',') {
    dec->quirks |= TG_LINK_QUIRK_EMPTY;
    s = tg_slice_from(s, 1);
    skip_blanks(dec, &s);
  }
  dec->rest = s;
  if (s.len == 0) return TG_END;

  tg_rc_t rc = take_target(dec, &s, &link->target);
  if (rc != TG_OK) return rc;
  if (link->target.len && is_digit(link->target.p[0])) dec->quirks |= TG_LINK_QUIRK_NO_SLASH;
  skip_blanks(dec, &s);
  link->attrs = tg_slice(s.p, 0);
  dec->rest = s;
  if (s.len && s.p[0] == '<') { /* the comma is missing */
    dec->quirks |= TG_LINK_QUIRK_EMPTY;
    return TG_OK;
  }
  size_t len;
  rc = attrs_len(s, &len);
  if (rc != TG_OK) return rc;
  link->attrs = tg_slice(s.p, len);
  dec->rest = tg_slice_from(s, len + 1);
  if (len + 1 == s.len) dec->quirks |= TG_LINK_QUIRK_EMPTY; /* a comma with nothing behind it */
  if (link->target.len && len && s.p[0] != ';') {
    dec->quirks |= TG_LINK_QUIRK_ATTRIBUTE;
    link->attrs = tg_slice_from(link->attrs, tg_slice_find(link->attrs, ';'));
  }
  return TG_OK;
}

static bool is_number(tg_slice_t s) {
  for (size_t i = 0; i < s.len; i++) {
    if (!is_digit(s.p[i]) && s.p[i] != '.') return false;
  }
  return s.len > 0;
}

/* Takes what stands behind the `=`: quoted or up to the next semicolon. */
static tg_slice_t take_value(tg_link_dec_t *dec, tg_slice_t name, tg_slice_t *s) {
  skip_blanks(dec, s);
  size_t quoted = s->len && s->p[0] == '"' ? quoted_len(*s) : 0;
  if (quoted == 0) return without_tail(dec, tg_slice_take(s, ';'));
  tg_slice_t value = tg_slice(s->p + 1, quoted - 2);
  *s = tg_slice_from(*s, quoted);
  if (is_number(value) && !tg_slice_is(name, "ct")) dec->quirks |= TG_LINK_QUIRK_QUOTES;
  if (without_tail(dec, tg_slice_take(s, ';')).len) dec->quirks |= TG_LINK_QUIRK_ATTRIBUTE;
  return value;
}

tg_rc_t tg_link_dec_attr(tg_link_dec_t *dec, tg_link_item_t *link, tg_slice_t *name, tg_slice_t *value) {
  tg_slice_t s = link->attrs;
  bool first = true;
  for (;;) {
    skip_blanks(dec, &s);
    while (s.len && s.p[0] == ';') {
      if (!first) dec->quirks |= TG_LINK_QUIRK_ATTRIBUTE;
      first = false;
      s = tg_slice_from(s, 1);
      skip_blanks(dec, &s);
    }
    first = false;
    if (s.len == 0) break;
    size_t n = 0;
    while (n < s.len && is_name(s.p[n])) n++;
    *name = tg_slice(s.p, n);
    s = tg_slice_from(s, n);
    skip_blanks(dec, &s);
    bool has_value = s.len && s.p[0] == '=';
    if (has_value) s = tg_slice_from(s, 1);
    *value = has_value ? take_value(dec, *name, &s) : tg_slice(s.p, 0);
    bool odd = (!has_value && tg_slice_take(&s, ';').len) || n == 0;
    link->attrs = s;
    if (!odd) return TG_OK;
    dec->quirks |= TG_LINK_QUIRK_ATTRIBUTE;
  }
  link->attrs = s;
  return TG_END;
}
