/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configurations of a NIDD link; see link_nidd_conf.h. One device's configuration is a small state machine (tg_link_nidd_phase_t):
 * at most one request about it is under way, and conf_timer runs whenever something is to be done later.
 */

#include "core/link/link_nidd_conf.h"

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "core/link/link_nidd_api.h"
#include "core/link/link_nidd_find.h"
#include "core/link/t8_json.h"

enum {
  BODY_MAX = 4096,
  ANSWER_MAX = 4 << 20,
  QUICKLY_LOST_MS = 10000,
  DENIED_MS = 3600 * 1000,
  LATEST_MS = 86400 * 1000,
  APART_MS = 300 * 1000
};

/* Unix time. */
static int64_t now_of(const tg_link_nidd_t *nidd) {
  return tg_wheel_unix(tg_loop_wheel(nidd->loop));
}

static void retry_later(tg_link_nidd_device_t *device) {
  tg_link_nidd_t *nidd = device->nidd;
  uint64_t delay = tg_link_nidd_state_backoff(nidd, ++device->failures);
  uint64_t pause = tg_link_nidd_api_pause(nidd);
  device->phase = TG_LINK_NIDD_WAIT;
  tg_link_nidd_state_start(nidd, &device->conf_timer, delay > pause ? delay : pause);
}

static void log_refusal(const tg_link_nidd_device_t *device, const char *what, const tg_http_result_t *result) {
  tg_json_t *doc = NULL;
  tg_t8_json_delivery_t problem = {0};
  char cause[64];
  if (result->rc == TG_OK && tg_json_read(result->body, ANSWER_MAX, NULL, &doc) == TG_OK) {
    tg_t8_json_get_delivery(tg_json_read_root(doc), &problem);
  }
  tg_log("nidd", TG_LOG_WARN, "%s_refused device=%.*s rc=%s status=%d cause=%s", what, (int)device->addr.len,
         (const char *)device->addr.b, tg_rc_name(result->rc), result->status,
         tg_log_text(problem.cause, cause, sizeof cause));
  tg_json_read_free(doc);
}

/* Renewal comes when four fifths of what is left have passed, and at the latest after a day. */
static void start_renewal(tg_link_nidd_device_t *device) {
  tg_wheel_del(tg_loop_wheel(device->nidd->loop), &device->conf_timer);
  if (!device->expires_ms) return;
  int64_t left = device->expires_ms - now_of(device->nidd);
  if (left < 0) left = 0;
  int64_t delay = left / 5 * 4;
  if (left - delay > LATEST_MS) delay = left - LATEST_MS; /* long ones: a day before the end is early enough */
  tg_link_nidd_state_start(device->nidd, &device->conf_timer, (uint64_t)delay);
}

static void become_ready(tg_link_nidd_device_t *device) {
  if (device->phase != TG_LINK_NIDD_READY) device->nidd->stats.ready++;
  device->phase = TG_LINK_NIDD_READY;
  device->ready_ms = tg_loop_now(device->nidd->loop);
  start_renewal(device);
  tg_link_nidd_state_set_reach(device, TG_LINK_UP, 0);
  tg_link_nidd_state_pump(device, 0);
}

static void leave_ready(tg_link_nidd_device_t *device) {
  if (device->phase == TG_LINK_NIDD_READY) device->nidd->stats.ready--;
  tg_wheel_del(tg_loop_wheel(device->nidd->loop), &device->conf_timer);
}

/*
 * What the SCEF says of a configuration. @p otherwise_expires_ms counts when it does not tell an end. One that ends as soon as it is
 * made means that our clock and the SCEF's are far apart: it is looked after now and then, not again at once.
 */
static void take_conf(tg_link_nidd_device_t *device, const tg_t8_json_conf_t *conf, int64_t otherwise_expires_ms) {
  int64_t now_ms = now_of(device->nidd);
  device->expires_ms = conf->expires_ms ? conf->expires_ms : otherwise_expires_ms;
  if (device->expires_ms && device->expires_ms <= now_ms) {
    tg_log("nidd", TG_LOG_WARN, "clocks_differ device=%.*s ends_s=%lld", (int)device->addr.len,
           (const char *)device->addr.b, (long long)((device->expires_ms - now_ms) / 1000));
    device->expires_ms = now_ms + APART_MS;
  }
  tg_link_nidd_state_set_mtu(device, conf->mtu);
}

