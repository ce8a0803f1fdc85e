/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetches by HTTP/1.1: one GET, a body with Content-Length. A connection that breaks is made again and goes on where it was (Range, If-Range)
 * where the server can. A scheme of dev_pull.h.
 */

#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/num.h"
#include "tests/fake/device/dev_net.h"
#include "tests/fake/device/dev_pull.h"

enum { NO_SPACE = 2, LINK_LOST = 4, BAD_URI = 7, PROTOCOL = 9, RETRY_MS = 200, HEAD_MAX = 4096 };

typedef struct fetch {
  const tg_dev_config_t *config;
  tg_dev_url_t url;
  int fd;
  bool asked;          /* the request is out */
  bool in_body;        /* the head of the answer is there */
  uint64_t left;       /* bytes of the body still to come */
  uint64_t retry_ms;   /* when to connect again */
  uint64_t patient_ms; /* when to give up; moves with every byte */
  size_t head_len;
  char etag[80];
  char head[HEAD_MAX];
} fetch_t;

/* Ends the connection; another one is tried later. */
static void drop(fetch_t *fetch, uint64_t now_ms) {
  if (fetch->fd >= 0) close(fetch->fd);
  fetch->fd = -1;
  fetch->asked = fetch->in_body = false;
  fetch->head_len = 0;
  fetch->retry_ms = now_ms + RETRY_MS;
}

static void dial(fetch_t *fetch, uint64_t now_ms) {
  struct addrinfo *server = NULL;
  char host[300];
  snprintf(host, sizeof host, "%s%s", fetch->url.authority, fetch->url.has_port ? "" : ":80");
  if (tg_dev_net_resolve(host, SOCK_STREAM, &server) != 0) {
    drop(fetch, now_ms);
    return;
  }
  fetch->fd = socket(server->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fetch->fd < 0) drop(fetch, now_ms);
  else (void)!connect(fetch->fd, server->ai_addr, server->ai_addrlen); /* the first send tells what came of it */
  freeaddrinfo(server);
}

/* A request this small goes out whole or, while the connection is being made, not at all. */
static void ask(fetch_t *fetch, uint64_t now_ms, size_t have) {
  char text[1200];
  tg_buf_t request;
  tg_buf_init(&request, text, sizeof text);
  tg_buf_put_fmt(&request, "GET %s%s%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", fetch->url.path,
                 fetch->url.query[0] ? "?" : "", fetch->url.query, fetch->url.authority);
  if (have && fetch->etag[0]) tg_buf_put_fmt(&request, "Range: bytes=%zu-\r\nIf-Range: %s\r\n", have, fetch->etag);
  tg_buf_put_str(&request, "\r\n");
  ssize_t sent = send(fetch->fd, request.p, request.len, MSG_NOSIGNAL);
  if (sent == (ssize_t)request.len) fetch->asked = true;
  else if (sent >= 0 || (errno != EAGAIN && errno != ENOTCONN)) drop(fetch, now_ms);
}

/* The value of a header of the answer; empty when it isn't there. */
static tg_slice_t header_of(const fetch_t *fetch, const char *name) {
  tg_slice_t rest = tg_slice(fetch->head, fetch->head_len);
  size_t len = strlen(name);
  while (rest.len) {
    tg_slice_t line = tg_slice_take(&rest, '\n');
    if (line.len <= len + 1 || line.p[len] != ':' || strncasecmp((const char *)line.p, name, len) != 0) continue;
    line = tg_slice_from(line, len + 1);
    while (line.len && line.p[0] == ' ') line = tg_slice_from(line, 1);
    while (line.len && (line.p[line.len - 1] == '\r' || line.p[line.len - 1] == ' ')) line.len--;
    return line;
  }
  return tg_slice(NULL, 0);
}

/* Whether a part of the file (206) begins where the image ends. */
static bool continues(const fetch_t *fetch, size_t have) {
  tg_slice_t range = header_of(fetch, "Content-Range");
  uint64_t from = 0;
  if (!tg_slice_is(tg_slice_take(&range, ' '), "bytes")) return false;
  return tg_num_parse_u64(tg_slice_take(&range, '-'), UINT32_MAX, &from) == TG_OK && from == have;
}

