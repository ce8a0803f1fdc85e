/* SPDX-License-Identifier: Apache-2.0 */
/* The fake SCEF's configurations: N1 to N5. See scef_config.h. */

#include "tests/fake/scef/scef_config.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/scef/scef_carry.h"
#include "tests/fake/scef/scef_check.h"
#include "tests/fake/scef/scef_delivery.h"
#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_notify.h"
#include "tests/fake/scef/scef_relay.h"
#include "tests/fake/scef/scef_text.h"
#include "tests/fake/scef/scef_time.h"

/* Members that are ours to say, or that are told apart from the stored rest. */
static const char *const NOT_STORED[] = {"self", "status", "maximumPacketSize", "niddDownlinkDataTransfers",
                                         "websockNotifConfig"};

struct json_object *tg_scef_config_show(tg_scef_config_t *config) {
  struct json_object *out = tg_scef_json_copy(config->body);
  tg_scef_json_put(out, "self", config->link);
  tg_scef_json_put(out, "status", "ACTIVE");
  json_object_object_add(out, "maximumPacketSize", json_object_new_int64(config->device->behave.max_packet));
  struct json_object *pending = tg_scef_carry_pending(config);
  if (json_object_array_length(pending) > 0) json_object_object_add(out, "niddDownlinkDataTransfers", pending);
  else json_object_put(pending); /* the schema's minItems is 1 */
  return out;
}

static void on_expiry(void *arg) {
  tg_scef_state_drop_config(arg);
}

void tg_scef_config_shorten(tg_scef_config_t *config, int64_t ms) {
  char time[TG_SCEF_TIME_SIZE];
  tg_scef_time_format(tg_scef_time_wall() + ms, time);
  tg_scef_json_put(config->body, "duration", time);
  config->expiry.fire = on_expiry;
  config->expiry.arg = config;
  tg_scef_loop_start(&config->device->scef->loop, &config->expiry, ms);
}

/* Grants the duration asked for, or what the network's policy makes of it. */
static void grant_duration(tg_scef_config_t *config) {
  tg_scef_loop_t *loop = &config->device->scef->loop;
  int64_t most = config->device->behave.max_duration;
  int64_t wall = 0;
  const char *text = tg_scef_json_string(config->body, "duration");
  bool asked = text != NULL && tg_scef_time_parse(text, &wall);
  int64_t left = wall - tg_scef_time_wall();
  tg_scef_loop_stop(loop, &config->expiry);
  if (most >= 0 && (!asked || left > most)) {
    tg_scef_config_shorten(config, most);
  } else if (asked) {
    config->expiry.fire = on_expiry;
    config->expiry.arg = config;
    tg_scef_loop_start(loop, &config->expiry, left);
  }
}

