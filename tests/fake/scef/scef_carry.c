/* SPDX-License-Identifier: Apache-2.0 */
/* The fake SCEF's way down: delivery or config -> here -> relay and notify. See scef_carry.h. */

#include "tests/fake/scef/scef_carry.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_notify.h"
#include "tests/fake/scef/scef_relay.h"
#include "tests/fake/scef/scef_text.h"
#include "tests/fake/scef/scef_time.h"

enum { FINISHED_KEPT = 64 };

char *tg_scef_carry_link(const tg_scef_delivery_t *delivery) {
  return tg_scef_text_format("%s/downlink-data-deliveries/%s", delivery->config->link, delivery->id);
}

/* The transfer without what only we may say (readOnly members). */
struct json_object *tg_scef_carry_clean(struct json_object *transfer) {
  struct json_object *copy = tg_scef_json_copy(transfer);
  json_object_object_del(copy, "self");
  json_object_object_del(copy, "deliveryStatus");
  json_object_object_del(copy, "requestedRetransmissionTime");
  return copy;
}

struct json_object *tg_scef_carry_show(const tg_scef_delivery_t *delivery) {
  struct json_object *copy = tg_scef_json_copy(delivery->transfer);
  char *link = tg_scef_carry_link(delivery);
  tg_scef_json_put(copy, "self", link);
  tg_scef_json_put(copy, "deliveryStatus", delivery->status);
  free(link);
  return copy;
}

struct json_object *tg_scef_carry_pending(tg_scef_config_t *config) {
  struct json_object *list = json_object_new_array();
  for (tg_scef_delivery_t *d = config->deliveries; d != NULL; d = d->next) {
    if (d->stage != TG_SCEF_FINISHED) json_object_array_add(list, tg_scef_carry_show(d));
  }
  return list;
}

void tg_scef_carry_put_retry(struct json_object *object, int64_t ms) {
  if (ms < 0) return;
  char time[TG_SCEF_TIME_SIZE];
  tg_scef_time_format(tg_scef_time_wall() + ms, time);
  tg_scef_json_put(object, "requestedRetransmissionTime", time);
}

static void decode_data(tg_scef_delivery_t *delivery) {
  const char *text = tg_scef_json_string(delivery->transfer, "data");
  free(delivery->data);
  delivery->data = NULL;
  if (text == NULL || !tg_scef_text_b64_decode(text, strlen(text), &delivery->data, &delivery->size)) {
    delivery->size = 0; /* can't be: the schema check came first */
  }
}

/* Old finished resources go when there are too many; a client that asks later gets 404. */
static void forget_finished(tg_scef_config_t *config) {
  size_t finished = 0;
  for (tg_scef_delivery_t *d = config->deliveries; d != NULL; d = d->next) finished += d->stage == TG_SCEF_FINISHED;
  tg_scef_delivery_t **at = &config->deliveries;
  while (finished > FINISHED_KEPT) {
    while ((*at)->stage != TG_SCEF_FINISHED) at = &(*at)->next;
    tg_scef_delivery_t *old = *at;
    *at = old->next;
    tg_scef_state_free_delivery(old);
    finished--;
  }
}

static bool is_failure(const char *status) {
  return strncmp(status, "FAILURE", sizeof "FAILURE" - 1) == 0;
}

/* @return false where the data has to wait for a detached device */
static bool finish(tg_scef_delivery_t *delivery, const char *status) {
  tg_scef_device_t *device = delivery->config->device;
  bool failed = is_failure(status);
  tg_scef_loop_stop(&device->scef->loop, &delivery->release);
  if (!failed && !device->attached) {
    delivery->until_attached = true;
    return false;
  }
  tg_scef_loop_stop(&device->scef->loop, &delivery->latency);
  delivery->stage = TG_SCEF_FINISHED;
  if (!tg_scef_text_put(delivery->status, sizeof delivery->status, status)) delivery->status[0] = '\0';
  if (!failed) tg_scef_relay_send(device, delivery->data, delivery->size);
  int64_t retry = failed ? device->behave.retry_after : -1;
  tg_scef_notify_delivery(delivery, retry < 0 ? -1 : tg_scef_time_wall() + retry);
  return true;
}

static void on_release(void *arg) {
  tg_scef_delivery_t *delivery = arg;
  finish(delivery, delivery->config->device->behave.delivery_status);
  forget_finished(delivery->config);
}

static void on_latency(void *arg) {
  tg_scef_delivery_t *delivery = arg;
  finish(delivery, "FAILURE_TIMEOUT");
  forget_finished(delivery->config);
}

/* maximumLatency is the longest time the SCEF may hold the data; 0 is as good as absent once it is held. */
static void start_latency(tg_scef_delivery_t *delivery) {
  tg_scef_loop_t *loop = &delivery->config->device->scef->loop;
  int64_t seconds = tg_scef_json_int(delivery->transfer, "maximumLatency", 0);
  tg_scef_loop_stop(loop, &delivery->latency);
  delivery->latency.fire = on_latency;
  delivery->latency.arg = delivery;
  if (seconds > 0 && seconds < INT32_MAX) tg_scef_loop_start(loop, &delivery->latency, seconds * 1000);
}