static bool read_conf(const tg_http_result_t *result, tg_json_t **doc, tg_t8_json_conf_t *conf) {
  *doc = NULL;
  *conf = (tg_t8_json_conf_t){0};
  if (!result->body.len || tg_json_read(result->body, ANSWER_MAX, NULL, doc) != TG_OK) return false;
  return tg_t8_json_get_conf(tg_json_read_root(*doc), conf) == TG_OK;
}

static int64_t wanted_expiry(const tg_link_nidd_device_t *device) {
  uint32_t seconds = device->nidd->config.duration_s;
  return seconds ? now_of(device->nidd) + (int64_t)seconds * 1000 : 0;
}

/* A request about @p device whose phase is BUSY until the answer. */
static void ask(tg_link_nidd_device_t *device, const tg_link_nidd_ask_t *question) {
  leave_ready(device);
  device->phase = TG_LINK_NIDD_BUSY;
  tg_rc_t rc = tg_link_nidd_api_ask(device->nidd, question);
  if (rc != TG_OK) retry_later(device); /* too many at a time: in a while */
}

static void on_created(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result);

static void create(tg_link_nidd_device_t *device) {
  tg_link_nidd_t *nidd = device->nidd;
  tg_buf_t url, destination, body;
  tg_buf_init_growing(&url, BODY_MAX);
  tg_buf_init_growing(&destination, BODY_MAX);
  tg_buf_init_growing(&body, BODY_MAX);
  tg_buf_put_fmt(&url, "%s/configurations", nidd->base);
  tg_link_nidd_state_put_destination(device, &destination);
  device->asked_expires_ms = wanted_expiry(device);
  tg_t8_json_new_t conf = {.id = tg_link_nidd_state_id(device),
                           .features = tg_slice_str(nidd->config.features),
                           .provider = tg_slice_str(nidd->config.provider),
                           .destination = tg_buf_slice(&destination),
                           .pdn_option = tg_slice_str(nidd->config.pdn_option),
                           .expires_ms = device->asked_expires_ms};
  tg_t8_json_put_new(&body, &conf);
  const char *text = tg_buf_cstr(&url);
  if (text && body.rc == TG_OK && destination.rc == TG_OK) {
    ask(device, &(tg_link_nidd_ask_t){.method = "POST",
                                      .url = text,
                                      .content_type = "application/json",
                                      .body = tg_buf_slice(&body),
                                      .subject = device->id,
                                      .done = on_created});
  } else {
    retry_later(device);
  }
  tg_buf_fini(&url);
  tg_buf_fini(&destination);
  tg_buf_fini(&body);
}

/* A configuration that was created for a device which has gone meanwhile must not stay behind. */
static void on_deleted(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result) {
  (void)nidd;
  (void)subject;
  if (result->rc != TG_OK || (result->status >= 300 && result->status != 404)) {
    tg_log("nidd", TG_LOG_WARN, "configuration_not_deleted rc=%s status=%d", tg_rc_name(result->rc), result->status);
  }
}

void tg_link_nidd_conf_delete_url(tg_link_nidd_t *nidd, const char *url) {
  tg_rc_t rc = tg_link_nidd_api_ask(nidd, &(tg_link_nidd_ask_t){.method = "DELETE", .url = url, .done = on_deleted});
  if (rc != TG_OK) tg_log("nidd", TG_LOG_WARN, "configuration_not_deleted rc=%s", tg_rc_name(rc));
}

