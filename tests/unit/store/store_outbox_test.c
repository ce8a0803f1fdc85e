/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_outbox_test.c: mirrors core/store/store_outbox.c. */

#include "tests/unit/store/store_suite.h"

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
  check_true(tg_loop_now(h->loop) >= start + 2);
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

static bool count_entries(void *ud, const tg_outbox_entry_t *entry) {
  (void)entry;
  ++*(int *)ud;
  return true;
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
  tg_outbox_read_t read = {.broker = 1, .max = 10};
  check_rc(tg_store_outbox_read(h->store, &read, count_entries, &seen), TG_E_STORE);
  check_int(seen, 1);
  check_rc(tg_store_outbox_del(h->store, seq), TG_OK);
  check_read(h, 1, 0, "a c");
}

static bool take_one(void *ud, const tg_outbox_entry_t *entry) {
  (void)entry;
  return ++*(int *)ud < 1;
}

/* A broker that is away for long must not make the others walk over all that waits for it, again and again. */
static void a_reader_is_told_how_far_it_need_not_look_again(void **state) {
  store_harness_t *h = *state;
  uint64_t of_other, own, last;
  check_rc(store_harness_add(h, 1, true, "a", NULL), TG_OK);
  check_rc(store_harness_add(h, 1, true, "b", &of_other), TG_OK);
  check_rc(store_harness_add(h, 2, true, "c", &own), TG_OK);
  check_rc(store_harness_add(h, 1, true, "d", &last), TG_OK);
  tg_outbox_read_t read = {.broker = 2, .max = 10};
  int seen = 0;
  check_rc(tg_store_outbox_read(h->store, &read, count_entries, &seen), TG_OK);
  check_int(seen, 0);
  check_int(read.after, of_other); /* its own is not committed yet */
  check_rc(store_harness_commit(h), TG_OK);
  check_rc(tg_store_outbox_read(h->store, &read, take_one, &seen), TG_OK);
  check_int(seen, 1);
  check_int(read.after, of_other); /* who stops says himself whether he took it */
  check_rc(tg_store_outbox_read(h->store, &read, count_entries, &seen), TG_OK);
  check_int(read.after, last);
  read.after = 0;
  check_rc(tg_store_outbox_del(h->store, own), TG_OK);
  seen = 0;
  check_rc(tg_store_outbox_read(h->store, &read, count_entries, &seen), TG_OK);
  check_int(seen, 0);
  check_int(read.after, last);
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
      IN_FILE(a_message_that_is_gone_from_the_disk_is_told),
      IN_FILE(a_reader_is_told_how_far_it_need_not_look_again),
      IN_MEMORY(a_reader_is_told_how_far_it_need_not_look_again),
      IN_FILE(a_reader_may_delete_and_add_while_it_reads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
