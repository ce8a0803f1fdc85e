/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small readers of text: numbers, paths, topics, addresses, ranges, attributes and what else stands inside of options, members and
 * headers. Input: the first byte chooses the reader, the rest is its text. What is read is written and read again as the same.
 */

#include "core/base/base64.h"
#include "core/base/hex.h"
#include "core/base/num.h"
#include "core/base/utf8.h"
#include "core/http/http_range.h"
#include "core/link/link_udp_addr.h"
#include "core/link/t8_json.h"
#include "core/link/t8_uri.h"
#include "core/mqtt/topic.h"
#include "core/registry/objxml.h"
#include "core/server/attributes.h"
#include "tests/fuzz/payload_fuzz.h"

static uint8_t memory[1 << 16], second_memory[1 << 16];

static void read_numbers(tg_slice_t text) {
  uint64_t u, strict;
  int64_t i;
  tg_rc_t rc = tg_num_parse_u64(text, UINT64_MAX, &u);
  if (tg_num_parse_strict(text, UINT64_MAX, &strict) == TG_OK) fuzz_require(rc == TG_OK && u == strict);
  if (rc == TG_OK && u <= INT64_MAX) fuzz_require(tg_num_parse_i64(text, &i) == TG_OK && i == (int64_t)u);
}

static void read_double(tg_slice_t text) {
  double f, again;
  tg_buf_t out;
  if (tg_num_parse_double(text, &f) != TG_OK) return;
  for (int exponent = 0; exponent < 2; exponent++) {
    tg_buf_init(&out, memory, sizeof memory);
    tg_num_put_double(&out, f, exponent);
    if (out.len > 64) continue; /* longer than is read */
    fuzz_require(tg_num_parse_double(tg_buf_slice(&out), &again) == TG_OK && memcmp(&f, &again, sizeof f) == 0);
  }
}

static void read_path(tg_slice_t text) {
  char written[TG_PATH_TEXT_MAX];
  tg_path_t path, again;
  if (tg_path_parse(text, &path) != TG_OK) return;
  fuzz_require(path.len <= 4 && tg_path_covers(&(tg_path_t){0}, &path) && tg_path_cmp(&path, &path) == 0);
  const char *same = tg_path_text(&path, written);
  fuzz_require(tg_path_parse(tg_slice_str(same), &again) == TG_OK && tg_path_eq(&path, &again));
  if (text.len && text.p[0] == '/') fuzz_require(tg_slice_is(text, same));
}

static void read_link_and_version(tg_slice_t text) {
  tg_objlnk_t link, again;
  tg_version_t version;
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  if (tg_value_parse_objlnk(text, &link) == TG_OK) {
    tg_value_put_text(&out, &(tg_value_t){.type = TG_TYPE_OBJLNK, .link = link});
    fuzz_require(tg_value_parse_objlnk(tg_buf_slice(&out), &again) == TG_OK);
    fuzz_require(link.oid == again.oid && link.iid == again.iid);
  }
  if (tg_objdef_parse_version(text, &version) == TG_OK) fuzz_require(tg_slice_find(text, '.') < text.len);
}

static void read_range(tg_slice_t text) {
  tg_resdef_t res = {.type = TG_TYPE_FLOAT};
  tg_objxml_parse_range(text, &res);
  fuzz_require(!res.has_range || res.min <= res.max);
}

enum { LEVELS = 64 };

static size_t split(tg_slice_t text, tg_slice_t levels[LEVELS]) {
  size_t count = 0;
  for (size_t at = 0; at <= text.len && count < LEVELS;) {
    size_t len = tg_slice_find(tg_slice_from(text, at), '/');
    levels[count++] = tg_slice(text.p + at, len);
    at += len + 1;
  }
  return count;
}

/* A second, plain reading of MQTT 5 §4.7, for filters and topics that are well formed. */
static bool does_match(tg_slice_t filter, tg_slice_t topic) {
  tg_slice_t wanted[LEVELS], levels[LEVELS];
  size_t wanted_count = split(filter, wanted), count = split(topic, levels);
  bool is_hidden = levels[0].len && levels[0].p[0] == '$';
  if (is_hidden && (tg_slice_is(wanted[0], "#") || tg_slice_is(wanted[0], "+"))) return false;
  for (size_t i = 0; i < wanted_count; i++) {
    if (tg_slice_is(wanted[i], "#")) return true;
    if (i == count || (!tg_slice_is(wanted[i], "+") && !tg_slice_eq(wanted[i], levels[i]))) return false;
  }
  return wanted_count == count;
}

static void read_topics(tg_slice_t text) {
  tg_slice_t topic = text, filter = tg_slice_take(&topic, '\n');
  bool is_filter = tg_topic_check_filter(filter) == TG_OK, is_topic = tg_topic_check(topic) == TG_OK;
  bool matches = tg_topic_matches(filter, topic);
  if (is_filter && is_topic) fuzz_require(matches == does_match(filter, topic));
  if (is_topic) fuzz_require(tg_topic_check_filter(topic) == TG_OK && tg_topic_matches(topic, topic));
}

static void read_level(tg_slice_t text) {
  tg_buf_t name, level;
  tg_buf_init(&name, memory, sizeof memory);
  tg_buf_init(&level, second_memory, sizeof second_memory);
  if (tg_topic_get_level(text, &name) == TG_OK) {
    tg_topic_put_level(&level, tg_buf_slice(&name));
    fuzz_require(tg_slice_eq(tg_buf_slice(&level), text));
  }
  tg_buf_clear(&name);
  tg_buf_clear(&level);
  if (text.len > 10000) return;
  tg_topic_put_level(&level, text);
  fuzz_require(tg_topic_get_level(tg_buf_slice(&level), &name) == TG_OK);
  fuzz_require(tg_slice_eq(tg_buf_slice(&name), text) && tg_topic_check(tg_buf_slice(&level)) == TG_OK);
}