static void on_created(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result) {
  tg_link_nidd_device_t *device = tg_pool_find(&nidd->devices, subject);
  tg_json_t *doc;
  tg_t8_json_conf_t conf;
  bool created = result->rc == TG_OK && (result->status == 201 || result->status == 200);
  bool told = read_conf(result, &doc, &conf);
  tg_slice_t url = *result->location ? tg_slice_str(result->location) : told ? conf.self : tg_slice(NULL, 0);
  if (!device) {
    if (created && *result->location) tg_link_nidd_conf_delete_url(nidd, result->location);
  } else if (created && url.len && tg_link_nidd_state_set_url(device, url) == TG_OK) {
    nidd->stats.created++;
    device->failures = 0;
    take_conf(device, &conf, device->asked_expires_ms);
    tg_log("nidd", TG_LOG_INFO, "configuration_created device=%.*s mtu=%zu", (int)device->addr.len,
           (const char *)device->addr.b, device->mtu);
    if (tg_slice_is(conf.status, "TERMINATED_UE_NOT_AUTHORIZED")) tg_link_nidd_conf_denied(device);
    else become_ready(device);
  } else {
    log_refusal(device, "configuration", result);
    retry_later(device);
  }
  tg_json_read_free(doc);
}

static void forget_and_create(tg_link_nidd_device_t *device) {
  leave_ready(device);
  device->phase = TG_LINK_NIDD_BUSY;
  device->recall_due = false; /* what was held goes with it */
  tg_rc_t rc = tg_link_nidd_state_set_url(device, tg_slice(NULL, 0));
  if (rc == TG_OK) create(device);
}

static void on_patched(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result) {
  tg_link_nidd_device_t *device = tg_pool_find(&nidd->devices, subject);
  if (!device || device->phase != TG_LINK_NIDD_BUSY) return;
  tg_json_t *doc;
  tg_t8_json_conf_t conf;
  bool told = read_conf(result, &doc, &conf);
  if (result->moved) tg_link_nidd_state_moved(device, "", result->url);
  if (result->rc == TG_OK && (result->status == 200 || result->status == 204)) {
    device->failures = 0;
    nidd->stats.renewed++;
    if (told) take_conf(device, &conf, device->asked_expires_ms ? device->asked_expires_ms : device->expires_ms);
    else if (device->asked_expires_ms) device->expires_ms = device->asked_expires_ms;
    become_ready(device);
  } else if (tg_link_nidd_api_is_later(result) || result->rc != TG_OK || result->status == 401) {
    retry_later(device);
  } else {
    log_refusal(device, "renewal",
                result); /* an SCEF that can't patch, or has forgotten it: a new one, then the old one goes */
    if (device->url && result->status != 404) tg_link_nidd_conf_delete_url(nidd, device->url);
    forget_and_create(device);
  }
  tg_json_read_free(doc);
}

/* New destination (our token has changed), new end, or both. */
static void patch(tg_link_nidd_device_t *device, bool destination_too) {
  tg_buf_t destination, body;
  tg_buf_init_growing(&destination, BODY_MAX);
  tg_buf_init_growing(&body, BODY_MAX);
  if (destination_too) tg_link_nidd_state_put_destination(device, &destination);
  device->asked_expires_ms = wanted_expiry(device);
  if (!device->asked_expires_ms && device->expires_ms) device->asked_expires_ms = now_of(device->nidd) + LATEST_MS;
  tg_t8_json_put_patch(&body, tg_buf_slice(&destination), device->asked_expires_ms);
  if (body.rc == TG_OK && destination.rc == TG_OK) {
    ask(device, &(tg_link_nidd_ask_t){.method = "PATCH",
                                      .url = device->url,
                                      .content_type = "application/merge-patch+json",
                                      .body = tg_buf_slice(&body),
                                      .subject = device->id,
                                      .done = on_patched});
  } else {
    retry_later(device);
  }
  tg_buf_fini(&destination);
  tg_buf_fini(&body);
}

void tg_link_nidd_conf_adopt(tg_link_nidd_device_t *device, const tg_t8_json_conf_t *conf) {
  device->nidd->stats.adopted++;
  device->recall_due = true;
  device->failures = 0;
  take_conf(device, conf, 0);
  tg_log("nidd", TG_LOG_INFO, "configuration_found device=%.*s mtu=%zu", (int)device->addr.len,
         (const char *)device->addr.b, device->mtu);
  if (tg_slice_is(conf->status, "TERMINATED_UE_NOT_AUTHORIZED")) {
    tg_link_nidd_conf_denied(device);
  } else if (tg_slice_is(conf->status, "TERMINATED")) {
    forget_and_create(device);
  } else if (tg_link_nidd_find_is_destination(device, conf->destination)) {
    become_ready(device);
  } else {
    patch(device, true);
  }
}

