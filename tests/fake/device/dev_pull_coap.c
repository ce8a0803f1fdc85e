/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches by CoAP, block-wise: an exchange layer of its own over a socket of its own. A scheme of dev_pull.h. */

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/coap/coap.h"
#include "tests/fake/device/dev_net.h"
#include "tests/fake/device/dev_pull.h"

enum { NO_SPACE = 2, LINK_LOST = 4, BAD_URI = 7 };

typedef struct fetch {
  tg_link_t link; /* first: what the exchange layer knows of us */
  int fd;
  int outcome;
  tg_wheel_t *wheel;
  tg_coap_t *coap;
  tg_buf_t *image; /* while run() is at work */
  tg_addr_t server;
} fetch_t;

/* A datagram that does not leave is one that is lost. */
static tg_rc_t link_send(tg_link_t *link, const tg_link_send_t *out, uint64_t *handle) {
  const fetch_t *fetch = (const fetch_t *)link;
  *handle = 0;
  if (send(fetch->fd, out->datagram.p, out->datagram.len, 0) >= 0) return TG_OK;
  if (send(fetch->fd, out->datagram.p, out->datagram.len, 0) >= 0)
    return TG_OK; /* the first error was an earlier one's */
  return TG_OK;
}

static void link_cancel(tg_link_t *link, uint64_t handle) {
  (void)link;
  (void)handle;
}

static void link_put_addr(const tg_link_t *link, const tg_addr_t *peer, tg_buf_t *out) {
  (void)link;
  (void)peer;
  tg_buf_put_str(out, "file-server");
}

static tg_slice_t link_identity(const tg_link_t *link, const tg_addr_t *peer) {
  (void)link;
  (void)peer;
  return tg_slice(NULL, 0);
}

static const tg_link_ops_t link_ops = {.kind = "fetch",
                                       .send = link_send,
                                       .cancel = link_cancel,
                                       .put_addr = link_put_addr,
                                       .identity = link_identity};

/* Nobody has anything to ask of this port. */
static void on_request(void *ud, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  (void)ud;
  (void)request;
  reply->code = TG_COAP_404;
}

static void on_notify(void *ud, uint64_t cookie, const tg_coap_result_t *result, tg_coap_reply_t *reply) {
  (void)ud;
  (void)cookie;
  (void)result;
  (void)reply;
}

static void on_done(void *ud, const tg_coap_result_t *result) {
  fetch_t *fetch = ud;
  if (result->rc == TG_E_TOO_LONG) fetch->outcome = NO_SPACE;
  else if (result->rc != TG_OK) fetch->outcome = LINK_LOST;
  else if (result->code == TG_COAP_404) fetch->outcome = BAD_URI;
  else if (result->code != TG_COAP_205 || !fetch->image) fetch->outcome = LINK_LOST;
  else {
    tg_buf_clear(fetch->image);
    tg_buf_put(fetch->image, result->body);
    fetch->outcome = fetch->image->rc == TG_OK ? 0 : NO_SPACE;
  }
}

static bool open_socket(fetch_t *fetch, const tg_dev_config_t *config, const tg_dev_url_t *url) {
  struct addrinfo *server = NULL;
  (void)config;
  if (tg_dev_net_resolve(url->authority, SOCK_DGRAM, &server) != 0) return false;
  fetch->fd = socket(server->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  bool good = fetch->fd >= 0 && connect(fetch->fd, server->ai_addr, server->ai_addrlen) == 0;
  freeaddrinfo(server);
  return good;
}

static bool open_engine(fetch_t *fetch, const tg_dev_config_t *config) {
  tg_coap_config_t engine = {.random = tg_random_fill, .handler = on_request, .notify = on_notify, .ud = fetch};
  tg_coap_params_t params;
  fetch->wheel = tg_wheel_new(tg_clock_mono_ms());
  engine.wheel = fetch->wheel;
  engine.limits = (tg_coap_limits_t){.peers = 4,
                                     .exchanges = 4,
                                     .dedup = 64,
                                     .transfers = 4,
                                     .observations = 4,
                                     .observers = 4,
                                     .held = 4,
                                     .response_body = config->fw.max,
                                     .transfer_bytes = 2 * config->fw.max};
  fetch->coap = fetch->wheel ? tg_coap_new(&engine) : NULL;
  if (!fetch->coap) return false;
  fetch->link = (tg_link_t){.ops = &link_ops, .name = "fetch", .mtu = 1280, .binding = 'U'};
  tg_coap_params_default(&fetch->link, &params);
  params.ack_timeout_ms = config->ack_timeout_ms;
  params.max_retransmit = (uint8_t)config->retransmits;
  return tg_coap_add_link(fetch->coap, &fetch->link, &params) == TG_OK;
}

static bool ask(fetch_t *fetch, const tg_dev_config_t *config, const tg_dev_url_t *url) {
  fetch->server = (tg_addr_t){.len = 1, .b = {1}};
  tg_coap_call_t call = {.method = TG_COAP_GET,
                         .path = url->path,
                         .query = url->query[0] ? url->query : NULL,
                         .accept = TG_CF_NONE,
                         .content_format = TG_CF_NONE,
                         .observe = -1,
                         .patience_ms = config->fw.patience_ms,
                         .done = on_done,
                         .ud = fetch};
  tg_id_t exchange;
  return tg_coap_peer(fetch->coap, &fetch->link, &fetch->server, &call.peer) == TG_OK &&
         tg_coap_send(fetch->coap, &call, &exchange) == TG_OK;
}

static void fetch_close(void *self) {
  fetch_t *fetch = self;
  fetch->image = NULL;
  tg_coap_free(fetch->coap);
  tg_wheel_free(fetch->wheel);
  if (fetch->fd >= 0) close(fetch->fd);
  tg_alloc_free(fetch);
}

static void *fetch_open(const tg_dev_config_t *config, const tg_dev_url_t *url) {
  fetch_t *fetch = tg_alloc_array(1, sizeof *fetch);
  if (!fetch) return NULL;
  fetch->fd = -1;
  fetch->outcome = TG_DEV_PULL_GOES_ON;
  if (open_socket(fetch, config, url) && open_engine(fetch, config) && ask(fetch, config, url)) {
    tg_coap_flush(fetch->coap);
    return fetch;
  }
  fetch_close(fetch);
  return NULL;
}

static int fetch_run(void *self, uint64_t now_ms, tg_buf_t *image) {
  fetch_t *fetch = self;
  uint8_t bytes[TG_DEV_DATAGRAM_MAX];
  ssize_t len;
  fetch->image = image;
  tg_wheel_advance(fetch->wheel, now_ms);
  while ((len = recv(fetch->fd, bytes, sizeof bytes, 0)) >= 0) {
    fetch->link.events->rx(fetch->link.events_ud, &fetch->link, &fetch->server, tg_slice(bytes, (size_t)len));
  }
  tg_coap_flush(fetch->coap);
  fetch->image = NULL;
  return fetch->outcome;
}

static int fetch_fd(const void *self) {
  return ((const fetch_t *)self)->fd;
}

const tg_dev_pull_scheme_t tg_dev_pull_coap = {.name = "coap://",
                                               .bit = TG_DEV_FETCH_COAP,
                                               .open = fetch_open,
                                               .run = fetch_run,
                                               .fd = fetch_fd,
                                               .close = fetch_close};
