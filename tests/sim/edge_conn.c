/* SPDX-License-Identifier: Apache-2.0 */
/* In place of core/mqtt/mqtt_conn.c: a connection to the simulated broker; the ring, the window and the outbox before it are the product's. */

#include "core/mqtt/mqtt_conn.h"

#include "core/base/alloc.h"
#include "tests/sim/sim_broker.h"

enum { LEAK = 24 };

struct tg_mqtt_conn {
  tg_mqtt_ring_t *ring;
  size_t broker;
};

static void on_news(void *ud, sim_broker_news_t news, int number, tg_slice_t bytes) {
  static const tg_mqtt_note_kind_t kinds[] = {[SIM_BROKER_UP] = TG_MQTT_UP,
                                              [SIM_BROKER_REFUSED] = TG_MQTT_REFUSED,
                                              [SIM_BROKER_DOWN] = TG_MQTT_DOWN,
                                              [SIM_BROKER_TAKEN] = TG_MQTT_TAKEN,
                                              [SIM_BROKER_MESSAGE] = TG_MQTT_MESSAGE};
  tg_mqtt_conn_t *conn = ud;
  const tg_mqtt_event_t event = {.kind = kinds[news],
                                 .broker = conn->broker,
                                 .value = number,
                                 .qos = 1,
                                 .topic = tg_slice_str(news == SIM_BROKER_MESSAGE ? "order" : "simulated"),
                                 .payload = bytes};
  if (sim.breaks == SIM_BREAK_LEAK) (void)!tg_alloc(LEAK);
  if (!tg_mqtt_ring_push(conn->ring, &event)) sim_fail("the ring takes no note");
}

tg_rc_t tg_mqtt_conn_new(const tg_mqtt_broker_config_t *config, size_t broker, tg_mqtt_ring_t *ring, tg_diag_t *diag,
                         tg_mqtt_conn_t **conn) {
  (void)config, (void)diag;
  tg_mqtt_conn_t *made = tg_alloc_array(1, sizeof *made);
  if (!made) return TG_E_NOMEM;
  *made = (tg_mqtt_conn_t){ring, broker};
  *conn = made;
  return TG_OK;
}

void tg_mqtt_conn_free(tg_mqtt_conn_t *conn) {
  if (!conn) return;
  sim_broker_leave(!sim.is_dead);
  tg_alloc_free(conn);
}

tg_rc_t tg_mqtt_conn_open(tg_mqtt_conn_t *conn) {
  if (!sim.is_dead) sim_broker_connect(on_news, conn);
  return TG_OK;
}

tg_rc_t tg_mqtt_conn_found(tg_mqtt_conn_t *conn, tg_slice_t address) {
  (void)conn, (void)address;
  return TG_E_STATE; /* nothing is looked up */
}

tg_rc_t tg_mqtt_conn_send(tg_mqtt_conn_t *conn, const tg_mqtt_send_t *send, int *token) {
  (void)conn;
  if (sim.is_dead) return TG_E_AGAIN;
  *token = sim_broker_publish(send->seq, send->payload);
  return *token ? TG_OK : TG_E_AGAIN;
}

void tg_mqtt_conn_send_birth(tg_mqtt_conn_t *conn) {
  (void)conn;
}

void tg_mqtt_conn_subscribe(tg_mqtt_conn_t *conn, const char *filter, uint8_t qos) {
  (void)conn, (void)filter, (void)qos;
}

void tg_mqtt_conn_unsubscribe(tg_mqtt_conn_t *conn, const char *filter) {
  (void)conn, (void)filter;
}