static void on_read(tg_link_nidd_t *nidd, uint64_t subject, const tg_http_result_t *result) {
  tg_link_nidd_device_t *device = tg_pool_find(&nidd->devices, subject);
  if (!device || device->phase != TG_LINK_NIDD_BUSY) return;
  tg_json_t *doc;
  tg_t8_json_conf_t conf;
  bool told = read_conf(result, &doc, &conf);
  if (result->moved) tg_link_nidd_state_moved(device, "", result->url);
  if (result->rc == TG_OK && result->status == 200 && told) {
    tg_link_nidd_conf_adopt(device, &conf);
  } else if (tg_link_nidd_api_is_later(result) || result->rc != TG_OK || result->status == 401) {
    retry_later(device);
  } else {
    forget_and_create(device);
  }
  tg_json_read_free(doc);
}

/* The remembered configuration of a device that the list did not tell about. */
static void read_one(tg_link_nidd_device_t *device) {
  ask(device, &(tg_link_nidd_ask_t){.method = "GET", .url = device->url, .subject = device->id, .done = on_read});
}

void tg_link_nidd_conf_begin(tg_link_nidd_device_t *device) {
  if (device->url) read_one(device);
  else create(device);
}

static void on_conf_timer(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_link_nidd_device_t *device = ud;
  tg_link_nidd_t *nidd = device->nidd;
  uint64_t pause = tg_link_nidd_api_pause(nidd);
  if (pause) tg_link_nidd_state_start(nidd, &device->conf_timer, pause);
  else if (device->phase == TG_LINK_NIDD_READY && device->url) patch(device, false);
  else tg_link_nidd_conf_begin(device);
}

/* ---- what others call ---- */

void tg_link_nidd_conf_add(tg_link_nidd_device_t *device) {
  device->phase = TG_LINK_NIDD_NEW;
  device->conf_timer = (tg_timer_t){.fn = on_conf_timer, .ud = device};
  tg_link_nidd_t *nidd = device->nidd;
  if (!tg_timer_active(&nidd->list_timer)) tg_link_nidd_state_start(nidd, &nidd->list_timer, 0);
}

void tg_link_nidd_conf_lost(tg_link_nidd_device_t *device) {
  if (device->phase != TG_LINK_NIDD_READY && device->phase != TG_LINK_NIDD_DENIED) return; /* being seen to already */
  bool quickly = tg_loop_now(device->nidd->loop) - device->ready_ms < QUICKLY_LOST_MS;
  leave_ready(device);
  tg_log("nidd", TG_LOG_WARN, "configuration_lost device=%.*s", (int)device->addr.len, (const char *)device->addr.b);
  tg_rc_t rc = tg_link_nidd_state_set_url(device, tg_slice(NULL, 0));
  if (rc != TG_OK) tg_log("nidd", TG_LOG_ERROR, "configuration_not_forgotten rc=%s", tg_rc_name(rc));
  if (quickly && device->losses++ > 0) {
    retry_later(device); /* made and taken away in turn: not at full speed */
    return;
  }
  if (!quickly) device->losses = 0;
  device->phase = TG_LINK_NIDD_WAIT;
  tg_link_nidd_state_start(device->nidd, &device->conf_timer, 0);
}

void tg_link_nidd_conf_denied(tg_link_nidd_device_t *device) {
  leave_ready(device);
  device->phase = TG_LINK_NIDD_DENIED;
  tg_log("nidd", TG_LOG_WARN, "device_denied device=%.*s", (int)device->addr.len, (const char *)device->addr.b);
  tg_link_nidd_state_start(device->nidd, &device->conf_timer, DENIED_MS);
  tg_link_nidd_state_set_reach(device, TG_LINK_DOWN, 0);
  tg_link_nidd_state_pump(device, 0); /* what waits fails */
}

void tg_link_nidd_conf_active(tg_link_nidd_device_t *device) {
  if (device->phase == TG_LINK_NIDD_DENIED && device->url) become_ready(device);
}

void tg_link_nidd_conf_delete(tg_link_nidd_device_t *device) {
  leave_ready(device);
  if (device->url) tg_link_nidd_conf_delete_url(device->nidd, device->url);
}
