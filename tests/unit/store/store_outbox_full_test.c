/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_outbox_full_test.c: what an outbox refuses and when, and what it holds beyond its memory; mirrors core/store/store_outbox.c, store_queue.c. */

#include <stdlib.h>

#include "tests/unit/store/store_suite.h"

static void a_full_outbox_refuses_and_takes_again_when_there_is_room(void **state) {
  store_harness_t *h = *state;
  store_harness_close(h);
  h->outbox_max = 100;
  h->shed_class = TG_STORE_RESULT; /* which may fill all */
  check_rc(store_harness_open(h, NULL), TG_OK);
  uint64_t seq, first = 0;
  for (int i = 0; i < 10; i++) { /* topic and payload: 10 bytes */
    check_rc(store_harness_add(h, 1, i % 2 == 0, "123456789", &seq), TG_OK);
    if (!first) first = seq;
  }
  check_rc(store_harness_add(h, 1, true, "", NULL), TG_E_FULL);
  check_int(stats_of(h).outbox_bytes, 100);
  check_int(stats_of(h).outbox_refused, 1);
  check_rc(store_harness_commit(h), TG_OK);
  check_rc(tg_store_outbox_del(h->store, first), TG_OK);
  check_rc(store_harness_add(h, 1, true, "123456789", NULL), TG_OK);
  check_rc(store_harness_add(h, 1, false, "", NULL), TG_E_FULL);
  check_rc(store_harness_commit(h), TG_OK);
  store_harness_reopen(h); /* what is on disk counts again: 5 durable ones */
  check_int(stats_of(h).outbox_bytes, 50);
}

/* Of 3,200 bytes: telemetry 2,800, events 3,000, states 3,100, results all. */
static void the_lower_class_is_refused_first(void **state) {
  store_harness_t *h = *state;
  static const unsigned most[] = {280, 300, 310, 320};
  store_harness_close(h);
  h->outbox_max = 3200;
  check_rc(store_harness_open(h, NULL), TG_OK);
  unsigned count = 0;
  for (uint8_t shed_class = TG_STORE_TELEMETRY; shed_class < TG_STORE_CLASSES; shed_class++) {
    h->shed_class = shed_class;
    tg_rc_t rc;
    while ((rc = store_harness_add(h, 1, count % 2 == 0, "123456789", NULL)) == TG_OK) count++;
    check_rc(rc, TG_E_FULL);
    check_int(count, most[shed_class]);
    check_false(tg_store_outbox_has_room(h->store, shed_class, 10));
    check_true(tg_store_outbox_has_room(h->store, shed_class, 0));
    check_true(shed_class == TG_STORE_RESULT || tg_store_outbox_has_room(h->store, shed_class + 1, 10));
  }
  check_false(tg_store_outbox_has_room(h->store, TG_STORE_RESULT, UINT64_MAX));
  for (uint8_t shed_class = 0; shed_class < TG_STORE_CLASSES; shed_class++)
    check_int(stats_of(h).outbox_refused_by[shed_class], 1);
  check_int(stats_of(h).outbox_refused, 4);
}

/* Numbers that are missing at the broker are told as a gap when there is room again: exactly those that were refused. */
static void what_was_refused_is_told_when_there_is_room(void **state) {
  store_harness_t *h = *state;
  store_harness_close(h);
  h->outbox_max = 100;
  h->shed_class = TG_STORE_RESULT; /* which may fill all */
  check_rc(store_harness_open(h, NULL), TG_OK);
  uint64_t seq[10], none, first, last;
  for (int i = 0; i < 10; i++) check_rc(store_harness_add(h, 1, false, "123456789", &seq[i]), TG_OK);
  check_rc(store_harness_add(h, 1, false, "123456789", &first), TG_E_FULL);
  check_rc(store_harness_add(h, 1, false, "123456789", &none), TG_E_FULL);
  check_rc(store_harness_add(h, 1, false, "123456789", &last), TG_E_FULL);
  check_int(h->gaps, 0);
  for (int i = 0; i < 4; i++) check_rc(tg_store_outbox_del(h->store, seq[i]), TG_OK);
  check_rc(store_harness_add(h, 1, false, "123456789", NULL), TG_OK);
  check_int(h->gaps, 1);
  check_true(!h->gap.expired && h->gap.first_seq == first && h->gap.last_seq == last && h->gap.count == 3);
  for (int i = 0; i < 3; i++) check_rc(store_harness_add(h, 1, false, "123456789", NULL), TG_OK);
  check_rc(store_harness_add(h, 1, false, "123456789", &first), TG_E_FULL);
  for (int i = 4; i < 9; i++) check_rc(tg_store_outbox_del(h->store, seq[i]), TG_OK);
  check_rc(store_harness_add(h, 1, false, "123456789", NULL), TG_OK);
  check_int(h->gaps, 2);
  check_true(h->gap.first_seq == first && h->gap.last_seq == first && h->gap.count == 1);
}

