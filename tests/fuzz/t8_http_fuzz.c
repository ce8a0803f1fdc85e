/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that an SCEF can say to a NIDD link: calls of its callback server (method, path, type, body) and answers to the link's own
 * requests, between downlinks, time and devices that come and go. Input: three bytes of set-up, then steps. The body of a step is
 * as long as the byte before it says. At `$` in a path, and in a body behind `@`, stands what only the link knows: see expand().
 *
 * Whatever comes: statuses are those of the interface, a held call was accepted, no timer, request or byte is left at the end.
 */

#include <stdio.h>

#include "core/base/log.h"
#include "core/link/link_nidd_state.h"
#include "tests/fuzz/http_fake.h"

enum { STEPS_MAX = 48, TEXT_MAX = 16384, DEVICES = 2 };

static const char *const ids[DEVICES] = {"a@x", "491511234567"};

typedef struct target {
  tg_loop_t loop;
  tg_link_t *link;
  tg_random_seeded_t random;
  tg_slice_t remembered; /* of the first device */
  uint64_t handle;
  uint64_t ticket;
  tg_id_t calls;
  bool holds;
} target_t;

static void on_rx(void *ud, tg_link_t *link, const tg_addr_t *peer, tg_slice_t datagram) {
  target_t *target = ud;
  fuzz_require(peer->len > 0);
  fuzz_touch(datagram);
  if (target->holds) target->ticket = tg_link_nidd_hold(link);
}

static void on_tx(void *ud, tg_link_t *link, uint64_t handle, tg_link_tx_t status, uint64_t retry_at_ms) {
  (void)ud, (void)link, (void)retry_at_ms;
  fuzz_require(handle != 0 && status <= TG_LINK_TX_FAILED);
}

static void on_reach(void *ud, tg_link_t *link, const tg_addr_t *peer, tg_link_reach_t reach, uint64_t until_ms) {
  (void)ud, (void)link, (void)until_ms;
  fuzz_require(peer->len > 0 && reach <= TG_LINK_HELD);
}

static void on_limits(void *ud, tg_link_t *link, const tg_addr_t *peer, size_t mtu) {
  (void)ud, (void)link, (void)peer;
  fuzz_require(mtu > 0);
}

static const tg_link_events_t events = {.rx = on_rx, .tx = on_tx, .reach = on_reach, .limits = on_limits};

static tg_rc_t load(void *ud, tg_slice_t key, tg_buf_t *value) {
  const target_t *target = ud;
  if (!target->remembered.len || !tg_slice_is(key, "nidd/t8/a@x")) return TG_E_NOT_FOUND;
  tg_buf_put(value, target->remembered);
  return value->rc;
}

static void save(void *ud, tg_slice_t key, tg_slice_t value) {
  (void)ud;
  fuzz_require(key.len > 0);
  fuzz_touch(value);
}

/* ---- what only the link knows ---- */

static const tg_link_nidd_device_t *device_of(const target_t *target, uint8_t nth) {
  return tg_link_nidd_state_find(tg_link_nidd_of(target->link), tg_slice_str(ids[nth % DEVICES]));
}

/* @p text with `@0`, `@1` as URLs of the devices' configurations, `@2` as the destination of the first one, `$0`, `$1` as callback paths. */
static tg_slice_t expand(const target_t *target, tg_slice_t text, char memory[TEXT_MAX]) {
  tg_buf_t out;
  tg_buf_init(&out, memory, TEXT_MAX - 1);
  for (size_t i = 0; i < text.len; i++) {
    uint8_t what = i + 1 < text.len ? text.p[i + 1] : 0;
    const tg_link_nidd_device_t *device = device_of(target, what);
    bool is_url = text.p[i] == '@' && (what == '0' || what == '1' || what == '2');
    bool is_path = text.p[i] == '$' && (what == '0' || what == '1');
    if (!device || (!is_url && !is_path)) {
      tg_buf_put_u8(&out, text.p[i]);
      continue;
    }
    i++;
    if (is_path) tg_buf_put_fmt(&out, "%s/%s", device->nidd->notify_path, device->token);
    else if (what == '2') tg_link_nidd_state_put_destination(device, &out);
    else tg_buf_put_str(&out, device->url ? device->url : "http://scef/3gpp-nidd/v1/as/configurations/9");
  }
  return tg_buf_slice(&out);
}

/* ---- steps ---- */

static void call(target_t *target, tg_slice_t *in) {
  static const char *const types[] = {"application/json", "application/json; charset=utf-8", NULL, "text/plain",
                                      "application/jsonx"};
  static const char *const methods[] = {"POST", "POST", "POST", "GET", "DELETE"};
  static char path_memory[TEXT_MAX], body_memory[TEXT_MAX];
  uint8_t how = fuzz_byte(in);
  tg_slice_t path = tg_slice_str(how & 1 ? "$1" : "$0");
  if (how & 2) path = fuzz_part(in);
  path = expand(target, path, path_memory);
  path_memory[path.len] = '\0';
  tg_slice_t body = expand(target, fuzz_part(in), body_memory);
  const tg_http_call_t http = {
      .id = ++target->calls, .method = methods[(how >> 2) % 5], .path = path_memory, .body = body};
  tg_http_reply_t reply = {.status = 200};
  http_fake_call.content_type = types[(how >> 5) % 5];
  target->holds = (how & 16) != 0;
  tg_link_nidd_t *nidd = tg_link_nidd_of(target->link);
  nidd->server->config.handler(nidd->server->config.ud, &http, &reply);
  bool is_known = reply.status == 204 || (reply.status >= 400 && reply.status <= 415) || reply.status == 503;
  fuzz_require(is_known && (!reply.hold || reply.status == 204));
}

