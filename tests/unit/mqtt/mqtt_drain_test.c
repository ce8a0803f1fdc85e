/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/mqtt/mqtt_drain_test.c: mirrors core/mqtt/mqtt_drain.c. Store and connection are stand-ins: messages 1 to `last`, tokens as sequence numbers. */

#include "core/mqtt/mqtt_drain.h"

#include "tests/unit/check.h"

typedef struct stand_in {
  uint64_t last; /* messages 1..last are committed */
  uint8_t qos;
  bool refuses;       /* the connection takes nothing */
  bool is_unreadable; /* the outbox can't be read */
  uint64_t of_others; /* messages up to here are for other brokers */
  bool keeps;         /* the outbox deletes nothing */
  uint64_t count;     /* messages sent, however many */
  char sent[256];
  char deleted[256];
} stand_in_t;

static stand_in_t now;

static void add(char *list, size_t cap, uint64_t seq) {
  size_t len = strlen(list);
  (void)snprintf(list + len, cap - len, "%llu ", (unsigned long long)seq);
}

tg_rc_t tg_store_outbox_read(tg_store_t *store, tg_outbox_read_t *read, tg_outbox_fn fn, void *ud) {
  (void)store;
  size_t given = 0;
  bool more = true;
  if (now.is_unreadable) return TG_E_STORE;
  for (uint64_t seq = read->after + 1; seq <= now.last && given < read->max && more; seq++, given++) {
    const tg_outbox_entry_t entry = {
        .seq = seq, .qos = now.qos, .topic = tg_slice_str("t"), .payload = tg_slice_str("p")};
    more = fn(ud, &entry);
  }
  if (now.of_others) read->after = now.of_others;
  return TG_OK;
}

tg_rc_t tg_store_outbox_del(tg_store_t *store, uint64_t seq) {
  (void)store;
  if (now.keeps) return TG_E_FULL;
  add(now.deleted, sizeof now.deleted, seq);
  return TG_OK;
}

const char *tg_store_gateway_id(const tg_store_t *store) {
  (void)store;
  return "0123456789abcdef";
}

tg_rc_t tg_mqtt_conn_send(tg_mqtt_conn_t *conn, const tg_mqtt_send_t *send, int *token) {
  (void)conn;
  if (now.refuses) return TG_E_AGAIN;
  add(now.sent, sizeof now.sent, send->seq);
  now.count++;
  *token = (int)send->seq;
  return TG_OK;
}

static void connect(tg_mqtt_drain_t *drain, uint32_t window) {
  static int connection; /* never looked into */
  tg_mqtt_drain_up(drain, (tg_mqtt_conn_t *)(void *)&connection, window);
}

static const char *sent(tg_mqtt_drain_t *drain) {
  static char list[sizeof now.sent];
  now.sent[0] = 0;
  (void)tg_mqtt_drain_pump(drain);
  memcpy(list, now.sent, sizeof list);
  return list;
}

static void open_drain(tg_mqtt_drain_t *drain, uint8_t qos, uint64_t last) {
  now = (stand_in_t){.qos = qos, .last = last};
  tg_mqtt_drain_init(drain, NULL, 1);
}

static void nothing_goes_without_a_connection(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 1, 3);
  assert_string_equal(sent(&drain), "");
  connect(&drain, 4);
  assert_string_equal(sent(&drain), "1 2 3 ");
  tg_mqtt_drain_fini(&drain);
}

static void what_is_for_others_is_passed_once(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 1, 0);
  connect(&drain, 4);
  now.of_others = 7;
  assert_string_equal(sent(&drain), "");
  check_int(drain.after, 7);
  now.of_others = 0;
  now.last = 8;
  assert_string_equal(sent(&drain), "8 ");
  tg_mqtt_drain_down(&drain);
  check_int(drain.after, 7); /* 8 was not taken */
  tg_mqtt_drain_fini(&drain);
}

/* Not only when several are free: the broker's next answers may wait for our next bytes (Nagle). */
static void each_answer_lets_the_next_message_go_at_once(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 1, 20);
  connect(&drain, 4);
  assert_string_equal(sent(&drain), "1 2 3 4 ");
  assert_string_equal(sent(&drain), "");
  tg_mqtt_drain_taken(&drain, 1);
  assert_string_equal(sent(&drain), "5 ");
  tg_mqtt_drain_taken(&drain, 2);
  assert_string_equal(sent(&drain), "6 ");
  assert_string_equal(now.deleted, "1 2 ");
  tg_mqtt_drain_fini(&drain);
}

static void a_window_that_was_not_full_takes_every_message_at_once(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 1, 3);
  connect(&drain, 4);
  assert_string_equal(sent(&drain), "1 2 3 ");
  check_int(drain.filled, 0);
  now.last = 4;
  assert_string_equal(sent(&drain), "4 ");
  check_int(drain.filled, 1);
  tg_mqtt_drain_fini(&drain);
}

static void a_window_of_one_goes_on_after_each_answer(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 2, 3);
  connect(&drain, 1);
  check_int(drain.filled, 0);
  assert_string_equal(sent(&drain), "1 ");
  check_int(drain.filled, 1);
  tg_mqtt_drain_taken(&drain, 1);
  assert_string_equal(sent(&drain), "2 ");
  check_int(drain.filled, 2);
  tg_mqtt_drain_fini(&drain);
}

