/* SPDX-License-Identifier: Apache-2.0 */
/* The fake SCEF's levers: a table of named requests. See scef_control.h. */

#include "tests/fake/scef/scef_control.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/scef/scef_carry.h"
#include "tests/fake/scef/scef_check.h"
#include "tests/fake/scef/scef_config.h"
#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_notify.h"
#include "tests/fake/scef/scef_oauth.h"
#include "tests/fake/scef/scef_relay.h"
#include "tests/fake/scef/scef_text.h"

/* One request being carried out. */
typedef struct order {
  tg_scef_t *scef;
  struct json_object *body;   /* borrowed */
  tg_scef_device_t *device;   /* NULL: all */
  struct json_object *result; /* answer so far */
  tg_scef_reply_t *reply;     /* used for errors only */
} order_t;

static bool fail(order_t *order, int status, const char *detail) {
  tg_scef_reply_problem(order->reply, status, NULL, detail);
  return false;
}

static void put_count(order_t *order, size_t count) {
  json_object_object_add(order->result, "count", json_object_new_int64((int64_t)count));
}

static bool is_meant(const order_t *order, const tg_scef_device_t *device) {
  return order->device == NULL || order->device == device;
}

/* Runs @p act on each configuration that is meant; the act may remove it. */
static bool each_config(order_t *order, void (*act)(order_t *, tg_scef_config_t *)) {
  size_t count = 0;
  for (tg_scef_config_t *config = order->scef->configs; config != NULL;) {
    tg_scef_config_t *next = config->next;
    if (is_meant(order, config->device)) {
      act(order, config);
      count++;
    }
    config = next;
  }
  put_count(order, count);
  return true;
}

static bool do_set(order_t *order) {
  struct json_object *patch = json_object_object_get(order->body, "behaviour");
  if (!json_object_is_type(patch, json_type_object)) return fail(order, 400, "set needs an object, behaviour");
  struct json_object *invalid = json_object_new_array();
  tg_scef_behave_t probe = order->scef->options.behave;
  if (!tg_scef_behave_apply(&probe, patch, invalid)) {
    tg_scef_reply_invalid(order->reply, invalid);
    return false;
  }
  if (order->device == NULL) order->scef->options.behave = probe; /* for devices to come as well */
  size_t count = 0;
  for (tg_scef_device_t *device = order->scef->devices; device != NULL; device = device->next) {
    if (is_meant(order, device) && tg_scef_behave_apply(&device->behave, patch, invalid)) count++;
  }
  json_object_put(invalid);
  put_count(order, count);
  return true;
}

static bool do_reset(order_t *order) {
  size_t count = 0;
  if (order->device == NULL) tg_scef_behave_init(&order->scef->options.behave);
  for (tg_scef_device_t *device = order->scef->devices; device != NULL; device = device->next) {
    if (!is_meant(order, device)) continue;
    tg_scef_behave_init(&device->behave);
    count++;
  }
  order->scef->outage.count = 0;
  put_count(order, count);
  return true;
}

static bool do_release(order_t *order) {
  size_t count = 0;
  const char *status = tg_scef_json_string(order->body, "deliveryStatus");
  if (status != NULL && strlen(status) >= TG_SCEF_WORD) return fail(order, 400, "deliveryStatus is too long");
  for (tg_scef_config_t *config = order->scef->configs; config != NULL; config = config->next) {
    if (is_meant(order, config->device)) count += tg_scef_carry_release(config, status);
  }
  put_count(order, count);
  return true;
}

static void drop(order_t *order, tg_scef_config_t *config) {
  (void)order;
  tg_scef_state_drop_config(config);
}

static bool do_drop(order_t *order) {
  return each_config(order, drop);
}

static void terminate(order_t *order, tg_scef_config_t *config) {
  const char *status = tg_scef_json_string(order->body, "status");
  tg_scef_notify_configuration(config, status);
  bool keep = json_object_get_boolean(json_object_object_get(order->body, "keep"));
  if (strncmp(status, "TERMINATED", 10) == 0 && !keep) tg_scef_state_drop_config(config);
}