/* What the status says: goes on with a body, or ends with a result; a server in trouble is asked again. */
static int judge(fetch_t *fetch, uint64_t now_ms, tg_buf_t *image) {
  tg_slice_t rest = tg_slice(fetch->head, fetch->head_len);
  uint64_t status = 0;
  if (!tg_slice_begins(tg_slice_take(&rest, ' '), tg_slice_str("HTTP/1.")) ||
      tg_num_parse_u64(tg_slice(rest.p, rest.len < 3 ? 0 : 3), 999, &status) != TG_OK) {
    return PROTOCOL;
  }
  if (status == 404 || status == 410) return BAD_URI;
  if (status == 416) tg_buf_clear(image);
  if (status == 416 || status >= 500) {
    drop(fetch, now_ms);
    return TG_DEV_PULL_GOES_ON;
  }
  if (status == 200) tg_buf_clear(image);
  if (status != 200 && status != 206) return LINK_LOST;
  if (status == 206 && !continues(fetch, image->len)) return PROTOCOL;
  if (tg_num_parse_u64(header_of(fetch, "Content-Length"), UINT32_MAX, &fetch->left) != TG_OK) return PROTOCOL;
  tg_slice_t etag = header_of(fetch, "ETag");
  if (etag.len < sizeof fetch->etag)
    snprintf(fetch->etag, sizeof fetch->etag, "%.*s", (int)etag.len, (const char *)etag.p);
  fetch->in_body = true;
  return TG_DEV_PULL_GOES_ON;
}

static int take_body(fetch_t *fetch, tg_slice_t bytes, tg_buf_t *image) {
  if (bytes.len > fetch->left) bytes.len = (size_t)fetch->left;
  tg_buf_put(image, bytes);
  if (image->rc != TG_OK) return NO_SPACE;
  fetch->left -= bytes.len;
  return fetch->left ? TG_DEV_PULL_GOES_ON : 0;
}

/* Bytes until the blank line are the head; what follows it is body already. */
static int take_head(fetch_t *fetch, tg_slice_t bytes, uint64_t now_ms, tg_buf_t *image) {
  for (size_t i = 0; i < bytes.len; i++) {
    if (fetch->head_len >= sizeof fetch->head) return PROTOCOL;
    fetch->head[fetch->head_len++] = (char)bytes.p[i];
    if (fetch->head_len < 4 || memcmp(fetch->head + fetch->head_len - 4, "\r\n\r\n", 4) != 0) continue;
    int outcome = judge(fetch, now_ms, image);
    if (outcome != TG_DEV_PULL_GOES_ON || !fetch->in_body) return outcome;
    return take_body(fetch, tg_slice_from(bytes, i + 1), image);
  }
  return TG_DEV_PULL_GOES_ON;
}

static int receive(fetch_t *fetch, uint64_t now_ms, tg_buf_t *image) {
  uint8_t bytes[16384];
  int outcome = TG_DEV_PULL_GOES_ON;
  while (outcome == TG_DEV_PULL_GOES_ON && fetch->fd >= 0) {
    ssize_t len = recv(fetch->fd, bytes, sizeof bytes, 0);
    if (len < 0 && errno == EAGAIN) break;
    if (len <= 0) {
      drop(fetch, now_ms);
      break;
    }
    fetch->patient_ms = now_ms + fetch->config->fw.patience_ms;
    tg_slice_t got = tg_slice(bytes, (size_t)len);
    outcome = fetch->in_body ? take_body(fetch, got, image) : take_head(fetch, got, now_ms, image);
  }
  return outcome;
}

static int fetch_run(void *self, uint64_t now_ms, tg_buf_t *image) {
  fetch_t *fetch = self;
  if (!fetch->patient_ms) fetch->patient_ms = now_ms + fetch->config->fw.patience_ms;
  if (now_ms >= fetch->patient_ms) return LINK_LOST;
  if (fetch->fd < 0 && now_ms >= fetch->retry_ms) dial(fetch, now_ms);
  if (fetch->fd >= 0 && !fetch->asked) ask(fetch, now_ms, image->len);
  return fetch->fd >= 0 && fetch->asked ? receive(fetch, now_ms, image) : TG_DEV_PULL_GOES_ON;
}

static void *fetch_open(const tg_dev_config_t *config, const tg_dev_url_t *url) {
  fetch_t *fetch = tg_alloc_array(1, sizeof *fetch);
  if (fetch) {
    fetch->config = config;
    fetch->url = *url;
    fetch->fd = -1;
  }
  return fetch;
}

static int fetch_fd(const void *self) {
  return ((const fetch_t *)self)->fd;
}

static void fetch_close(void *self) {
  fetch_t *fetch = self;
  if (fetch->fd >= 0) close(fetch->fd);
  tg_alloc_free(fetch);
}

const tg_dev_pull_scheme_t tg_dev_pull_http = {.name = "http://",
                                               .bit = TG_DEV_FETCH_HTTP,
                                               .open = fetch_open,
                                               .run = fetch_run,
                                               .fd = fetch_fd,
                                               .close = fetch_close};
