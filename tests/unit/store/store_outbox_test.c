/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_outbox_test.c: mirrors core/store/store_outbox.c. */

#include <stdlib.h>

#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

static int set_up_file(void **state) {
  static store_harness_t h;
  store_harness_init(&h, false);
  *state = &h;
  return store_harness_open(&h, NULL) == TG_OK ? 0 : -1;
}

static int set_up_memory(void **state) {
  static store_harness_t h;
  store_harness_init(&h, true);
  *state = &h;
  return store_harness_open(&h, NULL) == TG_OK ? 0 : -1;
}

static int tear_down(void **state) {
  store_harness_fini(*state);
  return 0;
}

static void check_read(store_harness_t *h, uint32_t broker, uint64_t after, const char *want) {
  tg_buf_t out;
  tg_buf_init_growing(&out, 1 << 20);
  (void)store_harness_read(h, broker, after, &out);
  check_slice(tg_buf_slice(&out), want);
  tg_buf_fini(&out);
}

static tg_store_stats_t stats_of(const store_harness_t *h) {
  tg_store_stats_t stats;
  tg_store_stats(h->store, &stats);
  return stats;
}

static void durable_messages_are_handed_out_only_after_their_commit(void **state) {
  store_harness_t *h = *state;
  check_rc(store_harness_add(h, 1, true, "a", NULL), TG_OK);
  check_rc(store_harness_add(h, 1, true, "b", NULL), TG_OK);
  check_read(h, 1, 0, "");
  check_rc(store_harness_commit(h), TG_OK);
  check_read(h, 1, 0, "a b");
}

static void queued_messages_are_handed_out_at_once_but_never_past_an_uncommitted_one(void **state) {
  store_harness_t *h = *state;
  check_rc(store_harness_add(h, 1, false, "q1", NULL), TG_OK);
  check_read(h, 1, 0, "q1");
  check_rc(store_harness_add(h, 1, true, "d", NULL), TG_OK);
  check_rc(store_harness_add(h, 1, false, "q2", NULL), TG_OK);
  check_rc(store_harness_add(h, 2, false, "other", NULL), TG_OK);
  check_read(h, 1, 0, "q1");
  check_read(h, 2, 0, "other"); /* another broker does not wait */
  check_rc(store_harness_commit(h), TG_OK);
  check_read(h, 1, 0, "q1 d q2");
}

static void a_reader_goes_on_behind_its_cursor_and_within_its_maximum(void **state) {
  store_harness_t *h = *state;
  uint64_t seq[5];
  for (int i = 0; i < 5; i++) {
    check_rc(store_harness_add(h, 1, i % 2 == 0, (char[]){(char)('a' + i), 0}, &seq[i]), TG_OK);
  }
  check_rc(store_harness_commit(h), TG_OK);
  check_read(h, 1, seq[1], "c d e");
  check_read(h, 1, seq[4], "");
  check_read(h, 1, UINT64_MAX, "");
  check_rc(tg_store_outbox_del(h->store, seq[2]), TG_OK);
  check_read(h, 1, 0, "a b d e");
}

static bool one_field_at_a_time(void *ud, const tg_outbox_entry_t *entry) {
  ++*(int *)ud;
  check_int(entry->broker, 77);
  check_int(entry->qos, 2);
  check_true(entry->retain);
  check_true(entry->durable);
  check_int(entry->shed_class, 3);
  assert_true(entry->time_ms == INT64_C(-5));
  check_slice(entry->topic, "t/ep/3303");
  check_slice(entry->payload, "{\"v\":1}");
  check_slice(entry->props, "props");
  return false;
}

static void a_reader_that_has_seen_all_gets_nothing(void **state) {
  store_harness_t *h = *state;
  check_rc(store_harness_add(h, 1, false, "a", NULL), TG_OK);
  check_read(h, 1, UINT64_MAX, "");
  check_read(h, 1, UINT64_MAX - 1, "");
  check_read(h, 1, 0, "a");
}