static void start_release(tg_scef_delivery_t *delivery) {
  tg_scef_device_t *device = delivery->config->device;
  if (delivery->until_attached || device->behave.release_after < 0 || delivery->release.set) return;
  delivery->release.fire = on_release;
  delivery->release.arg = delivery;
  tg_scef_loop_start(&device->scef->loop, &delivery->release, device->behave.release_after);
}

static tg_scef_delivery_t *hold(tg_scef_config_t *config, struct json_object *transfer, const char *status) {
  tg_scef_delivery_t *delivery = tg_scef_text_alloc(sizeof *delivery);
  tg_scef_text_random_hex(delivery->id, sizeof delivery->id / 2);
  delivery->config = config;
  delivery->transfer = tg_scef_carry_clean(transfer);
  delivery->stage = strcmp(status, "SENDING") == 0 ? TG_SCEF_SENDING : TG_SCEF_PENDING;
  delivery->until_attached = !config->device->attached;
  if (!tg_scef_text_put(delivery->status, sizeof delivery->status, status)) delivery->status[0] = '\0';
  decode_data(delivery);
  tg_scef_delivery_t **end = &config->deliveries;
  while (*end != NULL) end = &(*end)->next;
  *end = delivery;
  start_latency(delivery);
  start_release(delivery);
  return delivery;
}

/* Sending without a resource of its own, answered with the final status. */
static void send_now(tg_scef_config_t *config, struct json_object *transfer) {
  const char *text = tg_scef_json_string(transfer, "data");
  uint8_t *data = NULL;
  size_t size = 0;
  if (text == NULL || !tg_scef_text_b64_decode(text, strlen(text), &data, &size)) return;
  tg_scef_relay_send(config->device, data, size);
  free(data);
}

static const char *option_of(const tg_scef_config_t *config, struct json_object *transfer) {
  const char *option = tg_scef_json_string(transfer, "pdnEstablishmentOption");
  if (option == NULL) option = tg_scef_json_string(config->body, "pdnEstablishmentOption");
  return option == NULL ? "WAIT_FOR_UE" : option;
}

/* A mode meant for so many downlinks ends with the last of them. */
static void use_up_mode(tg_scef_behave_t *behave) {
  if (behave->mode_count <= 0 || --behave->mode_count > 0) return;
  memcpy(behave->mode, "deliver", sizeof "deliver");
  behave->mode_count = -1;
}

/* The order of TS 23.682: the behaviour stands for MME and quota, then comes the PDN connection. */
static tg_scef_fate_t decide(tg_scef_config_t *config, struct json_object *transfer) {
  tg_scef_behave_t *behave = &config->device->behave;
  bool refused = strcmp(behave->mode, "refuse") == 0;
  if (refused || strcmp(behave->mode, "buffer") == 0) {
    use_up_mode(behave);
    if (!refused) return (tg_scef_fate_t){.kind = TG_SCEF_HELD, .word = behave->buffer_status};
    return (tg_scef_fate_t){
        .kind = TG_SCEF_REFUSED, .word = behave->refuse_cause, .status = (int)behave->refuse_status};
  }
  if (config->device->attached) return (tg_scef_fate_t){.kind = TG_SCEF_SENT, .word = behave->delivery_status};
  const char *option = option_of(config, transfer);
  if (strcmp(option, "INDICATE_ERROR") == 0) {
    return (tg_scef_fate_t){.kind = TG_SCEF_REFUSED, .word = "NO_PDN_CONNECTION", .status = 500};
  }
  bool trigger = strcmp(option, "SEND_TRIGGER") == 0;
  return (tg_scef_fate_t){.kind = TG_SCEF_HELD, .word = trigger ? "TRIGGERED" : "BUFFERING"};
}

tg_scef_fate_t tg_scef_carry_take(tg_scef_config_t *config, struct json_object *transfer) {
  tg_scef_fate_t fate = decide(config, transfer);
  if (fate.kind == TG_SCEF_HELD) fate.delivery = hold(config, transfer, fate.word);
  if (fate.kind == TG_SCEF_SENT && !is_failure(fate.word)) send_now(config, transfer);
  return fate;
}

void tg_scef_carry_replace(tg_scef_delivery_t *delivery, struct json_object *transfer) {
  json_object_put(delivery->transfer);
  delivery->transfer = tg_scef_carry_clean(transfer);
  decode_data(delivery);
  start_latency(delivery);
}

size_t tg_scef_carry_release(tg_scef_config_t *config, const char *status) {
  size_t count = 0;
  for (tg_scef_delivery_t *d = config->deliveries; d != NULL; d = d->next) {
    if (d->stage == TG_SCEF_FINISHED) continue;
    if (finish(d, status == NULL ? config->device->behave.delivery_status : status)) count++;
  }
  forget_finished(config);
  return count;
}

void tg_scef_carry_on_uplink(tg_scef_config_t *config) {
  bool all = config->device->behave.release_on_uplink;
  for (tg_scef_delivery_t *d = config->deliveries; d != NULL; d = d->next) {
    if (d->stage == TG_SCEF_FINISHED) continue;
    bool waited = d->until_attached;
    d->until_attached = false;
    bool buffered = strcmp(config->device->behave.mode, "buffer") == 0;
    if (all || (waited && !buffered)) finish(d, config->device->behave.delivery_status);
    else start_release(d);
  }
  forget_finished(config);
}
