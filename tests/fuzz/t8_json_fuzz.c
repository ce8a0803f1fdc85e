/* SPDX-License-Identifier: Apache-2.0 */
/* What an SCEF may send us: a notification, or the body of an answer. Also the times and paths in them. */

#include "core/base/base64.h"
#include "core/link/t8_callback.h"
#include "core/link/t8_time.h"
#include "core/link/t8_uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_notification(tg_slice_t text) {
  tg_t8_callback_t callback;
  if (tg_t8_callback_read(text, &callback) != TG_OK) return;
  tg_buf_t datagram;
  tg_buf_init_growing(&datagram, 65536);
  if (callback.kind == TG_T8_CALLBACK_UPLINK && tg_base64_get(callback.data, &datagram) == TG_OK &&
      datagram.len > callback.data.len) {
    __builtin_trap();
  }
  tg_buf_fini(&datagram);
  (void)tg_t8_uri_same(callback.configuration, callback.transfer);
  (void)tg_t8_json_tx(callback.delivery.status);
  tg_t8_callback_free(&callback);
}

static void read_answer(tg_slice_t text) {
  tg_json_t *doc = NULL;
  if (tg_json_read(text, 65536, NULL, &doc) != TG_OK) return;
  tg_t8_json_conf_t conf;
  tg_t8_json_delivery_t delivery;
  if (tg_t8_json_get_conf(tg_json_read_root(doc), &conf) == TG_OK) (void)tg_t8_json_is_identity(conf.id);
  tg_t8_json_get_delivery(tg_json_read_root(doc), &delivery);
  tg_json_read_free(doc);
}

/* A time that is read can be written, and is the same when it is in range. */
static void read_time(tg_slice_t text) {
  int64_t ms;
  if (tg_t8_time_parse(text, &ms) != TG_OK) return;
  uint8_t memory[32];
  tg_buf_t again;
  tg_buf_init(&again, memory, sizeof memory);
  tg_t8_time_put(&again, ms);
  int64_t back;
  if (tg_t8_time_parse(tg_buf_slice(&again), &back) != TG_OK) __builtin_trap();
  if (ms >= 0 && ms < INT64_C(253402300799000) && (back < ms || back - ms >= 1000)) __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tg_slice_t text = tg_slice(data, size);
  read_notification(text);
  read_answer(text);
  read_time(text);
  return 0;
}
