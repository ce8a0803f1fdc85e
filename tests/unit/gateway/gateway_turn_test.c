/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/gateway/gateway_turn_test.c: which answers may go when. Store and exchange layer are stand-ins that write down what they are told. */

#include "core/gateway/gateway_turn.h"

#include "tests/unit/check.h"

typedef struct stand_in {
  uint64_t ticket;                 /* open */
  bool durable;                    /* whether the turn queued a durable message */
  bool idle;                       /* the turn queued nothing at all: its ticket stays open */
  uint64_t released;               /* highest ticket let go */
  tg_rc_t rc;                      /* of the last release */
  uint64_t refused;                /* ticket refused */
  bool refused_all;                /* not only answers that yield */
  uint64_t full[TG_STORE_CLASSES]; /* messages that found no room */
  unsigned fills;                  /* classes for which the rules of the next turn find no room, by bits */
  uint64_t backlog;
  uint64_t now_ms;
  tg_rc_t first_rc; /* of the first release after it was set to TG_E_INTERNAL */
} stand_in_t;

static stand_in_t now;

uint64_t tg_store_ticket(const tg_store_t *store) {
  (void)store;
  return now.ticket;
}

bool tg_store_end_turn(tg_store_t *store) {
  (void)store;
  if (!now.idle) now.ticket++;
  return now.durable;
}

tg_rc_t tg_store_get(tg_store_t *store, const char *bucket, tg_slice_t key, tg_buf_t *value) {
  (void)store, (void)bucket, (void)key, (void)value;
  return TG_E_NOT_FOUND;
}

tg_rc_t tg_store_put(tg_store_t *store, const char *bucket, tg_slice_t key, tg_slice_t value) {
  (void)store, (void)bucket, (void)key, (void)value;
  return TG_OK;
}

tg_rc_t tg_store_del(tg_store_t *store, const char *bucket, tg_slice_t key) {
  (void)store, (void)bucket, (void)key;
  return TG_OK;
}

size_t tg_event_drain(tg_event_bus_t *bus) {
  (void)bus;
  for (unsigned i = 0; i < TG_STORE_CLASSES; i++) now.full[i] += now.fills >> i & 1;
  return 0;
}

void tg_store_stats(const tg_store_t *store, tg_store_stats_t *stats) {
  (void)store;
  *stats = (tg_store_stats_t){0};
  for (unsigned i = 0; i < TG_STORE_CLASSES; i++) {
    stats->outbox_refused += now.full[i];
    stats->outbox_refused_by[i] = now.full[i];
  }
}

void tg_coap_refuse(tg_coap_t *coap, uint64_t ticket, tg_rc_t rc, bool all) {
  (void)coap;
  now.refused = ticket;
  now.refused_all = all;
  check_rc(rc, TG_E_FULL);
}

uint64_t tg_mqtt_backlog(const tg_mqtt_t *mqtt) {
  (void)mqtt;
  return now.backlog;
}

uint64_t tg_loop_now(const tg_loop_t *loop) {
  (void)loop;
  return now.now_ms;
}

tg_wheel_t *tg_loop_wheel(tg_loop_t *loop) {
  (void)loop;
  static tg_wheel_t *wheel;
  if (!wheel) wheel = tg_wheel_new(0);
  return wheel;
}

void tg_coap_release(tg_coap_t *coap, uint64_t ticket, tg_rc_t rc) {
  (void)coap;
  if (now.first_rc == TG_E_INTERNAL) now.first_rc = rc;
  if (ticket <= now.released) return;
  now.released = ticket;
  now.rc = rc;
}

void tg_coap_flush(tg_coap_t *coap) {
  (void)coap;
}

void tg_mqtt_pump(tg_mqtt_t *mqtt) {
  (void)mqtt;
}

static tg_gateway_parts_t parts(void) {
  static int engine; /* never looked into */
  return (tg_gateway_parts_t){.coap = (tg_coap_t *)(void *)&engine, .mqtt = (tg_mqtt_t *)(void *)&engine};
}

static void end_turn(tg_gateway_turn_t *turn, bool durable) {
  tg_gateway_parts_t p = parts();
  now.durable = durable;
  tg_gateway_turn_end(turn, &p);
}

static void commit(tg_gateway_turn_t *turn, uint64_t ticket, tg_rc_t rc) {
  tg_gateway_parts_t p = parts();
  tg_gateway_turn_committed(turn, &p, ticket, rc);
}

static void stop(tg_gateway_turn_t *turn) {
  tg_gateway_parts_t p = parts();
  tg_gateway_turn_fini(turn, &p);
}

static void answers_go_at_once_when_nothing_must_be_on_disk(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1};
  end_turn(&turn, false);
  check_int(now.released, 1);
}

static void answers_wait_for_the_disk_when_a_message_is_durable(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1};
  end_turn(&turn, true);
  check_int(now.released, 0);
  commit(&turn, 1, TG_OK);
  check_int(now.released, 1);
}

static void a_later_turn_does_not_overtake_one_that_waits(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1};
  end_turn(&turn, true);
  end_turn(&turn, false);
  check_int(now.released, 0);
  commit(&turn, 1, TG_OK); /* the second needs no commit of its own */
  check_int(now.released, 2);
}

static void a_commit_lets_only_its_own_turns_go_while_others_wait(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1};
  end_turn(&turn, true);
  end_turn(&turn, true);
  commit(&turn, 1, TG_OK);
  check_int(now.released, 1);
  commit(&turn, 2, TG_OK);
  check_int(now.released, 2);
}