static void every_field_survives_memory_and_disk(void **state) {
  store_harness_t *h = *state;
  for (int i = 0; i < 2; i++) {
    tg_outbox_entry_t entry = {
        .seq = tg_store_outbox_next_seq(h->store),
        .broker = 77,
        .qos = 2,
        .retain = true,
        .durable = true,
        .shed_class = 3,
        .time_ms = -5,
        .topic = tg_slice_str("t/ep/3303"),
        .payload = tg_slice_str("{\"v\":1}"),
        .props = tg_slice_str("props"),
    };
    check_rc(tg_store_outbox_add(h->store, &entry), TG_OK);
  }
  check_rc(store_harness_commit(h), TG_OK);
  int seen = 0;
  tg_outbox_read_t read = {.broker = 77, .max = 10};
  check_rc(tg_store_outbox_read(h->store, &read, one_field_at_a_time, &seen), TG_OK);
  check_int(seen, 1); /* it said stop */
  store_harness_reopen(h);
  check_rc(tg_store_outbox_read(h->store, &read, one_field_at_a_time, &seen), TG_OK);
  check_int(seen, 2);
  check_int(stats_of(h).outbox_bytes, 2 * (9 + 7 + 5));
}

static void what_was_not_deleted_is_there_after_a_restart_and_queued_messages_are_not(void **state) {
  store_harness_t *h = *state;
  uint64_t gone;
  check_rc(store_harness_add(h, 1, true, "a", NULL), TG_OK);
  check_rc(store_harness_add(h, 1, true, "b", &gone), TG_OK);
  check_rc(store_harness_add(h, 1, false, "c", NULL), TG_OK);
  check_rc(store_harness_add(h, 2, true, "d", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  check_rc(tg_store_outbox_del(h->store, gone), TG_OK);
  check_rc(tg_store_outbox_del(h->store, gone), TG_OK); /* twice is fine */
  check_rc(tg_store_outbox_del(h->store, 123456), TG_OK);
  store_harness_reopen(h);
  check_read(h, 1, 0, "a");
  check_read(h, 2, 0, "d");
  check_int(stats_of(h).outbox_rows, 2);
}

static void many_deletions_alone_wait_a_little_for_more(void **state) {
  store_harness_t *h = *state;
  uint64_t seq[20];
  for (int i = 0; i < 20; i++) check_rc(store_harness_add(h, 1, true, "m", &seq[i]), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  uint64_t commits = stats_of(h).commits, start = tg_loop_now(h->loop);
  for (int i = 0; i < 10; i++) check_rc(tg_store_outbox_del(h->store, seq[i]), TG_OK);
  for (int i = 10; i < 20; i++) {
    (void)tg_store_end_turn(h->store);
    check_rc(tg_store_outbox_del(h->store, seq[i]), TG_OK);
  }
  check_rc(store_harness_commit(h), TG_OK);
  check_int(stats_of(h).commits, commits + 1);
  check_true(tg_loop_now(h->loop) >= start + 5);
}

static void a_few_deletions_alone_wait_for_nothing(void **state) {
  store_harness_t *h = *state;
  uint64_t seq[3];
  for (int i = 0; i < 3; i++) check_rc(store_harness_add(h, 1, true, "m", &seq[i]), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  uint64_t commits = stats_of(h).commits;
  for (int i = 0; i < 3; i++) {
    check_rc(tg_store_outbox_del(h->store, seq[i]), TG_OK);
    check_rc(store_harness_commit(h), TG_OK);
  }
  check_int(stats_of(h).commits, commits + 3);
}

/* Few deletions don't wait for the disk to sync, and outlive the process all the same: another connection sees them. */
static void a_deletion_alone_is_written_at_once(void **state) {
  store_harness_t *h = *state;
  uint64_t seq;
  check_rc(store_harness_add(h, 1, true, "m", &seq), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  check_rc(tg_store_outbox_del(h->store, seq), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  check_rc(store_harness_add(h, 1, true, "after", NULL), TG_OK); /* synced again */
  check_rc(store_harness_commit(h), TG_OK);
  store_harness_reopen(h);
  check_read(h, 1, 0, "after");
  check_int(stats_of(h).outbox_rows, 1);
}

/* The end of a command and the removal of its row are of one turn: a crash between two halves would lose one of them. */
static void a_timer_writes_no_half_of_a_turn(void **state) {
  store_harness_t *h = *state;
  uint64_t seq[10];
  for (int i = 0; i < 10; i++) check_rc(store_harness_add(h, 1, true, "a", &seq[i]), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  for (int i = 0; i < 10; i++) check_rc(tg_store_outbox_del(h->store, seq[i]), TG_OK);
  (void)tg_store_end_turn(h->store); /* so many wait for more, by a timer */
  uint64_t commits = stats_of(h).commits;
  check_rc(tg_store_put(h->store, "row", tg_slice_str("k"), tg_slice_str("v")), TG_OK);
  for (int i = 0; i < 5; i++) tg_loop_turn(h->loop, 10);
  check_int(stats_of(h).commits, commits);
  check_rc(store_harness_add(h, 1, true, "b", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  check_int(stats_of(h).commits, commits + 1);
}

static void sequence_numbers_rise_and_are_used_in_order(void **state) {
  store_harness_t *h = *state;
  uint64_t first = tg_store_outbox_next_seq(h->store), second = tg_store_outbox_next_seq(h->store);
  check_true(first > 0 && second == first + 1);
  tg_outbox_entry_t entry = {.seq = second, .topic = tg_slice_str("t")};
  check_rc(tg_store_outbox_add(h->store, &entry), TG_OK); /* one may be left out */
  check_rc(tg_store_outbox_add(h->store, &entry), TG_E_ARG);
  entry.seq = first;
  check_rc(tg_store_outbox_add(h->store, &entry), TG_E_ARG);
  entry.seq = second + 5; /* never given */
  check_rc(tg_store_outbox_add(h->store, &entry), TG_E_ARG);
  entry.seq = 0;
  check_rc(tg_store_outbox_add(h->store, &entry), TG_E_ARG);
}

static void sequence_numbers_go_on_without_a_gap_after_a_clean_restart(void **state) {
  store_harness_t *h = *state;
  uint64_t before = tg_store_outbox_next_seq(h->store);
  check_rc(store_harness_add(h, 1, true, "m", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  check_rc(tg_store_outbox_del(h->store, before + 1), TG_OK);
  store_harness_reopen(h);
  assert_true(tg_store_outbox_next_seq(h->store) == before + 2);
}

static void millions_of_sequence_numbers_can_be_taken(void **state) {
  store_harness_t *h = *state;
  uint64_t last = 0;
  for (int i = 0; i < 2500000; i++) {
    last = tg_store_outbox_next_seq(h->store);
    if (i % 100000 == 0) check_rc(store_harness_add(h, 1, true, "m", NULL), TG_OK);
    if (i % 100000 == 0) check_rc(store_harness_commit(h), TG_OK);
  }
  check_rc(store_harness_add(h, 1, true, "m", NULL), TG_OK);
  store_harness_reopen(h);
  check_true(tg_store_outbox_next_seq(h->store) > last);
}

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

static bool count_entries(void *ud, const tg_outbox_entry_t *entry) {
  (void)entry;
  ++*(int *)ud;
  return true;
}

static void a_message_longer_than_any_may_be_is_refused(void **state) {
  store_harness_t *h = *state;
  static uint8_t bytes[9 << 20];
  tg_outbox_entry_t entry = {.seq = tg_store_outbox_next_seq(h->store), .payload = tg_slice(bytes, sizeof bytes)};
  check_rc(tg_store_outbox_add(h->store, &entry), TG_E_TOO_LONG);
  entry.payload.len = SIZE_MAX - 10; /* never looked at */
  check_rc(tg_store_outbox_add(h->store, &entry), TG_E_TOO_LONG);
}

/* Somebody else has been at the file: it is told, and those before are handed out. */
static void a_message_that_is_gone_from_the_disk_is_told(void **state) {
  store_harness_t *h = *state;
  uint64_t seq;
  check_rc(store_harness_add(h, 1, true, "a", NULL), TG_OK);
  check_rc(store_harness_add(h, 1, true, "b", &seq), TG_OK);
  check_rc(store_harness_add(h, 1, true, "c", NULL), TG_OK);
  store_harness_reopen(h); /* now they are on disk only */
  store_harness_sql(h, "DELETE FROM outbox WHERE payload = CAST('b' AS BLOB)");
  int seen = 0;
  const tg_outbox_read_t read = {.broker = 1, .max = 10};
  check_rc(tg_store_outbox_read(h->store, &read, count_entries, &seen), TG_E_STORE);
  check_int(seen, 1);
  check_rc(tg_store_outbox_del(h->store, seq), TG_OK);
  check_read(h, 1, 0, "a c");
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

typedef struct meddler {
  store_harness_t *h;
  int seen;
} meddler_t;

static bool delete_and_add(void *ud, const tg_outbox_entry_t *entry) {
  meddler_t *meddler = ud;
  check_rc(tg_store_outbox_del(meddler->h->store, entry->seq), TG_OK);
  for (int i = 0; i < 100 && meddler->seen < 10; i++) {
    check_rc(store_harness_add(meddler->h, 1, false, "more", NULL), TG_OK);
  }
  check_slice(entry->payload, meddler->seen < 10 ? "begin" : "more"); /* still lent */
  meddler->seen++;
  return true;
}

static void a_reader_may_delete_and_add_while_it_reads(void **state) {
  store_harness_t *h = *state;
  for (int i = 0; i < 10; i++) check_rc(store_harness_add(h, 1, i % 2 == 0, "begin", NULL), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
  meddler_t meddler = {h, 0};
  tg_outbox_read_t read = {.broker = 1, .max = 500};
  check_rc(tg_store_outbox_read(h->store, &read, delete_and_add, &meddler), TG_OK);
  check_int(meddler.seen, 500);
  check_int(stats_of(h).outbox_rows, 10 + 1000 - 500);
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

#define IN_FILE(test) cmocka_unit_test_setup_teardown(test, set_up_file, tear_down)
#define IN_MEMORY(test)                                                                                                \
  { #test "_in_memory", test, set_up_memory, tear_down, NULL }

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FILE(durable_messages_are_handed_out_only_after_their_commit),
      IN_MEMORY(durable_messages_are_handed_out_only_after_their_commit),
      IN_FILE(queued_messages_are_handed_out_at_once_but_never_past_an_uncommitted_one),
      IN_FILE(a_reader_goes_on_behind_its_cursor_and_within_its_maximum),
      IN_MEMORY(a_reader_goes_on_behind_its_cursor_and_within_its_maximum),
      IN_MEMORY(a_reader_that_has_seen_all_gets_nothing),
      IN_FILE(every_field_survives_memory_and_disk),
      IN_FILE(what_was_not_deleted_is_there_after_a_restart_and_queued_messages_are_not),
      IN_FILE(many_deletions_alone_wait_a_little_for_more),
      IN_FILE(a_few_deletions_alone_wait_for_nothing),
      IN_FILE(a_deletion_alone_is_written_at_once),
      IN_FILE(a_timer_writes_no_half_of_a_turn),
      IN_FILE(sequence_numbers_rise_and_are_used_in_order),
      IN_FILE(sequence_numbers_go_on_without_a_gap_after_a_clean_restart),
      IN_FILE(millions_of_sequence_numbers_can_be_taken),
      IN_FILE(a_full_outbox_refuses_and_takes_again_when_there_is_room),
      IN_FILE(the_lower_class_is_refused_first),
      IN_MEMORY(what_was_refused_is_told_when_there_is_room),
      IN_FILE(telemetry_leaves_room_to_others_on_the_way_to_the_disk),
      IN_FILE(a_message_longer_than_any_may_be_is_refused),
      IN_FILE(a_message_that_is_gone_from_the_disk_is_told),
      cmocka_unit_test(refusals_need_nobody_who_listens),
      IN_FILE(a_reader_may_delete_and_add_while_it_reads),
      IN_FILE(what_does_not_fit_in_memory_is_read_from_disk_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