void tg_scef_config_list(tg_scef_t *scef, const char *scs, tg_scef_reply_t *reply) {
  struct json_object *list = json_object_new_array();
  for (tg_scef_config_t *config = scef->configs; config != NULL; config = config->next) {
    if (strcmp(config->scs, scs) == 0) json_object_array_add(list, tg_scef_config_show(config));
  }
  tg_scef_reply_json(reply, 200, list);
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

/* The common bits of two right-aligned hex strings (TS 29.500 §6.6.2), as long as the shorter one. */
static char *common_features(const char *asked, const char *ours) {
  size_t a = strlen(asked);
  size_t b = strlen(ours);
  size_t len = a < b ? a : b;
  char *out = tg_scef_text_alloc(len + 2);
  if (len == 0) out[0] = '0';
  for (size_t i = 0; i < len; i++) {
    out[i] = "0123456789abcdef"[hex_digit(asked[a - len + i]) & hex_digit(ours[b - len + i]) & 15];
  }
  return out;
}

static char *make_link(const tg_scef_t *scef, const char *host, const char *scs, const char *id) {
  char *segment = tg_scef_text_escape(scs);
  char *own = host == NULL ? tg_scef_text_format("127.0.0.1:%u", (unsigned)scef->http_port) : NULL;
  char *link = tg_scef_text_format("http://%s%s/3gpp-nidd/v1/%s/configurations/%s", host == NULL ? own : host,
                                   scef->options.prefix, segment, id);
  free(own);
  free(segment);
  return link;
}

/* Checks the transfers that came with the configuration: each alone, each for the same device. */
static void check_transfers(struct json_object *body, struct json_object *invalid) {
  struct json_object *transfers = json_object_object_get(body, "niddDownlinkDataTransfers");
  const char *owner = tg_scef_check_identity(body);
  size_t count = transfers == NULL ? 0 : json_object_array_length(transfers);
  for (size_t i = 0; i < count; i++) {
    char *base = tg_scef_text_format("/niddDownlinkDataTransfers/%zu", i);
    struct json_object *transfer = json_object_array_get_idx(transfers, i);
    struct json_object *wrong = tg_scef_check_body(TG_SCEF_TRANSFER, transfer, base);
    const char *id = tg_scef_check_identity(transfer);
    size_t found = json_object_array_length(wrong);
    for (size_t k = 0; k < found; k++) {
      json_object_array_add(invalid, json_object_get(json_object_array_get_idx(wrong, k)));
    }
    if (found == 0 && (id == NULL || owner == NULL || strcmp(id, owner) != 0)) {
      tg_scef_json_invalid(invalid, base, "externalId", "is not the identity of the configuration");
    }
    json_object_put(wrong);
    free(base);
  }
}

static bool check_create(struct json_object *body, tg_scef_reply_t *reply) {
  struct json_object *invalid = tg_scef_check_body(TG_SCEF_CONFIGURATION, body, "");
  if (json_object_array_length(invalid) == 0) check_transfers(body, invalid);
  if (json_object_array_length(invalid) > 0) {
    tg_scef_reply_invalid(reply, invalid);
    return false;
  }
  json_object_put(invalid);
  if (json_object_object_get(body, "externalGroupId") != NULL) {
    tg_scef_reply_problem(reply, 403, "GROUP_NOT_SUPPORTED", "this SCEF has no GroupMessageDelivery");
    return false;
  }
  return true;
}

static tg_scef_device_t *find_device(tg_scef_t *scef, const char *id, tg_scef_reply_t *reply) {
  tg_scef_device_t *device = tg_scef_state_find_device(scef, id);
  if (device == NULL && scef->options.auto_relay) {
    device = tg_scef_state_add_device(scef, id);
    if (!tg_scef_relay_open(device, 0)) {
      tg_scef_reply_problem(reply, 503, NULL, "no UDP port for the device");
      return NULL; /* it stays as a device without a relay */
    }
  }
  if (device == NULL) tg_scef_reply_problem(reply, 403, "USER_UNKNOWN", "no subscription has this identity");
  return device;
}

/* Stores the members; @return the transfers that came along, which the caller takes, or NULL */
static struct json_object *store_body(tg_scef_config_t *config, struct json_object *body) {
  const tg_scef_t *scef = config->device->scef;
  config->body = tg_scef_json_copy(body);
  struct json_object *transfers = json_object_get(json_object_object_get(config->body, "niddDownlinkDataTransfers"));
  for (size_t i = 0; i < sizeof NOT_STORED / sizeof NOT_STORED[0]; i++) {
    json_object_object_del(config->body, NOT_STORED[i]);
  }
  const char *asked = tg_scef_json_string(body, "supportedFeatures");
  if (asked != NULL) {
    char *common = common_features(asked, scef->options.features);
    tg_scef_json_put(config->body, "supportedFeatures", common);
    free(common);
  }
  return transfers;
}

static struct json_object *submit_all(tg_scef_config_t *config, struct json_object *transfers) {
  struct json_object *results = json_object_new_array();
  size_t count = json_object_array_length(transfers);
  for (size_t i = 0; i < count; i++) {
    json_object_array_add(results, tg_scef_delivery_submit(config, json_object_array_get_idx(transfers, i)));
  }
  return results;
}

void tg_scef_config_create(tg_scef_t *scef, const char *scs, const tg_scef_request_t *request, struct json_object *body,
                           tg_scef_reply_t *reply) {
  if (!check_create(body, reply)) return;
  tg_scef_device_t *device = find_device(scef, tg_scef_check_identity(body), reply);
  if (device == NULL) return;
  tg_scef_config_t *config = tg_scef_text_alloc(sizeof *config);
  tg_scef_text_random_hex(config->id, sizeof config->id / 2);
  config->device = device;
  config->scs = tg_scef_text_dup(scs, strlen(scs));
  config->link = make_link(scef, request->host, scs, config->id);
  config->next = scef->configs;
  scef->configs = config;
  struct json_object *transfers = store_body(config, body);
  grant_duration(config);
  struct json_object *results = transfers == NULL ? NULL : submit_all(config, transfers);
  struct json_object *answer = tg_scef_config_show(config);
  if (results != NULL) json_object_object_add(answer, "niddDownlinkDataTransfers", results);
  json_object_put(transfers);
  tg_scef_reply_json(reply, 201, answer);
  reply->location = tg_scef_text_dup(config->link, strlen(config->link));
  if (json_object_get_boolean(json_object_object_get(config->body, "requestTestNotification"))) {
    tg_scef_notify_test(config);
  }
}

void tg_scef_config_read(tg_scef_config_t *config, tg_scef_reply_t *reply) {
  tg_scef_reply_json(reply, 200, tg_scef_config_show(config));
}

void tg_scef_config_patch(tg_scef_config_t *config, struct json_object *patch, tg_scef_reply_t *reply) {
  struct json_object *invalid = tg_scef_check_body(TG_SCEF_CONFIGURATION_PATCH, patch, "");
  if (json_object_array_length(invalid) > 0) {
    tg_scef_reply_invalid(reply, invalid);
    return;
  }
  json_object_put(invalid);
  static const char *const MEMBERS[] = {"duration", "reliableDataService", "rdsPorts", "pdnEstablishmentOption",
                                        "notificationDestination"};
  for (size_t i = 0; i < sizeof MEMBERS / sizeof MEMBERS[0]; i++) {
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(patch, MEMBERS[i], &value)) continue;
    if (value == NULL) json_object_object_del(config->body, MEMBERS[i]);
    else json_object_object_add(config->body, MEMBERS[i], tg_scef_json_copy(value));
  }
  if (json_object_object_get_ex(patch, "duration", NULL)) grant_duration(config);
  if (config->device->behave.no_content) tg_scef_reply_empty(reply, 204);
  else tg_scef_config_read(config, reply);
}

void tg_scef_config_delete(tg_scef_config_t *config, tg_scef_reply_t *reply) {
  tg_scef_state_drop_config(config);
  tg_scef_reply_empty(reply, 204);
}
