/* SPDX-License-Identifier: Apache-2.0 */
/* The fake SCEF's way down: requests N6 to N11 -> check -> carry. See scef_delivery.h. */

#include "tests/fake/scef/scef_delivery.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/scef/scef_carry.h"
#include "tests/fake/scef/scef_check.h"
#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_text.h"

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

static struct json_object *with_status(struct json_object *transfer, const char *status) {
  struct json_object *answer = tg_scef_carry_clean(transfer);
  tg_scef_json_put(answer, "deliveryStatus", status);
  return answer;
}

static void refuse(const tg_scef_fate_t *fate, int64_t retry_after, tg_scef_reply_t *reply) {
  static const char DETAIL[] = "refused by the network";
  if (fate->status != 500) {
    tg_scef_reply_problem(reply, fate->status, fate->word, DETAIL);
    if (retry_after >= 0) reply->retry_after = (retry_after + 999) / 1000;
    return;
  }
  /* Unlike all others, this body goes as plain application/json (operation N7). */
  struct json_object *failure = json_object_new_object();
  json_object_object_add(failure, "problemDetail", tg_scef_reply_details(500, fate->word, DETAIL));
  tg_scef_carry_put_retry(failure, retry_after);
  tg_scef_reply_json(reply, 500, failure);
}

void tg_scef_delivery_create(tg_scef_config_t *config, struct json_object *transfer, tg_scef_reply_t *reply) {
  if (!check_whole(config, transfer, reply)) return;
  tg_scef_fate_t fate = tg_scef_carry_take(config, transfer);
  if (fate.kind == TG_SCEF_REFUSED) {
    refuse(&fate, config->device->behave.retry_after, reply);
  } else if (fate.kind == TG_SCEF_HELD) {
    struct json_object *held = tg_scef_carry_show(fate.delivery);
    tg_scef_carry_put_retry(held, config->device->behave.retry_after);
    tg_scef_reply_json(reply, 201, held);
    reply->location = tg_scef_carry_link(fate.delivery);
  } else {
    tg_scef_reply_json(reply, 200, with_status(transfer, fate.word));
  }
}

struct json_object *tg_scef_delivery_submit(tg_scef_config_t *config, struct json_object *transfer) {
  tg_scef_reply_t unused = {0};
  bool allowed = check_limits(config, transfer, &unused);
  tg_scef_reply_fini(&unused);
  if (!allowed) return with_status(transfer, "FAILURE");
  tg_scef_fate_t fate = tg_scef_carry_take(config, transfer);
  if (fate.kind == TG_SCEF_HELD) return tg_scef_carry_show(fate.delivery);
  if (fate.kind == TG_SCEF_SENT) return with_status(transfer, fate.word);
  struct json_object *answer = with_status(transfer, "FAILURE_TEMPORARILY_NOT_REACHABLE");
  tg_scef_carry_put_retry(answer, config->device->behave.retry_after);
  return answer;
}

tg_scef_delivery_t *tg_scef_delivery_find(tg_scef_config_t *config, const char *id) {
  tg_scef_delivery_t *delivery = config->deliveries;
  while (delivery != NULL && strcmp(delivery->id, id) != 0) delivery = delivery->next;
  return delivery;
}

void tg_scef_delivery_list(tg_scef_config_t *config, tg_scef_reply_t *reply) {
  tg_scef_reply_json(reply, 200, tg_scef_carry_pending(config));
}

void tg_scef_delivery_read(tg_scef_delivery_t *delivery, tg_scef_reply_t *reply) {
  tg_scef_reply_json(reply, 200, tg_scef_carry_show(delivery));
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
  tg_scef_carry_replace(delivery, whole);
  if (delivery->config->device->behave.no_content) tg_scef_reply_empty(reply, 204);
  else tg_scef_reply_json(reply, 200, tg_scef_carry_show(delivery));
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
