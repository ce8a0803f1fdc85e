/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/mqtt/topic_test.c: mirrors core/mqtt/topic.c. */

#include "core/mqtt/topic.h"

#include "tests/unit/check.h"

static void a_topic_that_may_be_published_passes(void **state) {
  (void)state;
  check_rc(tg_topic_check(tg_slice_str("tidegate/dev/urn:imei:1/v/3303/0/5700")), TG_OK);
  check_rc(tg_topic_check(tg_slice_str("a//b/")), TG_OK);
  check_rc(tg_topic_check(tg_slice_str("grüße")), TG_OK);
}

static void a_topic_that_may_not_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *topic;
    size_t len;
    tg_rc_t rc;
  } rows[] = {
      {"", 0, TG_E_ARG},
      {"a/+/b", 5, TG_E_ARG},
      {"a/#", 3, TG_E_ARG},
      {"a\0b", 3, TG_E_ARG},
      {"$SYS/x", 6, TG_E_ARG},
      {"a/\xff", 3, TG_E_ENCODING},
      {"1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3", 65, TG_E_TOO_LONG},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++)
    check_rc(tg_topic_check(tg_slice(rows[i].topic, rows[i].len)), rows[i].rc);
  static uint8_t big[65536];
  memset(big, 'a', sizeof big);
  check_rc(tg_topic_check(tg_slice(big, sizeof big)), TG_E_TOO_LONG);
  check_rc(tg_topic_check(tg_slice(big, sizeof big - 1)), TG_OK);
}

static void a_filter_may_hold_wildcards_only_as_whole_levels(void **state) {
  (void)state;
  static const struct {
    const char *filter;
    tg_rc_t rc;
  } rows[] = {
      {"#", TG_OK},      {"+", TG_OK},        {"a/+/b/#", TG_OK},   {"+/+", TG_OK},
      {"a", TG_OK},      {"/", TG_OK},        {"a+", TG_E_ARG},     {"a/b#", TG_E_ARG},
      {"#/a", TG_E_ARG}, {"a/#/b", TG_E_ARG}, {"a/+b/c", TG_E_ARG}, {"", TG_E_ARG},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) check_rc(tg_topic_check_filter(tg_slice_str(rows[i].filter)), rows[i].rc);
}

static void a_filter_matches_as_mqtt_says(void **state) {
  (void)state;
  static const struct {
    const char *filter, *topic;
    bool matches;
  } rows[] = {
      {"a/b", "a/b", true},       {"a/b", "a/c", false},  {"a/+", "a/b", true},   {"a/+", "a/b/c", false},
      {"a/+", "a", false},        {"a/+", "a/", true},    {"a/#", "a", true},     {"a/#", "a/b/c", true},
      {"a/#", "ab", false},       {"#", "a/b", true},     {"#", "$SYS/a", false}, {"+/a", "$SYS/a", false},
      {"$SYS/#", "$SYS/a", true}, {"+/+", "/a", true},    {"+", "/a", false},     {"/+", "/a", true},
      {"a/+/c", "a//c", true},    {"a/b", "a/b/", false}, {"a/b/", "a/b", false},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    bool matches = tg_topic_matches(tg_slice_str(rows[i].filter), tg_slice_str(rows[i].topic));
    if (matches != rows[i].matches) print_error("filter %s topic %s\n", rows[i].filter, rows[i].topic);
    check_int(matches, rows[i].matches);
  }
}

static void every_name_becomes_one_level_and_comes_back(void **state) {
  (void)state;
  uint8_t all[255];
  for (size_t i = 0; i < sizeof all; i++) all[i] = (uint8_t)(i + 1);
  const tg_slice_t names[] = {tg_slice_str("urn:imei:490154203237518"), tg_slice_str("a/b +#%$"),
                              tg_slice(all, sizeof all), tg_slice_str(""), tg_slice("\0", 1)};
  for (size_t i = 0; i < TG_COUNT(names); i++) {
    uint8_t level_bytes[1024], name_bytes[1024];
    tg_buf_t level, name;
    tg_buf_init(&level, level_bytes, sizeof level_bytes);
    tg_buf_init(&name, name_bytes, sizeof name_bytes);
    tg_topic_put_level(&level, names[i]);
    check_rc(level.rc, TG_OK);
    check_true(level.len > 0);
    check_rc(tg_topic_check(tg_buf_slice(&level)), TG_OK);
    check_int(tg_slice_find(tg_buf_slice(&level), '/'), level.len);
    check_rc(tg_topic_get_level(tg_buf_slice(&level), &name), TG_OK);
    check_bytes(tg_buf_slice(&name), names[i]);
  }
}

static void one_name_has_only_one_spelling(void **state) {
  (void)state;
  static const char *const bad[] = {"%2f", "%41", "a b", "%", "%2",  "%2G",     "a%",
                                    "a%2", "+",   "#",   "",  "a%%", "\xc3\xa4"};
  for (size_t i = 0; i < TG_COUNT(bad); i++) {
    uint8_t bytes[64];
    tg_buf_t name;
    tg_buf_init(&name, bytes, sizeof bytes);
    tg_rc_t rc = tg_topic_get_level(tg_slice_str(bad[i]), &name);
    if (strcmp(bad[i], "%") == 0) {
      check_rc(rc, TG_OK); /* the empty name */
      check_int(name.len, 0);
    } else {
      check_rc(rc, TG_E_SYNTAX);
    }
  }
}

CHECK_SUITE(a_topic_that_may_be_published_passes, a_topic_that_may_not_is_refused,
            a_filter_may_hold_wildcards_only_as_whole_levels, a_filter_matches_as_mqtt_says,
            every_name_becomes_one_level_and_comes_back, one_name_has_only_one_spelling)