static void read_address(tg_slice_t text) {
  tg_link_udp_addr_t addr, again;
  tg_addr_t packed;
  tg_buf_t out;
  if (tg_link_udp_addr_parse_host(text, 1, &addr) == TG_OK) fuzz_require(tg_link_udp_addr_len(&addr) > 0);
  if (tg_link_udp_addr_parse(text, &addr) != TG_OK) return;
  tg_buf_init(&out, memory, sizeof memory);
  tg_link_udp_addr_put(&addr, &out);
  fuzz_require(tg_link_udp_addr_parse(tg_buf_slice(&out), &again) == TG_OK);
  tg_link_udp_addr_pack(&addr, &packed);
  fuzz_require(tg_link_udp_addr_unpack(&packed, &again) == TG_OK);
}

static void read_packed_address(tg_slice_t bytes) {
  tg_link_udp_addr_t addr;
  tg_addr_t packed = {.len = (uint8_t)(bytes.len < TG_ADDR_MAX ? bytes.len : TG_ADDR_MAX)}, again;
  if (packed.len) memcpy(packed.b, bytes.p, packed.len);
  if (tg_link_udp_addr_unpack(&packed, &addr) != TG_OK) return;
  fuzz_require(tg_link_udp_addr_len(&addr) <= sizeof addr.remote);
  tg_link_udp_addr_pack(&addr, &again);
  fuzz_require(tg_slice_eq(tg_slice(packed.b, packed.len), tg_slice(again.b, again.len)));
}

static void read_uris(tg_slice_t text) {
  tg_slice_t asked = text, base = tg_slice_take(&asked, '\n'), got = asked;
  asked = tg_slice_take(&got, '\n');
  fuzz_touch(tg_t8_uri_path(base));
  fuzz_touch(tg_t8_uri_moved(base, asked, got));
  fuzz_require(tg_t8_uri_same(base, base) == (tg_t8_uri_path(base).len > 0));
  (void)tg_t8_uri_same(base, got);
  (void)tg_t8_json_is_identity(text);
}

static void read_http_range(tg_slice_t text) {
  uint64_t size = fuzz_byte(&text), from = 0, len = 0;
  size <<= fuzz_byte(&text) % 56;
  tg_rc_t rc = tg_http_range_get(text, size, &from, &len);
  fuzz_require(rc == TG_OK || rc == TG_E_NOT_FOUND || rc == TG_E_RANGE);
  if (rc == TG_OK) fuzz_require(len > 0 && from < size && len <= size - from);
}

static void read_encodings(tg_slice_t text) {
  tg_buf_t bytes, again;
  tg_buf_init(&bytes, memory, sizeof memory);
  tg_buf_init(&again, second_memory, sizeof second_memory);
  if (tg_base64_get(text, &bytes) == TG_OK) {
    tg_base64_put(&again, tg_buf_slice(&bytes));
    fuzz_require(tg_slice_eq(tg_buf_slice(&again), text));
  }
  tg_buf_clear(&bytes);
  if (tg_base64_get_any(text, &bytes) == TG_OK) fuzz_require(bytes.len <= text.len);
  tg_buf_clear(&bytes);
  tg_buf_clear(&again);
  if (tg_hex_get(text, &bytes) == TG_OK) {
    tg_hex_put(&again, tg_buf_slice(&bytes));
    fuzz_require(again.len == text.len);
  }
}

/* RFC 3629 §4 by arithmetic instead of by table. */
static bool is_utf8(tg_slice_t bytes) {
  for (size_t i = 0; i < bytes.len;) {
    uint32_t first = bytes.p[i], more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint32_t point = more ? first & (0x3Fu >> more) : first;
    if ((first >= 0x80 && first < 0xC0) || first >= 0xF8 || more >= bytes.len - i) return false;
    for (uint32_t k = 1; k <= more; k++) {
      if (bytes.p[i + k] >> 6 != 2) return false;
      point = point << 6 | (bytes.p[i + k] & 0x3F);
    }
    if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    i += more + 1;
  }
  return true;
}

static void read_utf8(tg_slice_t text) {
  fuzz_require(tg_utf8_valid(text) == is_utf8(text));
}

static void read_attributes(tg_slice_t text) {
  static const tg_path_t paths[] = {{{0}, 0},          {{3}, 1},       {{3, 0}, 2},    {{3, 0, 1}, 3},
                                    {{3, 0, 1, 0}, 4}, {{3, 0, 0}, 3}, {{3, 0, 9}, 3}, {{3, 0, 3}, 3}};
  uint8_t how = fuzz_byte(&text);
  tg_model_t model = {.registry = payload_fuzz_model()->registry,
                      .enabler = how & 128 ? TG_VERSION_OF(1, 2) : TG_VERSION_1_0};
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_attributes_check(text, &paths[how % TG_COUNT(paths)], &model, &diag);
  fuzz_require((rc == TG_OK) == (diag.message[0] == '\0'));
}

static void read_format(tg_slice_t text) {
  int format;
  if (tg_codec_by_name(text, &format) == TG_OK) fuzz_require(tg_codec_name(format) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static void (*const readers[])(tg_slice_t text) = {
      read_numbers,    read_double,    read_path,    read_link_and_version, read_range,
      read_topics,     read_level,     read_address, read_packed_address,   read_uris,
      read_http_range, read_encodings, read_utf8,    read_attributes,       read_format};
  tg_slice_t in = tg_slice(data, size);
  readers[fuzz_byte(&in) % TG_COUNT(readers)](in);
  return 0;
}