static bool do_status(order_t *order) {
  if (tg_scef_json_string(order->body, "status") == NULL) return fail(order, 400, "status needs a string, status");
  return each_config(order, terminate);
}

static void shorten(order_t *order, tg_scef_config_t *config) {
  tg_scef_config_shorten(config, tg_scef_json_int(order->body, "ms", 0));
}

static bool do_shorten(order_t *order) {
  int64_t ms = tg_scef_json_int(order->body, "ms", -1);
  if (ms < 0 || ms > INT32_MAX) return fail(order, 400, "shorten needs ms, the time left");
  return each_config(order, shorten);
}

static void test(order_t *order, tg_scef_config_t *config) {
  (void)order;
  tg_scef_notify_test(config);
}

static bool do_test(order_t *order) {
  return each_config(order, test);
}

static bool do_relay(order_t *order) {
  const char *id = tg_scef_json_string(order->body, "device");
  int64_t port = tg_scef_json_int(order->body, "port", 0);
  if (id == NULL || !tg_scef_check_is_identity(id)) return fail(order, 400, "device must be local@domain or digits");
  if (port < 0 || port > 65535) return fail(order, 400, "port must be 0 to 65535");
  tg_scef_device_t *device = order->device;
  if (device == NULL) device = tg_scef_state_add_device(order->scef, id);
  if (device->fd < 0 && !tg_scef_relay_open(device, (uint16_t)port)) {
    return fail(order, errno == EADDRINUSE || errno == EACCES ? 409 : 500, strerror(errno));
  }
  tg_scef_json_put(order->result, "externalId", device->id);
  json_object_object_add(order->result, "port", json_object_new_int(device->port));
  return true;
}

static bool do_detach(order_t *order) {
  size_t count = 0;
  for (tg_scef_device_t *device = order->scef->devices; device != NULL; device = device->next) {
    if (!is_meant(order, device)) continue;
    device->attached = false;
    count++;
  }
  put_count(order, count);
  return true;
}

static bool do_uplink(order_t *order) {
  uint8_t *data = NULL;
  size_t size = 0;
  const char *text = tg_scef_json_string(order->body, "data");
  if (order->device == NULL) return fail(order, 400, "uplink needs a device");
  if (text == NULL || !tg_scef_text_b64_decode(text, strlen(text), &data, &size)) {
    return fail(order, 400, "uplink needs data, base64");
  }
  order->scef->on_uplink(order->device, data, size);
  free(data);
  return true;
}

static bool do_fail(order_t *order) {
  int64_t status = tg_scef_json_int(order->body, "status", 503);
  int64_t count = tg_scef_json_int(order->body, "count", 1);
  if (status < 400 || status > 599) return fail(order, 400, "status must be 400 to 599");
  if (count < -1 || count > INT32_MAX) return fail(order, 400, "count must be -1 or more");
  order->scef->outage.count = count;
  order->scef->outage.status = (int)status;
  order->scef->outage.retry_after = tg_scef_json_int(order->body, "retryAfter", -1);
  return true;
}

static bool do_revoke(order_t *order) {
  tg_scef_oauth_revoke(order->scef);
  return true;
}

static const struct {
  const char *name;
  bool (*run)(order_t *order);
} ORDERS[] = {
    {"set", do_set},       {"reset", do_reset},     {"release", do_release}, {"drop", do_drop},
    {"status", do_status}, {"shorten", do_shorten}, {"test", do_test},       {"relay", do_relay},
    {"detach", do_detach}, {"uplink", do_uplink},   {"fail", do_fail},       {"revoke", do_revoke},
};

