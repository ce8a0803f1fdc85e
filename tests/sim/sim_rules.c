/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of tests/sim under sim_gateway.c: see sim_rules.h. */

#include "tests/sim/sim_rules.h"

#include <stdio.h>

#include "tests/sim/sim_ledger.h"
#include "tests/sim/sim_net.h"

enum { TELEMETRY, RESULT = 3 };

static tg_gateway_parts_t parts;

static uint32_t digits(tg_slice_t text) {
  uint32_t number = 0;
  for (size_t i = 0; i < text.len && text.p[i] >= '0' && text.p[i] <= '9'; i++)
    number = number * 10 + (uint32_t)(text.p[i] - '0');
  return number;
}

uint32_t sim_rules_node(tg_slice_t ep) {
  tg_slice_t rest = ep;
  (void)tg_slice_take(&rest, '-');
  uint32_t node = digits(rest);
  return node < SIM_NET_NODES ? node : 0;
}

uint32_t sim_rules_number(tg_slice_t tag) {
  return digits(tag);
}

static void publish(const sim_word_t *word, uint8_t shed_class) {
  const tg_mqtt_publish_t message = {.topic = tg_slice_str("sim"),
                                     .payload = tg_slice(word, sizeof *word),
                                     .qos = 1,
                                     .durable = true,
                                     .shed_class = shed_class};
  tg_rc_t rc = tg_mqtt_publish(parts.mqtt, &message);
  sim_trace("gateway publishes %c %u of device %u with ticket %u: %s", word->kind, word->number, word->node,
            (unsigned)tg_store_ticket(parts.store), tg_rc_name(rc));
}

static void on_records(const tg_event_t *event) {
  const tg_path_t reading = tg_path(3, 3303, 0, 5700);
  for (size_t i = 0; i < event->records.count; i++) {
    const tg_record_t *record = &event->records.items[i];
    if (!tg_path_eq(&record->path, &reading) || record->value.type != TG_TYPE_FLOAT || record->value.f < 1) continue;
    sim_word_t word;
    memset(&word, 0, sizeof word);
    word.kind = 'v';
    word.node = sim_rules_node(event->ep);
    word.number = (uint32_t)record->value.f;
    publish(&word, TELEMETRY);
  }
}

static void publish_result(uint32_t node, uint32_t number, uint8_t state) {
  sim_word_t word;
  memset(&word, 0, sizeof word);
  word.kind = 'r';
  word.state = state;
  word.node = node;
  word.number = number;
  sim_trace("gateway: command %u state %u", number, state);
  publish(&word, RESULT);
}

static void on_event(void *ud, const tg_event_t *event) {
  (void)ud;
  if (event->type == TG_EVENT_RECORDS) {
    on_records(event);
    return;
  }
  uint32_t number = sim_rules_number(event->command.tag);
  if (number) publish_result(sim_rules_node(event->ep), number, (uint8_t)event->command.state);
}

typedef struct search {
  uint32_t node;
  tg_id_t found;
} search_t;

static bool is_it(void *ud, const tg_device_t *device) {
  search_t *search = ud;
  if (sim_rules_node(tg_slice_str(device->ep)) != search->node) return true;
  search->found = device->id;
  return false;
}

static tg_id_t find_device(const sim_order_t *order) {
  search_t search = {.node = order->node, .found = TG_ID_NONE};
  tg_twin_each(parts.twin, is_it, &search);
  return search.found;
}

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud, (void)command, (void)result; /* told as events */
}

static tg_rc_t submit(const sim_order_t *order) {
  char tag[16], text[24];
  int tag_len = snprintf(tag, sizeof tag, "%u", order->number);
  int text_len = snprintf(text, sizeof text, "0='%u'", order->number);
  tg_record_t record = {.path = tg_path(3, 33001, (uint16_t)order->number, 1),
                        .value = {.type = TG_TYPE_INTEGER, .i = order->number}};
  tg_command_t command = {.device = find_device(order),
                          .op = (tg_op_t)order->op,
                          .path = tg_path(3, 3303, 0, 5700),
                          .content_format = -1,
                          .timeout_s = order->timeout_s,
                          .priority = 1,
                          .tag = tg_slice(tag, (size_t)tag_len),
                          .durable = order->durable,
                          .retry = order->retry};
  if (order->op == TG_OP_EXECUTE) {
    command.path = tg_path(3, 3, 0, 4);
    command.text = tg_slice(text, (size_t)text_len);
  } else if (order->op == TG_OP_CREATE || order->op == TG_OP_DELETE) {
    command.path = tg_path(2, 33001, (uint16_t)order->number, 0);
  } else if (order->op == TG_OP_ATTRIBUTES) {
    command.text = tg_slice_str("pmin=5");
  } else if (order->op == TG_OP_WRITE) {
    if (order->replaces) command.replace_key = tg_slice_str("write");
    record.path = command.path = tg_path(3, 3303, 0, 5750);
    record.value = (tg_value_t){.type = TG_TYPE_STRING, .s = tg_slice(tag, (size_t)tag_len)};
  }
  if (order->op == TG_OP_CREATE || order->op == TG_OP_WRITE) {
    command.records = &record;
    command.record_count = 1;
  }
  tg_id_t id;
  return tg_twin_submit(parts.twin, &command, on_done, NULL, &id);
}

void sim_rules_on_message(void *ud, const tg_mqtt_incoming_t *message) {
  (void)ud;
  sim_order_t order;
  if (!parts.twin || message->payload.len != sizeof order) return;
  memcpy(&order, message->payload.p, sizeof order);
  tg_rc_t rc = submit(&order);
  sim_trace("gateway: command %u (%s) for device %u: %s", order.number, tg_twin_op_name((tg_op_t)order.op), order.node,
            tg_rc_name(rc));
  if (rc == TG_OK) sim_ledger_taken(order.number);
  else publish_result(order.node, order.number, SIM_WORD_REFUSED);
}

void sim_rules_begin(tg_gateway_t *gateway) {
  parts = tg_gateway_parts(gateway);
  uint32_t mask = 1U << TG_EVENT_RECORDS | 1U << TG_EVENT_COMMAND;
  if (tg_event_subscribe(parts.events, mask, on_event, NULL) != TG_OK) sim_fail("events can't be subscribed to");
}

void sim_rules_end(void) {
  parts.twin = NULL;
}