static void a_turn_that_writes_nothing_lets_its_answers_go(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 5, .idle = true};
  end_turn(&turn, false);
  check_int(now.released, 5);
}

/* Found by kill -9 and by the simulation: a Send that came in the same turn as the news of an earlier commit, behind a turn that wrote nothing. */
static void a_commit_lets_nothing_go_that_came_in_the_turn_under_way(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1};
  end_turn(&turn, true);
  now.idle = true;
  end_turn(&turn, false); /* say a repetition came: ticket 2 stays open */
  check_int(now.released, 0);
  commit(&turn, 1, TG_OK); /* an answer may be held under ticket 2 by now, of which nothing is queued */
  check_int(now.released, 1);
  now.idle = false;
  end_turn(&turn, true);
  check_int(now.released, 1);
  commit(&turn, 2, TG_OK);
  check_int(now.released, 2);
}

static void what_a_turn_without_writes_answered_goes_at_the_end_of_the_next(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1};
  end_turn(&turn, true);
  now.idle = true;
  end_turn(&turn, false);
  commit(&turn, 1, TG_OK);
  check_int(now.released, 1);
  end_turn(&turn, false); /* of the turn in which the commit was told */
  check_int(now.released, 2);
}

static void a_failed_commit_refuses_the_answers(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1};
  end_turn(&turn, true);
  end_turn(&turn, true); /* keeps the turns behind it waiting */
  commit(&turn, 1, TG_E_STORE);
  check_int(now.released, 1);
  check_rc(now.rc, TG_E_STORE);
}

static void what_finds_no_room_refuses_the_answers_of_its_turn_only(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1};
  end_turn(&turn, true);
  now.fills = 1U << TG_STORE_EVENT;
  end_turn(&turn, true);
  check_int(now.refused, 2);
  check_int(now.released, 0);
  now.fills = 0;
  end_turn(&turn, true);
  check_int(now.refused, 2);
}

/* Telemetry that found no room is the business of those that reported; a result that did not is nobody's to send again. */
static void what_class_found_no_room_says_whose_answers_are_refused(void **state) {
  (void)state;
  static const struct {
    unsigned fills;
    bool refuses, all;
  } rows[] = {{1U << TG_STORE_TELEMETRY, true, false},
              {1U << TG_STORE_EVENT, true, true},
              {1U << TG_STORE_STATE, true, true},
              {1U << TG_STORE_RESULT, false, false},
              {1U << TG_STORE_TELEMETRY | 1U << TG_STORE_RESULT, true, false},
              {1U << TG_STORE_TELEMETRY | 1U << TG_STORE_STATE, true, true}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_gateway_turn_t turn = {0};
    now = (stand_in_t){.ticket = 7, .fills = rows[i].fills};
    end_turn(&turn, true);
    check_int(now.refused, rows[i].refuses ? 7 : 0);
    check_int(now.refused_all, rows[i].all);
  }
}

static void answers_wait_a_little_while_a_broker_is_far_behind(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1, .backlog = 5000, .now_ms = 1000};
  end_turn(&turn, false);
  check_int(now.released, 0);
  check_int(turn.slowed_until.due_ms, 1100); /* there will be a turn whatever happens */
  now.now_ms = 1099;
  end_turn(&turn, false);
  check_int(now.released, 0);
  now.now_ms = 1100;
  end_turn(&turn, false);
  check_int(now.released, 3);
  end_turn(&turn, false); /* and again */
  check_int(now.released, 3);
  now.backlog = 10;
  end_turn(&turn, false);
  check_int(now.released, 5);
  stop(&turn);
}

static void a_failed_commit_refuses_only_what_was_not_on_disk_before(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1, .backlog = 5000, .now_ms = 1000};
  end_turn(&turn, true);
  end_turn(&turn, true);
  commit(&turn, 1, TG_OK);
  check_int(now.released, 0);
  now.first_rc = TG_E_INTERNAL;
  commit(&turn, 2, TG_E_STORE);
  check_rc(now.first_rc, TG_OK); /* of ticket 1 */
  check_int(now.released, 2);
  stop(&turn);
}

static void nobody_is_told_while_the_gateway_closes(void **state) {
  (void)state;
  tg_gateway_turn_t turn = {0};
  now = (stand_in_t){.ticket = 1};
  end_turn(&turn, true);
  tg_gateway_parts_t closed = {0};
  tg_gateway_turn_committed(&turn, &closed, 1, TG_OK);
  check_int(now.released, 0);
}

CHECK_SUITE(answers_go_at_once_when_nothing_must_be_on_disk, answers_wait_for_the_disk_when_a_message_is_durable,
            a_later_turn_does_not_overtake_one_that_waits, a_turn_that_writes_nothing_lets_its_answers_go,
            a_commit_lets_only_its_own_turns_go_while_others_wait, a_failed_commit_refuses_the_answers,
            nobody_is_told_while_the_gateway_closes, what_finds_no_room_refuses_the_answers_of_its_turn_only,
            what_class_found_no_room_says_whose_answers_are_refused, answers_wait_a_little_while_a_broker_is_far_behind,
            a_failed_commit_refuses_only_what_was_not_on_disk_before,
            a_commit_lets_nothing_go_that_came_in_the_turn_under_way,
            what_a_turn_without_writes_answered_goes_at_the_end_of_the_next)