static bool run_order(order_t *order) {
  if (!json_object_is_type(order->body, json_type_object)) return fail(order, 400, "a request must be an object");
  const char *op = tg_scef_json_string(order->body, "op");
  const char *id = tg_scef_json_string(order->body, "device");
  if (op == NULL) return fail(order, 400, "a request needs a string, op");
  order->device = id == NULL ? NULL : tg_scef_state_find_device(order->scef, id);
  if (id != NULL && order->device == NULL && strcmp(op, "relay") != 0) return fail(order, 404, "no such device");
  for (size_t i = 0; i < sizeof ORDERS / sizeof ORDERS[0]; i++) {
    if (strcmp(ORDERS[i].name, op) == 0) return ORDERS[i].run(order);
  }
  return fail(order, 400, "op is unknown");
}

/* Carries out one request; the caller takes the result. NULL with the error in @p reply. */
static struct json_object *run_one(tg_scef_t *scef, struct json_object *body, tg_scef_reply_t *reply) {
  order_t order = {.scef = scef, .body = body, .reply = reply, .result = json_object_new_object()};
  if (run_order(&order)) return order.result;
  json_object_put(order.result);
  return NULL;
}

static struct json_object *run_all(tg_scef_t *scef, struct json_object *list, tg_scef_reply_t *reply) {
  struct json_object *results = json_object_new_array();
  size_t count = json_object_array_length(list);
  for (size_t i = 0; i < count; i++) {
    struct json_object *result = run_one(scef, json_object_array_get_idx(list, i), reply);
    if (result == NULL) { /* what came before stays done */
      json_object_put(results);
      return NULL;
    }
    json_object_array_add(results, result);
  }
  return results;
}

void tg_scef_control_run(tg_scef_t *scef, const char *text, size_t len, tg_scef_reply_t *reply) {
  struct json_object *body = tg_scef_json_parse(text, len);
  struct json_object *result = NULL;
  if (body == NULL) {
    tg_scef_reply_problem(reply, 400, NULL, "the body is no JSON");
    return;
  }
  if (json_object_is_type(body, json_type_array)) result = run_all(scef, body, reply);
  else result = run_one(scef, body, reply);
  json_object_put(body);
  if (result != NULL) tg_scef_reply_json(reply, 200, result);
}

static void put_number(struct json_object *object, const char *name, uint64_t number) {
  json_object_object_add(object, name, json_object_new_uint64(number));
}

static struct json_object *show_device(const tg_scef_device_t *device) {
  const tg_scef_counts_t *counts = &device->counts;
  struct json_object *out = json_object_new_object();
  tg_scef_json_put(out, "device", device->id);
  put_number(out, "port", device->port);
  json_object_object_add(out, "attached", json_object_new_boolean(device->attached));
  put_number(out, "notificationsWaiting", device->queued);
  put_number(out, "notificationsSent", counts->notes_sent);
  put_number(out, "notificationsRetried", counts->notes_retried);
  put_number(out, "notificationsRejected", counts->notes_rejected);
  put_number(out, "notificationsOverflow", counts->notes_overflow);
  put_number(out, "uplinks", counts->uplinks);
  put_number(out, "uplinksLost", counts->uplinks_lost);
  put_number(out, "uplinksUnconfigured", counts->uplinks_unconfigured);
  put_number(out, "uplinksTooLarge", counts->uplinks_too_large);
  put_number(out, "downlinks", counts->downlinks);
  put_number(out, "downlinksLost", counts->downlinks_lost);
  json_object_object_add(out, "behaviour", tg_scef_behave_show(&device->behave));
  return out;
}

void tg_scef_control_show(tg_scef_t *scef, tg_scef_reply_t *reply) {
  struct json_object *out = json_object_new_object();
  struct json_object *devices = json_object_new_array();
  struct json_object *configs = json_object_new_array();
  for (tg_scef_device_t *device = scef->devices; device != NULL; device = device->next) {
    json_object_array_add(devices, show_device(device));
  }
  for (tg_scef_config_t *config = scef->configs; config != NULL; config = config->next) {
    json_object_array_add(configs, tg_scef_config_show(config));
  }
  json_object_object_add(out, "devices", devices);
  json_object_object_add(out, "configurations", configs);
  tg_scef_reply_json(reply, 200, out);
}
