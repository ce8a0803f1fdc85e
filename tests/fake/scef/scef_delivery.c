/* SPDX-License-Identifier: Apache-2.0 */
/* The fake SCEF's way down: deliver now, hold, or refuse; N6 to N11. See scef_delivery.h. */

#include "tests/fake/scef/scef_delivery.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/scef/scef_check.h"
#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_notify.h"
#include "tests/fake/scef/scef_relay.h"
#include "tests/fake/scef/scef_text.h"
#include "tests/fake/scef/scef_time.h"

enum { FINISHED_KEPT = 64 };

/* What the network does with one downlink. */
typedef enum fate { FATE_SENT, FATE_HELD, FATE_REFUSED } fate_t;

static bool starts_with(const char *text, const char *start) {
  return strncmp(text, start, strlen(start)) == 0;
}

static char *link_of(const tg_scef_delivery_t *delivery) {
  return tg_scef_text_format("%s/downlink-data-deliveries/%s", delivery->config->link, delivery->id);
}

/* The transfer without what only we may say (readOnly members). */
static struct json_object *clean_copy(struct json_object *transfer) {
  struct json_object *copy = tg_scef_json_copy(transfer);
  json_object_object_del(copy, "self");
  json_object_object_del(copy, "deliveryStatus");
  json_object_object_del(copy, "requestedRetransmissionTime");
  return copy;
}

