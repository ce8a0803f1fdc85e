/* SPDX-License-Identifier: Apache-2.0 */
/* The fake SCEF's way up: notification queues over libcurl. See scef_notify.h. */

#include "tests/fake/scef/scef_notify.h"

#include <curl/curl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_log.h"
#include "tests/fake/scef/scef_text.h"
#include "tests/fake/scef/scef_time.h"

enum { FIRST_PAUSE = 50, CONNECTIONS = 32, ANSWER_MAX = 65536 };

bool tg_scef_notify_init(tg_scef_t *scef) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return false;
  scef->multi = curl_multi_init();
  if (scef->multi == NULL) return false;
  curl_multi_setopt(scef->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS);
  return true;
}

void tg_scef_notify_fini(tg_scef_t *scef) {
  if (scef->multi == NULL) return;
  for (tg_scef_device_t *device = scef->devices; device != NULL; device = device->next) {
    tg_scef_loop_stop(&scef->loop, &device->retry);
    if (device->easy == NULL) continue;
    if (device->in_flight) curl_multi_remove_handle(scef->multi, device->easy);
    curl_slist_free_all(device->headers);
    device->headers = NULL;
    curl_easy_cleanup(device->easy);
    device->easy = NULL;
    device->in_flight = false;
  }
  curl_multi_cleanup(scef->multi);
  scef->multi = NULL;
  curl_global_cleanup();
}

static size_t on_answer(char *data, size_t one, size_t size, void *arg) {
  (void)one; /* always 1 */
  tg_scef_device_t *device = arg;
  if (device->answer_len + size > ANSWER_MAX) return 0;
  char *longer = tg_scef_text_alloc(device->answer_len + size + 1);
  if (device->answer_len > 0) memcpy(longer, device->answer, device->answer_len);
  memcpy(longer + device->answer_len, data, size);
  free(device->answer);
  device->answer = longer;
  device->answer_len += size;
  return size;
}

static struct curl_slist *json_headers(void) {
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  return curl_slist_append(headers, "Expect:"); /* a pause for 100-continue helps nobody here */
}

static CURL *new_easy(tg_scef_device_t *device) {
  CURL *easy = curl_easy_init();
  if (easy == NULL) return NULL;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, device);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, device);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L); /* 307 and 308 keep the method */
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 3L);
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 2000L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
  return easy;
}

/* A PATCH may have moved notificationDestination since the notification was queued (a restarted SCS/AS does that). */
static const char *destination(const tg_scef_device_t *device, const tg_scef_note_t *note) {
  tg_scef_config_t *config = tg_scef_state_config_by_id(device->scef, note->config);
  const char *url = config == NULL ? NULL : tg_scef_json_string(config->body, "notificationDestination");
  return url == NULL ? note->url : url;
}

static void clear_answer(tg_scef_device_t *device) {
  free(device->answer);
  device->answer = NULL;
  device->answer_len = 0;
}

static void start_head(tg_scef_device_t *device) {
  tg_scef_note_t *note = device->head;
  if (device->easy == NULL) device->easy = new_easy(device);
  struct curl_slist *headers = json_headers();
  if (device->easy == NULL || headers == NULL) {
    curl_slist_free_all(headers);
    tg_scef_loop_start(&device->scef->loop, &device->retry, device->scef->options.retry_max);
    return;
  }
  if (strcmp(note->url, destination(device, note)) != 0) {
    char *url = tg_scef_text_format("%s", destination(device, note));
    free(note->url);
    note->url = url;
  }
  clear_answer(device);
  curl_easy_setopt(device->easy, CURLOPT_URL, note->url);
  curl_easy_setopt(device->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(note->body));
  curl_easy_setopt(device->easy, CURLOPT_POSTFIELDS, note->body);
  curl_easy_setopt(device->easy, CURLOPT_HTTPHEADER, headers);
  device->headers = headers;
  device->in_flight = true;
  curl_multi_add_handle(device->scef->multi, device->easy);
}

static void pump(void *arg) {
  tg_scef_device_t *device = arg;
  if (device->in_flight || device->head == NULL || device->scef->multi == NULL) return;
  int64_t wait = device->head->due - tg_scef_time_now();
  device->retry.fire = pump;
  device->retry.arg = device;
  if (wait > 0) tg_scef_loop_start(&device->scef->loop, &device->retry, wait);
  else start_head(device);
}

static void enqueue(tg_scef_config_t *config, struct json_object *body, int64_t delay) {
  tg_scef_device_t *device = config->device;
  if (device->queued >= (size_t)device->scef->options.queue) {
    if (device->counts.notes_overflow++ == 0) {
      fprintf(stderr, "tg-fake-scef: %s: the notification queue is full, what comes now is lost\n", device->id);
    }
    return;
  }
  tg_scef_note_t *note = tg_scef_text_alloc(sizeof *note);
  const char *url = tg_scef_json_string(config->body, "notificationDestination");
  memcpy(note->config, config->id, sizeof note->config);
  note->url = tg_scef_text_format("%s", url);
  note->body = tg_scef_text_format("%s", tg_scef_json_text(body));
  note->due = tg_scef_time_now() + delay;
  if (device->tail == NULL) device->head = note;
  else device->tail->next = note;
  device->tail = note;
  device->queued++;
  pump(device);
}

