/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/mqtt: topic text in, verdict or text out. See topic.h. */

#include "core/mqtt/topic.h"

#include "core/base/hex.h"
#include "core/base/utf8.h"

#define TOPIC_BYTES_MAX 65535

static bool is_plain(uint8_t byte) {
  return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
         (byte != 0 && strchr("-._~:@", byte) != NULL);
}

static tg_rc_t check_text(tg_slice_t text) {
  if (text.len == 0) return TG_E_ARG;
  if (text.len > TOPIC_BYTES_MAX) return TG_E_TOO_LONG;
  if (tg_slice_find(text, 0) < text.len) return TG_E_ARG;
  return tg_utf8_valid(text) ? TG_OK : TG_E_ENCODING;
}

tg_rc_t tg_topic_check(tg_slice_t topic) {
  tg_rc_t rc = check_text(topic);
  if (rc != TG_OK) return rc;
  if (topic.p[0] == '$') return TG_E_ARG;

  size_t levels = 1;
  for (size_t i = 0; i < topic.len; i++) {
    if (topic.p[i] == '+' || topic.p[i] == '#') return TG_E_ARG;
    if (topic.p[i] == '/') levels++;
  }
  return levels <= TG_TOPIC_LEVELS_MAX ? TG_OK : TG_E_TOO_LONG;
}

tg_rc_t tg_topic_check_filter(tg_slice_t filter) {
  tg_rc_t rc = check_text(filter);
  if (rc != TG_OK) return rc;

  size_t levels = 0;
  bool ended = false;
  for (tg_slice_t rest = filter; !ended;) {
    size_t at = tg_slice_find(rest, '/');
    tg_slice_t level = tg_slice(rest.p, at);
    ended = at == rest.len;
    rest = tg_slice_from(rest, at + 1);
    bool has_wildcard = tg_slice_find(level, '+') < level.len || tg_slice_find(level, '#') < level.len;
    if (has_wildcard && level.len > 1) return TG_E_ARG;
    if (tg_slice_is(level, "#") && !ended) return TG_E_ARG;
    if (++levels > TG_TOPIC_LEVELS_MAX) return TG_E_TOO_LONG;
  }
  return TG_OK;
}

/* Takes one level off; *ended tells that none follows. Unlike tg_slice_take() it sees an empty last level. */
static tg_slice_t take_level(tg_slice_t *rest, bool *ended) {
  size_t at = tg_slice_find(*rest, '/');
  tg_slice_t level = tg_slice(rest->p, at);
  *ended = at == rest->len;
  *rest = tg_slice_from(*rest, at + 1);
  return level;
}

bool tg_topic_matches(tg_slice_t filter, tg_slice_t topic) {
  if (topic.len && topic.p[0] == '$' && filter.len && (filter.p[0] == '+' || filter.p[0] == '#')) return false;

  bool filter_ended = false, topic_ended = false;
  for (;;) {
    tg_slice_t want = take_level(&filter, &filter_ended);
    if (tg_slice_is(want, "#")) return true;
    tg_slice_t have = take_level(&topic, &topic_ended);
    if (!tg_slice_is(want, "+") && !tg_slice_eq(want, have)) return false;
    if (topic_ended && !filter_ended) return tg_slice_is(filter, "#"); /* `a/#` matches `a` too (MQTT 5 §4.7.1.2) */
    if (filter_ended || topic_ended) return filter_ended && topic_ended;
  }
}

void tg_topic_put_level(tg_buf_t *out, tg_slice_t name) {
  static const char digits[] = "0123456789ABCDEF";
  if (name.len == 0)
    tg_buf_put_u8(out, '%'); /* no escaped name is a lone %, so the empty one keeps a level of its own */
  for (size_t i = 0; i < name.len; i++) {
    if (is_plain(name.p[i])) {
      tg_buf_put_u8(out, name.p[i]);
      continue;
    }
    const uint8_t escaped[3] = {'%', (uint8_t)digits[name.p[i] >> 4], (uint8_t)digits[name.p[i] & 15]};
    tg_buf_put(out, tg_slice(escaped, sizeof escaped));
  }
}

static bool is_upper_hex(uint8_t digit) {
  return tg_hex_digit(digit) >= 0 && !(digit >= 'a' && digit <= 'f');
}

tg_rc_t tg_topic_get_level(tg_slice_t level, tg_buf_t *name) {
  if (level.len == 0) return TG_E_SYNTAX;
  if (tg_slice_is(level, "%")) return TG_OK;

  for (size_t i = 0; i < level.len; i++) {
    if (is_plain(level.p[i])) {
      tg_buf_put_u8(name, level.p[i]);
      continue;
    }
    if (level.p[i] != '%' || level.len - i < 3) return TG_E_SYNTAX;
    if (!is_upper_hex(level.p[i + 1]) || !is_upper_hex(level.p[i + 2])) return TG_E_SYNTAX;
    uint8_t byte = (uint8_t)(tg_hex_digit(level.p[i + 1]) << 4 | tg_hex_digit(level.p[i + 2]));
    if (is_plain(byte)) return TG_E_SYNTAX;
    tg_buf_put_u8(name, byte);
    i += 2;
  }
  return name->rc;
}