static void a_new_connection_begins_behind_what_was_taken_in_order(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 1, 5);
  connect(&drain, 4);
  (void)sent(&drain);
  tg_mqtt_drain_taken(&drain, 1);
  tg_mqtt_drain_taken(&drain, 3); /* out of order: 2 is still outstanding */
  tg_mqtt_drain_down(&drain);
  assert_string_equal(sent(&drain), "");
  connect(&drain, 16);
  assert_string_equal(sent(&drain), "2 3 4 5 ");
  tg_mqtt_drain_taken(&drain, 99); /* of the old connection */
  tg_mqtt_drain_fini(&drain);
}

static void messages_of_qos_0_are_gone_when_paho_has_them(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 0, 3);
  connect(&drain, 4);
  assert_string_equal(sent(&drain), "1 2 3 ");
  assert_string_equal(now.deleted, "1 2 3 ");
  now.last = 4;
  now.refuses = true;
  assert_string_equal(sent(&drain), "");
  now.refuses = false;
  assert_string_equal(sent(&drain), "4 ");
  tg_mqtt_drain_fini(&drain);
}

/* 64 a call, so that others have their turn; and no more than paho may hold unwritten: each 64th tells when it is written. */
static void messages_of_qos_0_go_in_parts_and_wait_for_what_is_not_written(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 0, 5000);
  connect(&drain, 4);
  check_true(tg_mqtt_drain_pump(&drain));
  check_int(now.count, 64);
  while (tg_mqtt_drain_pump(&drain)) continue;
  check_int(now.count, 1024);
  check_false(tg_mqtt_drain_pump(&drain));
  check_int(now.count, 1024);
  tg_mqtt_drain_written(&drain);
  check_false(tg_mqtt_drain_pump(&drain)); /* one mark's worth */
  check_int(now.count, 1088);
  for (int i = 0; i < 20; i++) tg_mqtt_drain_written(&drain); /* more often than marked */
  while (tg_mqtt_drain_pump(&drain)) continue;
  check_int(now.count, 1088 + 1024);
  tg_mqtt_drain_fini(&drain);
}

static void an_answer_counts_once(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 1, 5);
  connect(&drain, 4);
  (void)sent(&drain);
  tg_mqtt_drain_taken(&drain, 3);
  tg_mqtt_drain_taken(&drain, 3); /* still in the window, behind 1 */
  check_int(drain.confirmed, 1);
  assert_string_equal(now.deleted, "3 ");
  assert_string_equal(sent(&drain), "");
  tg_mqtt_drain_fini(&drain);
}

static void an_outbox_that_can_not_be_read_is_read_again(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 1, 3);
  connect(&drain, 4);
  now.is_unreadable = true;
  check_false(tg_mqtt_drain_pump(&drain));
  check_int(now.count, 0);
  now.is_unreadable = false;
  assert_string_equal(sent(&drain), "1 2 3 ");
  tg_mqtt_drain_fini(&drain);
}

/* What can't be deleted comes twice after a restart; until then it holds nothing up. */
static void a_message_that_can_not_be_deleted_holds_nothing_up(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 1, 3);
  connect(&drain, 1);
  assert_string_equal(sent(&drain), "1 ");
  now.keeps = true;
  tg_mqtt_drain_taken(&drain, 1);
  now.keeps = false;
  assert_string_equal(now.deleted, "");
  assert_string_equal(sent(&drain), "2 ");
  tg_mqtt_drain_taken(&drain, 2);
  assert_string_equal(now.deleted, "2 ");
  tg_mqtt_drain_fini(&drain);
}

/* Sent, it would end the connection again and again. */
static void what_is_longer_than_the_broker_takes_is_given_up(void **state) {
  (void)state;
  tg_mqtt_drain_t drain;
  open_drain(&drain, 1, 3);
  connect(&drain, 4);
  tg_mqtt_drain_limit(&drain, 81);
  assert_string_equal(sent(&drain), "");
  assert_string_equal(now.deleted, "1 2 3 ");
  check_int(drain.refused, 3);
  now.last = 5;
  tg_mqtt_drain_limit(&drain, 82);
  assert_string_equal(sent(&drain), "4 5 ");
  check_int(drain.refused, 3);
  tg_mqtt_drain_fini(&drain);
}

CHECK_SUITE(what_is_longer_than_the_broker_takes_is_given_up, nothing_goes_without_a_connection,
            what_is_for_others_is_passed_once, each_answer_lets_the_next_message_go_at_once,
            a_window_that_was_not_full_takes_every_message_at_once, a_window_of_one_goes_on_after_each_answer,
            a_new_connection_begins_behind_what_was_taken_in_order, messages_of_qos_0_are_gone_when_paho_has_them,
            messages_of_qos_0_go_in_parts_and_wait_for_what_is_not_written, an_answer_counts_once,
            an_outbox_that_can_not_be_read_is_read_again, a_message_that_can_not_be_deleted_holds_nothing_up)