static void put_identity(struct json_object *body, const tg_scef_device_t *device) {
  tg_scef_json_put(body, tg_scef_state_is_external(device->id) ? "externalId" : "msisdn", device->id);
}

void tg_scef_notify_uplink(tg_scef_config_t *config, const uint8_t *data, size_t size) {
  tg_scef_device_t *device = config->device;
  struct json_object *body = json_object_new_object();
  char *text = tg_scef_text_b64_encode(data, size);
  tg_scef_json_put(body, "niddConfiguration", config->link);
  put_identity(body, device);
  tg_scef_json_put(body, "data", text);
  free(text);
  for (int copies = device->behave.duplicate_uplink ? 2 : 1; copies > 0; copies--) {
    enqueue(config, body, device->behave.uplink_delay);
  }
  json_object_put(body);
}

void tg_scef_notify_delivery(tg_scef_delivery_t *delivery, int64_t retry_at) {
  struct json_object *body = json_object_new_object();
  char *link = tg_scef_text_format("%s/downlink-data-deliveries/%s", delivery->config->link, delivery->id);
  tg_scef_json_put(body, "niddDownlinkDataTransfer", link);
  tg_scef_json_put(body, "deliveryStatus", delivery->status);
  if (retry_at >= 0) {
    char time[TG_SCEF_TIME_SIZE];
    tg_scef_time_format(retry_at, time);
    tg_scef_json_put(body, "requestedRetransmissionTime", time);
  }
  enqueue(delivery->config, body, 0);
  json_object_put(body);
  free(link);
}

void tg_scef_notify_configuration(tg_scef_config_t *config, const char *status) {
  struct json_object *body = json_object_new_object();
  tg_scef_json_put(body, "niddConfiguration", config->link);
  put_identity(body, config->device);
  tg_scef_json_put(body, "status", status);
  enqueue(config, body, 0);
  json_object_put(body);
}

void tg_scef_notify_test(tg_scef_config_t *config) {
  struct json_object *body = json_object_new_object();
  tg_scef_json_put(body, "subscription", config->link);
  enqueue(config, body, 0);
  json_object_put(body);
}

static void pop_head(tg_scef_device_t *device) {
  tg_scef_note_t *note = device->head;
  device->head = note->next;
  if (device->head == NULL) device->tail = NULL;
  device->queued--;
  free(note->url);
  free(note->body);
  free(note);
}

static void log_attempt(tg_scef_device_t *device, long status) {
  const char *type = NULL;
  curl_easy_getinfo(device->easy, CURLINFO_CONTENT_TYPE, &type);
  const tg_scef_exchange_t exchange = {
      .direction = "out",
      .method = "POST",
      .target = device->head->url,
      .request_type = "application/json",
      .request = device->head->body,
      .request_len = strlen(device->head->body),
      .status = (int)status,
      .response_type = type,
      .response = device->answer,
      .response_len = device->answer_len,
  };
  tg_scef_log_write(device->scef, &exchange);
}

static int64_t pause_after(const tg_scef_device_t *device, unsigned attempts) {
  int64_t most = device->scef->options.retry_max;
  curl_off_t asked = 0;
  curl_easy_getinfo(device->easy, CURLINFO_RETRY_AFTER, &asked);
  int64_t pause = attempts > 20 ? most : INT64_C(1) * FIRST_PAUSE << (attempts - 1);
  if (asked > 0 && asked < INT32_MAX && asked * 1000 > pause) pause = asked * 1000;
  return pause < most ? pause : most;
}

static bool is_worth_retrying(long status) {
  return status == 0 || status == 408 || status == 429 || status >= 500;
}

static void on_done(tg_scef_device_t *device, CURLcode code) {
  long status = 0;
  if (code == CURLE_OK) curl_easy_getinfo(device->easy, CURLINFO_RESPONSE_CODE, &status);
  log_attempt(device, status);
  int64_t pause = pause_after(device, ++device->head->attempts);
  curl_multi_remove_handle(device->scef->multi, device->easy);
  curl_slist_free_all(device->headers);
  device->headers = NULL;
  device->in_flight = false;
  if (is_worth_retrying(status)) {
    device->counts.notes_retried++;
    device->head->due = tg_scef_time_now() + pause;
  } else {
    if (status < 300) device->counts.notes_sent++;
    else device->counts.notes_rejected++;
    pop_head(device);
  }
  pump(device);
}

void tg_scef_notify_wait(tg_scef_t *scef, int http_fd, int limit) {
  struct curl_waitfd extra[2] = {
      {.fd = scef->loop.fd, .events = CURL_WAIT_POLLIN},
      {.fd = http_fd, .events = CURL_WAIT_POLLIN},
  };
  curl_multi_poll(scef->multi, extra, http_fd < 0 ? 1 : 2, limit, NULL);
}

void tg_scef_notify_run(tg_scef_t *scef) {
  int left = 0;
  curl_multi_perform(scef->multi, &left);
  const CURLMsg *message;
  while ((message = curl_multi_info_read(scef->multi, &left)) != NULL) {
    void *device = NULL;
    if (message->msg != CURLMSG_DONE) continue;
    CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&device);
    on_done(device, code);
  }
}