static struct json_object *show(const tg_scef_delivery_t *delivery) {
  struct json_object *copy = tg_scef_json_copy(delivery->transfer);
  char *link = link_of(delivery);
  tg_scef_json_put(copy, "self", link);
  tg_scef_json_put(copy, "deliveryStatus", delivery->status);
  free(link);
  return copy;
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

static void finish(tg_scef_delivery_t *delivery, const char *status) {
  tg_scef_device_t *device = delivery->config->device;
  tg_scef_loop_stop(&device->scef->loop, &delivery->release);
  tg_scef_loop_stop(&device->scef->loop, &delivery->latency);
  delivery->stage = TG_SCEF_FINISHED;
  if (!tg_scef_text_put(delivery->status, sizeof delivery->status, status)) delivery->status[0] = '\0';
  bool failed = starts_with(status, "FAILURE");
  if (!failed) tg_scef_relay_send(device, delivery->data, delivery->size);
  int64_t retry = failed ? device->behave.retry_after : -1;
  tg_scef_notify_delivery(delivery, retry < 0 ? -1 : tg_scef_time_wall() + retry);
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
  delivery->transfer = clean_copy(transfer);
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

/* The order of TS 23.682: the behaviour stands for MME and quota, then comes the PDN connection. */
static fate_t decide(tg_scef_config_t *config, struct json_object *transfer, const char **word) {
  tg_scef_behave_t *behave = &config->device->behave;
  fate_t fate = strcmp(behave->mode, "refuse") == 0 ? FATE_REFUSED : FATE_SENT;
  *word = fate == FATE_REFUSED ? behave->refuse_cause : behave->delivery_status;
  if (strcmp(behave->mode, "buffer") == 0) {
    fate = FATE_HELD;
    *word = behave->buffer_status;
  }
  if (fate != FATE_SENT) {
    if (behave->mode_count > 0 && --behave->mode_count == 0) {
      memcpy(behave->mode, "deliver", sizeof "deliver");
      behave->mode_count = -1;
    }
    return fate;
  }
  if (config->device->attached) return FATE_SENT;
  const char *option = option_of(config, transfer);
  if (strcmp(option, "INDICATE_ERROR") == 0) {
    *word = "NO_PDN_CONNECTION";
    return FATE_REFUSED;
  }
  *word = strcmp(option, "SEND_TRIGGER") == 0 ? "TRIGGERED" : "BUFFERING";
  return FATE_HELD;
}

static bool has_port(struct json_object *ports, struct json_object *port) {
  size_t count = json_object_array_length(ports);
  for (size_t i = 0; i < count; i++) {
    struct json_object *known = json_object_array_get_idx(ports, i);
    if (tg_scef_json_int(known, "portUE", -1) == tg_scef_json_int(port, "portUE", -2) &&
        tg_scef_json_int(known, "portSCEF", -1) == tg_scef_json_int(port, "portSCEF", -2)) {
      return true;
    }
  }
  return false;
}

/* 403 for what the configuration doesn't allow (§4.4.5.3.1). @return false where the answer is given */
static bool check_limits(tg_scef_config_t *config, struct json_object *transfer, tg_scef_reply_t *reply) {
  uint8_t *data = NULL;
  size_t size = 0;
  const char *text = tg_scef_json_string(transfer, "data");
  if (text != NULL && tg_scef_text_b64_decode(text, strlen(text), &data, &size)) free(data);
  if ((int64_t)size * 8 > config->device->behave.max_packet) {
    tg_scef_reply_problem(reply, 403, "DATA_TOO_LARGE", "data is larger than maximumPacketSize");
    return false;
  }
  struct json_object *port = json_object_object_get(transfer, "rdsPort");
  struct json_object *ports = json_object_object_get(config->body, "rdsPorts");
  if (port != NULL && (ports == NULL || !has_port(ports, port))) {
    tg_scef_reply_problem(reply, 403, "RDS_PORT_UNKNOWN", "the port pair is not in the configuration's rdsPorts");
    return false;
  }
  return true;
}

static bool check_whole(tg_scef_config_t *config, struct json_object *transfer, tg_scef_reply_t *reply) {
  struct json_object *invalid = tg_scef_check_body(TG_SCEF_TRANSFER, transfer, "");
  const char *id = tg_scef_check_identity(transfer);
  if (json_object_array_length(invalid) == 0 && (id == NULL || strcmp(id, config->device->id) != 0)) {
    tg_scef_json_invalid(invalid, "", "externalId", "is not the identity of the configuration");
  }
  if (json_object_array_length(invalid) > 0) {
    tg_scef_reply_invalid(reply, invalid);
    return false;
  }
  json_object_put(invalid);
  return check_limits(config, transfer, reply);
}

static struct json_object *put_retry(struct json_object *object, int64_t retry_after) {
  if (retry_after >= 0) {
    char time[TG_SCEF_TIME_SIZE];
    tg_scef_time_format(tg_scef_time_wall() + retry_after, time);
    tg_scef_json_put(object, "requestedRetransmissionTime", time);
  }
  return object;
}

static void refuse(const tg_scef_behave_t *behave, const char *cause, tg_scef_reply_t *reply) {
  int status = (int)behave->refuse_status;
  if (status != 500) {
    tg_scef_reply_problem(reply, status, cause, "refused by the network");
    if (behave->retry_after >= 0) reply->retry_after = (behave->retry_after + 999) / 1000;
    return;
  }
  /* Unlike all others, this body goes as plain application/json (TS 29.122 A.6, operation N7). */
  struct json_object *failure = json_object_new_object();
  json_object_object_add(failure, "problemDetail", tg_scef_reply_details(500, cause, "refused by the network"));
  tg_scef_reply_json(reply, 500, put_retry(failure, behave->retry_after));
}

void tg_scef_delivery_create(tg_scef_config_t *config, struct json_object *transfer, tg_scef_reply_t *reply) {
  if (!check_whole(config, transfer, reply)) return;
  const char *word = NULL;
  fate_t fate = decide(config, transfer, &word);
  if (fate == FATE_REFUSED) {
    refuse(&config->device->behave, word, reply);
  } else if (fate == FATE_HELD) {
    tg_scef_delivery_t *delivery = hold(config, transfer, word);
    tg_scef_reply_json(reply, 201, show(delivery));
    reply->location = link_of(delivery);
  } else {
    send_now(config, transfer);
    struct json_object *answer = clean_copy(transfer);
    tg_scef_json_put(answer, "deliveryStatus", word);
    tg_scef_reply_json(reply, 200, answer);
  }
}

struct json_object *tg_scef_delivery_submit(tg_scef_config_t *config, struct json_object *transfer) {
  const char *word = NULL;
  fate_t fate = decide(config, transfer, &word);
  if (fate == FATE_HELD) return show(hold(config, transfer, word));
  if (fate == FATE_SENT) send_now(config, transfer);
  struct json_object *answer = clean_copy(transfer);
  tg_scef_json_put(answer, "deliveryStatus", fate == FATE_SENT ? word : "FAILURE_TEMPORARILY_NOT_REACHABLE");
  return fate == FATE_SENT ? answer : put_retry(answer, config->device->behave.retry_after);
}

tg_scef_delivery_t *tg_scef_delivery_find(tg_scef_config_t *config, const char *id) {
  tg_scef_delivery_t *delivery = config->deliveries;
  while (delivery != NULL && strcmp(delivery->id, id) != 0) delivery = delivery->next;
  return delivery;
}

struct json_object *tg_scef_delivery_pending(tg_scef_config_t *config) {
  struct json_object *list = json_object_new_array();
  for (tg_scef_delivery_t *d = config->deliveries; d != NULL; d = d->next) {
    if (d->stage != TG_SCEF_FINISHED) json_object_array_add(list, show(d));
  }
  return list;
}

void tg_scef_delivery_list(tg_scef_config_t *config, tg_scef_reply_t *reply) {
  tg_scef_reply_json(reply, 200, tg_scef_delivery_pending(config));
}

void tg_scef_delivery_read(tg_scef_delivery_t *delivery, tg_scef_reply_t *reply) {
  tg_scef_reply_json(reply, 200, show(delivery));
}

/* @return false with 409 where it is too late */
static bool check_pending(const tg_scef_delivery_t *delivery, tg_scef_reply_t *reply) {
  if (delivery->stage == TG_SCEF_PENDING) return true;
  bool sending = delivery->stage == TG_SCEF_SENDING;
  tg_scef_reply_problem(reply, 409, sending ? "SENDING" : "ALREADY_DELIVERED", "the data has left the SCEF");
  return false;
}

static struct json_object *merged(const tg_scef_delivery_t *delivery, struct json_object *patch) {
  struct json_object *whole = tg_scef_json_copy(delivery->transfer);
  json_object_object_foreach(patch, name, value) {
    json_object_object_add(whole, name, tg_scef_json_copy(value));
  }
  return whole;
}

static void replace(tg_scef_delivery_t *delivery, struct json_object *whole, tg_scef_reply_t *reply) {
  json_object_put(delivery->transfer);
  delivery->transfer = clean_copy(whole);
  decode_data(delivery);
  start_latency(delivery);
  if (delivery->config->device->behave.no_content)
    tg_scef_reply_empty(reply, 204);
  else
    tg_scef_reply_json(reply, 200, show(delivery));
}

void tg_scef_delivery_change(tg_scef_delivery_t *delivery, struct json_object *transfer, bool whole,
                             tg_scef_reply_t *reply) {
  struct json_object *invalid = tg_scef_check_body(whole ? TG_SCEF_TRANSFER : TG_SCEF_TRANSFER_PATCH, transfer, "");
  if (json_object_array_length(invalid) > 0) {
    tg_scef_reply_invalid(reply, invalid);
    return;
  }
  json_object_put(invalid);
  struct json_object *next = whole ? tg_scef_json_copy(transfer) : merged(delivery, transfer);
  if (check_whole(delivery->config, next, reply) && check_pending(delivery, reply)) replace(delivery, next, reply);
  json_object_put(next);
}

void tg_scef_delivery_delete(tg_scef_delivery_t *delivery, tg_scef_reply_t *reply) {
  if (!check_pending(delivery, reply)) return;
  tg_scef_delivery_t **at = &delivery->config->deliveries;
  while (*at != delivery) at = &(*at)->next;
  *at = delivery->next;
  tg_scef_state_free_delivery(delivery);
  tg_scef_reply_empty(reply, 204);
}

size_t tg_scef_delivery_release(tg_scef_config_t *config, const char *status) {
  size_t count = 0;
  for (tg_scef_delivery_t *d = config->deliveries; d != NULL; d = d->next) {
    if (d->stage == TG_SCEF_FINISHED) continue;
    finish(d, status == NULL ? config->device->behave.delivery_status : status);
    count++;
  }
  forget_finished(config);
  return count;
}

void tg_scef_delivery_on_uplink(tg_scef_config_t *config) {
  bool all = config->device->behave.release_on_uplink;
  for (tg_scef_delivery_t *d = config->deliveries; d != NULL; d = d->next) {
    if (d->stage == TG_SCEF_FINISHED) continue;
    bool waited = d->until_attached;
    d->until_attached = false;
    bool buffered = strcmp(config->device->behave.mode, "buffer") == 0;
    if (all || (waited && !buffered))
      finish(d, config->device->behave.delivery_status);
    else
      start_release(d);
  }
  forget_finished(config);
}
