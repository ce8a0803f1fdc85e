/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the outbox to one broker, in order. Called when something was committed, taken, or a connection came; calls only the store
 * and the connection. See mqtt_drain.h.
 *
 * Path: core/store/store_outbox.c -> core/mqtt/mqtt_drain.c -> the broker
 */

#include "core/mqtt/mqtt_drain.h"

#include "core/base/clock.h"
#include "core/base/crash.h"
#include "core/base/log.h"

enum {
  BATCH = 64,
  MARK_EVERY = 64,
  MARKS_MAX = 16,
  OVERHEAD = 80, /* bytes of a packet: header, id, properties */
  TOLD_PER_MINUTE = 6
};

void tg_mqtt_drain_init(tg_mqtt_drain_t *drain, tg_store_t *store, uint32_t broker) {
  *drain = (tg_mqtt_drain_t){.store = store, .broker = broker, .window = TG_MQTT_WINDOW_MAX};
  tg_buf_init_growing(&drain->topic, 65536);
}

void tg_mqtt_drain_fini(tg_mqtt_drain_t *drain) {
  tg_buf_fini(&drain->topic);
}

void tg_mqtt_drain_up(tg_mqtt_drain_t *drain, tg_mqtt_conn_t *conn, uint32_t window) {
  tg_mqtt_drain_down(drain);
  drain->conn = conn;
  drain->window = window > TG_MQTT_WINDOW_MAX ? TG_MQTT_WINDOW_MAX : window;
}

void tg_mqtt_drain_limit(tg_mqtt_drain_t *drain, uint32_t packet_max) {
  drain->packet_max = packet_max;
}

void tg_mqtt_drain_down(tg_mqtt_drain_t *drain) {
  /* What was outstanding and not taken is still in the outbox: begin again before the oldest of it. */
  if (drain->inflight) drain->after = drain->flight[0].seq - 1;
  drain->conn = NULL;
  drain->inflight = drain->marks = drain->unmarked = 0;
}

/* Each answer lets the next message go at once. Waiting for several would save thread switches, but the broker's next answers may
   wait for us (Nagle, RFC 896) until something of ours takes the acknowledgement of its bytes along: 800 messages a second, not 15,000. */
static bool has_room(const tg_mqtt_drain_t *drain) {
  return drain->conn && drain->inflight < drain->window && drain->marks < MARKS_MAX;
}

static void delete_entry(tg_mqtt_drain_t *drain, uint64_t seq) {
  tg_rc_t rc = tg_store_outbox_del(drain->store, seq);
  /* It stays in the outbox and is sent again after a restart: a duplicate that its seq tells. */
  if (rc != TG_OK)
    tg_log("mqtt", TG_LOG_WARN, "outbox_delete_failed seq=%llu error=%s", (unsigned long long)seq, tg_rc_name(rc));
}

static bool is_too_long(const tg_mqtt_drain_t *drain, const tg_outbox_entry_t *entry) {
  return drain->packet_max && entry->topic.len + entry->payload.len + OVERHEAD > drain->packet_max;
}

/* Sent, it would end this connection and each after it, and all behind it would wait for ever. */
static void give_up(tg_mqtt_drain_t *drain, const tg_outbox_entry_t *entry) {
  char topic[200];
  if (tg_log_allow(&drain->log_limit, tg_clock_mono_ms(), TOLD_PER_MINUTE))
    tg_log("mqtt", TG_LOG_ERROR, "message_refused seq=%llu bytes=%zu most=%u topic=%s", (unsigned long long)entry->seq,
           entry->payload.len, (unsigned)drain->packet_max, tg_log_text(entry->topic, topic, sizeof topic));
  drain->refused++;
  drain->after = entry->seq;
  delete_entry(drain, entry->seq);
}

/* tg_outbox_fn: hands one message to paho, for which there is room; false stops the walk. */
static bool send_entry(void *ud, const tg_outbox_entry_t *entry) {
  tg_mqtt_drain_t *drain = ud;
  tg_buf_clear(&drain->topic);
  tg_buf_put(&drain->topic, entry->topic);
  const char *topic = tg_buf_cstr(&drain->topic);
  if (!topic) return false;
  if (is_too_long(drain, entry)) {
    give_up(drain, entry);
    return true;
  }

  bool mark = entry->qos == 0 && drain->unmarked + 1 >= MARK_EVERY;
  const tg_mqtt_send_t send = {
      .topic = topic,
      .payload = entry->payload,
      .qos = entry->qos,
      .retain = entry->retain,
      .mark = mark,
      .gw = tg_store_gateway_id(drain->store),
      .seq = entry->seq,
  };
  int token;
  TG_CRASH_PASS(PUBLISH_BEFORE);
  if (tg_mqtt_conn_send(drain->conn, &send, &token) != TG_OK) return false;
  TG_CRASH_PASS(PUBLISH_AFTER);

  drain->after = entry->seq;
  drain->published++;
  if (entry->qos == 0) {
    drain->unmarked = mark ? 0 : drain->unmarked + 1;
    drain->marks += mark;
    drain->confirmed++;
    delete_entry(drain, entry->seq);
  } else {
    drain->flight[drain->inflight++] = (tg_mqtt_flight_t){.token = token, .seq = entry->seq};
    drain->filled += drain->inflight == drain->window;
  }
  return has_room(drain);
}

bool tg_mqtt_drain_pump(tg_mqtt_drain_t *drain) {
  if (!has_room(drain)) return false;
  uint64_t before = drain->published;
  tg_outbox_read_t read = {.broker = drain->broker, .after = drain->after, .max = BATCH};
  tg_rc_t rc = tg_store_outbox_read(drain->store, &read, send_entry, drain);
  if (rc != TG_OK) tg_log("mqtt", TG_LOG_WARN, "outbox_read_failed error=%s", tg_rc_name(rc));
  if (read.after > drain->after) drain->after = read.after;
  return drain->published - before == BATCH && has_room(drain);
}

void tg_mqtt_drain_taken(tg_mqtt_drain_t *drain, int token) {
  uint32_t at = 0;
  while (at < drain->inflight && (drain->flight[at].token != token || drain->flight[at].taken)) at++;
  if (at == drain->inflight) return; /* of an earlier connection */

  drain->confirmed++;
  drain->flight[at].taken = true;
  TG_CRASH_PASS(TAKEN_BEFORE);
  delete_entry(drain, drain->flight[at].seq);
  TG_CRASH_PASS(TAKEN_AFTER);

  /* Leave the window in order, so that flight[0] is always the oldest message not yet taken. */
  uint32_t gone = 0;
  while (gone < drain->inflight && drain->flight[gone].taken) gone++;
  drain->inflight -= gone;
  memmove(drain->flight, drain->flight + gone, drain->inflight * sizeof *drain->flight);
}

void tg_mqtt_drain_written(tg_mqtt_drain_t *drain) {
  if (drain->marks) drain->marks--;
}
