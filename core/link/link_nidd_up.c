/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The callback side of a NIDD link; see link_nidd_up.h. A notification is believed when it comes to a path that only the SCEF was told
 * (128 random bits for each configuration), names that configuration, and names that device (security.md §2.20). Data is given up before
 * the answer goes out: 204 says that it has been taken.
 */

#include "core/link/link_nidd_up.h"

#include <strings.h>

#include "core/base/base64.h"
#include "core/base/log.h"
#include "core/link/link_nidd_conf.h"
#include "core/link/link_nidd_down.h"
#include "core/link/link_nidd_find.h"
#include "core/link/t8_callback.h"
#include "core/link/t8_uri.h"

enum { DATAGRAM_MAX = 65536 };

static int take_uplink(tg_link_nidd_device_t *device, const tg_t8_callback_t *callback) {
  tg_link_nidd_t *nidd = device->nidd;
  tg_link_t *link = &nidd->link;
  tg_buf_t datagram;
  tg_buf_init_growing(&datagram, DATAGRAM_MAX);
  tg_rc_t rc = tg_base64_get(callback->data, &datagram);
  int status = 204;
  if (rc != TG_OK) {
    status = rc == TG_E_NOMEM ? 503 : 400;
  } else if (!link->events || !link->events->rx) {
    status = 503;
  } else {
    nidd->stats.uplinks++;
    tg_link_nidd_state_set_reach(device, TG_LINK_UP, 0);
    link->events->rx(link->events_ud, link, &device->addr, tg_buf_slice(&datagram));
  }
  tg_buf_fini(&datagram);
  return status;
}

static int take_delivery(tg_link_nidd_device_t *device, const tg_t8_callback_t *callback) {
  if (!callback->transfer.len) return 400;
  /* One that is not known any more was cancelled or has timed out: to the SCEF that is as good as taken. */
  if (!tg_link_nidd_down_status(device, callback->transfer, &callback->delivery)) {
    tg_log("nidd", TG_LOG_DEBUG, "delivery_status_late device=%.*s", (int)device->addr.len,
           (const char *)device->addr.b);
  }
  return 204;
}

static int take_status(tg_link_nidd_device_t *device, const tg_t8_callback_t *callback) {
  char status[64];
  if (tg_slice_is(callback->status, "TERMINATED")) tg_link_nidd_conf_lost(device);
  else if (tg_slice_is(callback->status, "TERMINATED_UE_NOT_AUTHORIZED")) tg_link_nidd_conf_denied(device);
  else if (tg_slice_is(callback->status, "ACTIVE")) tg_link_nidd_conf_active(device);
  else
    tg_log("nidd", TG_LOG_WARN, "configuration_status device=%.*s status=%s", (int)device->addr.len,
           (const char *)device->addr.b, tg_log_text(callback->status, status, sizeof status));
  return 204;
}

/* Whether a notification that came to the device's path is about the device's configuration. */
static bool is_about(const tg_link_nidd_device_t *device, const tg_t8_callback_t *callback) {
  tg_slice_t id = callback->id;
  if (id.len && !tg_slice_eq(id, tg_link_nidd_state_id(device))) return false;
  if (callback->kind == TG_T8_CALLBACK_UPLINK || callback->kind == TG_T8_CALLBACK_STATUS) {
    if (!callback->configuration.len) return false;
    /* The first notification may overtake the answer that names the configuration. */
    return !device->url || tg_t8_uri_same(callback->configuration, tg_slice_str(device->url));
  }
  return true;
}

static int take(tg_link_nidd_device_t *device, const tg_t8_callback_t *callback) {
  if (!is_about(device, callback)) return 404;
  switch (callback->kind) {
  case TG_T8_CALLBACK_UPLINK: return take_uplink(device, callback);
  case TG_T8_CALLBACK_DELIVERY: return take_delivery(device, callback);
  case TG_T8_CALLBACK_STATUS: return take_status(device, callback);
  case TG_T8_CALLBACK_GROUP: /* we make no group configurations, ports or subscriptions: taken note of */
  case TG_T8_CALLBACK_PORTS:
  case TG_T8_CALLBACK_TEST: break;
  }
  return 204;
}

static bool is_json(const tg_http_call_t *call) {
  static const char json[] = "application/json";
  const char *type = tg_http_server_header(call, "Content-Type");
  if (!type || strncasecmp(type, json, sizeof json - 1) != 0) return false;
  char next = type[sizeof json - 1];
  return next == 0 || next == ';' || next == ' ' || next == '\t';
}

static int serve(tg_link_nidd_t *nidd, const tg_http_call_t *call) {
  tg_link_nidd_device_t *device = tg_link_nidd_find_by_path(nidd, tg_slice_str(call->path));
  if (!device) return 404;
  if (strcmp(call->method, "POST") != 0) return 405;
  if (!is_json(call)) return 415;
  tg_t8_callback_t callback;
  tg_rc_t rc = tg_t8_callback_read(call->body, &callback);
  if (rc != TG_OK) return rc == TG_E_NOMEM ? 503 : 400;
  int status = take(device, &callback);
  tg_t8_callback_free(&callback);
  return status;
}

void tg_link_nidd_up_on_call(void *ud, const tg_http_call_t *call, tg_http_reply_t *reply) {
  tg_link_nidd_t *nidd = ud;
  nidd->held_call = call->id;
  nidd->held = false;
  int status = serve(nidd, call);
  nidd->held_call = TG_ID_NONE;
  reply->hold = nidd->held && status == 204;
  reply->status = status;
  if (status == 405) reply->allow = "POST";
  if (status == 503) reply->retry_after_s = 5;
  if (status < 400) return;
  nidd->stats.refused++;
  tg_log("nidd", TG_LOG_INFO, "callback_refused link=%s status=%d", nidd->link.name, status);
}