static void telemetry_leaves_room_to_others_on_the_way_to_the_disk(void **state) {
  store_harness_t *h = *state;
  static char text[100001];
  memset(text, 'x', sizeof text - 1);
  unsigned before = 0, count = 0;
  h->shed_class = TG_STORE_TELEMETRY;
  while (store_harness_add(h, 1, true, text, NULL) == TG_OK) before = ++count; /* nobody ends the turn */
  h->shed_class = TG_STORE_EVENT;
  while (store_harness_add(h, 1, true, text, NULL) == TG_OK) count++;
  check_true(before >= 140 && before <= 147); /* of 16 MiB seven eighths */
  check_true(count >= 160 && count <= 168);
  check_int(stats_of(h).outbox_refused_by[TG_STORE_TELEMETRY], 1);
  check_int(stats_of(h).outbox_refused_by[TG_STORE_EVENT], 1);
}

static void a_message_longer_than_any_may_be_is_refused(void **state) {
  store_harness_t *h = *state;
  static uint8_t bytes[9 << 20];
  tg_outbox_entry_t entry = {.seq = tg_store_outbox_next_seq(h->store), .payload = tg_slice(bytes, sizeof bytes)};
  check_rc(tg_store_outbox_add(h->store, &entry), TG_E_TOO_LONG);
  entry.payload.len = SIZE_MAX - 10; /* never looked at */
  check_rc(tg_store_outbox_add(h->store, &entry), TG_E_TOO_LONG);
}

static void refusals_need_nobody_who_listens(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  tg_store_t *store = NULL;
  check_rc(tg_store_open(loop, &(tg_store_config_t){.outbox_max = 100}, NULL, &store), TG_OK);
  static const uint8_t bytes[60];
  tg_outbox_entry_t entry = {.shed_class = TG_STORE_RESULT, .payload = tg_slice(bytes, sizeof bytes)};
  uint64_t first = entry.seq = tg_store_outbox_next_seq(store);
  check_rc(tg_store_outbox_add(store, &entry), TG_OK);
  entry.seq = tg_store_outbox_next_seq(store);
  check_rc(tg_store_outbox_add(store, &entry), TG_E_FULL);
  check_rc(tg_store_outbox_del(store, first), TG_OK);
  entry.seq = tg_store_outbox_next_seq(store);
  check_rc(tg_store_outbox_add(store, &entry), TG_OK);
  check_rc(tg_store_put(store, "b", tg_slice_str("k"), tg_slice_str("v")), TG_OK);
  (void)tg_store_end_turn(store); /* nobody waits for a ticket either */
  tg_buf_t value;
  char memory[4];
  tg_buf_init(&value, memory, sizeof memory);
  check_rc(tg_store_get(store, "b", tg_slice_str("k"), &value), TG_OK);
  tg_store_stats_t stats = {0};
  for (int i = 0; i < 1000 && !stats.commits; i++) {
    tg_loop_turn(loop, 20);
    tg_store_stats(store, &stats);
  }
  check_true(stats.commits > 0);
  tg_store_close(store);
  tg_loop_free(loop);
}

/* More than memory holds: the oldest come from disk, in order with those that are only in memory. */
static void what_does_not_fit_in_memory_is_read_from_disk_in_order(void **state) {
  store_harness_t *h = *state;
  enum { N = 400, SIZE = 64 << 10 };
  char *text = malloc(SIZE + 1);
  assert_non_null(text);
  memset(text, 'x', SIZE);
  text[SIZE] = '\0';
  for (int i = 0; i < N; i++) {
    (void)snprintf(text, 9, "%08d", i);
    text[8] = 'x';
    check_rc(store_harness_add(h, (uint32_t)(i % 2), i % 10 != 7, text, NULL), TG_OK);
    if (i % 100 == 99) check_rc(store_harness_commit(h), TG_OK);
  }
  for (int round = 0; round < 2; round++) {
    for (int broker = 0; broker < 2; broker++) {
      tg_buf_t out;
      tg_buf_init_growing(&out, 64 << 20);
      size_t want = round == 0 ? N / 2 : broker == 1 ? N / 2 - N / 10 : N / 2;
      check_int(store_harness_read(h, (uint32_t)broker, 0, &out), want);
      size_t at = 0;
      for (int i = broker; i < N; i += 2) {
        if (round == 1 && i % 10 == 7) continue; /* was in memory only */
        check_int(atoi((const char *)out.p + at), i);
        at += SIZE + 1;
      }
      tg_buf_fini(&out);
    }
    store_harness_reopen(h);
  }
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FILE(a_full_outbox_refuses_and_takes_again_when_there_is_room),
      IN_FILE(the_lower_class_is_refused_first),
      IN_MEMORY(what_was_refused_is_told_when_there_is_room),
      IN_FILE(telemetry_leaves_room_to_others_on_the_way_to_the_disk),
      IN_FILE(a_message_longer_than_any_may_be_is_refused),
      cmocka_unit_test(refusals_need_nobody_who_listens),
      IN_FILE(what_does_not_fit_in_memory_is_read_from_disk_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