static void answer(target_t *target, tg_slice_t *in) {
  static const int statuses[] = {200, 201, 204, 308, 400, 401, 403, 404, 409, 429, 500, 503};
  static const tg_rc_t failures[] = {TG_E_TIMEOUT, TG_E_LINK, TG_E_TOO_LONG, TG_E_DENIED};
  static char body_memory[TEXT_MAX], location[1024];
  uint8_t how = fuzz_byte(in), nth = fuzz_byte(in);
  tg_slice_t body = expand(target, fuzz_part(in), body_memory);
  tg_http_result_t result = {.status = statuses[(how & 15) % TG_COUNT(statuses)],
                             .body = body,
                             .content_type = "application/json",
                             .location = "",
                             .retry_after_s = nth & 128 ? how : -1};
  if (how & 16) result.location = "http://scef/3gpp-nidd/v1/as/configurations/1";
  if (how & 32) result.location = fuzz_str(fuzz_part(in), location, sizeof location);
  if (how & 64) {
    result.moved = true;
    result.url = fuzz_str(fuzz_part(in), location, sizeof location);
  }
  if (how >= 192)
    result =
        (tg_http_result_t){.rc = failures[how % 4], .content_type = "", .location = "", .url = "", .retry_after_s = -1};
  (void)http_fake_answer(tg_link_nidd_of(target->link)->http, nth, &result);
}

static void send_down(target_t *target, tg_slice_t *in) {
  uint8_t how = fuzz_byte(in);
  tg_slice_t id = tg_slice_str(ids[how & 1]);
  tg_addr_t peer = {.len = (uint8_t)id.len};
  memcpy(peer.b, id.p, id.len);
  const tg_link_send_t send = {.peer = &peer,
                               .datagram = fuzz_part(in),
                               .max_latency_s = (uint32_t)(how >> 4) * 1000,
                               .priority = (how >> 2) & 3,
                               .expects_reply = (how & 2) != 0};
  uint64_t handle = 0;
  if (target->link->ops->send(target->link, &send, &handle) == TG_OK) target->handle = handle;
}

static void come_and_go(target_t *target, tg_slice_t *in) {
  uint8_t how = fuzz_byte(in);
  tg_slice_t id = how & 4 ? fuzz_part(in) : tg_slice_str(ids[how & 1]);
  tg_rc_t rc = how & 2 ? tg_link_nidd_del_device(target->link, id) : tg_link_nidd_add_device(target->link, id);
  fuzz_require(rc != TG_E_INTERNAL);
}

static void step(target_t *target, tg_slice_t *in) {
  uint8_t kind = fuzz_byte(in);
  uint64_t some = kind >> 3;
  switch (kind & 7) {
  case 0:
  case 1: call(target, in); break;
  case 2:
  case 3: answer(target, in); break;
  case 4: http_fake_pass(&target->loop, some * some * some * 100); break;
  case 5: send_down(target, in); break;
  case 6:
    if (some & 1) target->link->ops->cancel(target->link, target->handle);
    else tg_link_nidd_release(target->link, target->ticket, some & 2 ? TG_E_STORE : TG_OK);
    break;
  default: come_and_go(target, in); break;
  }
}

static void open_link(target_t *target, uint8_t how) {
  tg_link_nidd_config_t config = {.name = "t8",
                                  .api_root = "http://scef/",
                                  .scs_as_id = how & 64 ? "a s" : "as",
                                  .notify_url = how & 1 ? "https://gw.example.org/t8/nidd" : NULL,
                                  .devices = ids,
                                  .device_count = how & 2 ? 1 : DEVICES,
                                  .max_devices = 4,
                                  .max_queued = 3,
                                  .duration_s = how & 4 ? 86400 : 0,
                                  .random = tg_random_fill_seeded,
                                  .random_ud = &target->random};
  if (how & 8) {
    config.token_url = "http://scef/token";
    config.client_id = "i d";
    config.client_secret = "secret";
    config.secret_in_body = (how & 16) != 0;
  }
  if (how & 32) config.memory = (tg_link_nidd_memory_t){load, save, target};
  target->loop.wheel = tg_wheel_new(http_fake_now_ms);
  target->random.state = 1;
  fuzz_require(tg_link_nidd_new(&target->loop, &config, NULL, &target->link) == TG_OK);
  tg_link_attach(target->link, &events, target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  target_t target = {.calls = 1};
  tg_slice_t in = tg_slice(data, size);
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  http_fake_now_ms = 1000000;
  uint8_t how = fuzz_byte(&in);
  target.remembered = fuzz_part(&in);
  open_link(&target, how);
  http_fake_pass(&target.loop, 1);
  for (int i = 0; i < STEPS_MAX && in.len; i++) step(&target, &in);
  target.link->ops->close(target.link);
  fuzz_require(tg_wheel_next(target.loop.wheel) == UINT64_MAX);
  tg_wheel_free(target.loop.wheel);
  return 0;
}
