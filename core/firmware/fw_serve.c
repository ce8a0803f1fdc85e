/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: see fw_serve.h. Called by firmware.c. */

#include "core/firmware/fw_serve.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/hex.h"
#include "core/firmware/fw_http.h"
#include "core/firmware/fw_table.h"

enum { TOKEN_BYTES = 16, BASE_MAX = 128 };

void tg_fw_serve_token(tg_firmware_t *firmware, tg_fw_row_t *row, uint64_t id) {
  uint8_t secret[TOKEN_BYTES];
  tg_buf_t out;
  firmware->config.random(firmware->config.random_ud, secret, sizeof secret);
  tg_buf_init(&out, row->token, sizeof row->token);
  tg_buf_put_fmt(&out, "%llx.", (unsigned long long)id);
  tg_hex_put(&out, tg_slice(secret, sizeof secret));
  (void)tg_buf_cstr(&out);
}

/* In a time that tells nothing of where they differ. */
static bool same_token(const char *token, tg_slice_t given) {
  size_t len = strlen(token);
  unsigned differs = len != given.len;
  for (size_t i = 0; i < given.len; i++) differs |= (uint8_t)token[i < len ? i : 0] ^ given.p[i];
  return differs == 0;
}

tg_fw_job_t *tg_fw_serve_find(void *ud, tg_slice_t path) {
  const tg_firmware_t *firmware = ud;
  tg_slice_t prefix = tg_slice_str("/fw/");
  if (!tg_slice_begins(path, prefix)) return NULL;
  tg_slice_t token = tg_slice_from(path, prefix.len), rest = token;
  tg_slice_t number = tg_slice_take(&rest, '.');
  uint64_t id = 0;
  if (number.len == 0 || number.len > 16) return NULL;
  for (size_t i = 0; i < number.len; i++) {
    int digit = tg_hex_digit(number.p[i]);
    if (digit < 0) return NULL;
    id = id << 4 | (unsigned)digit;
  }
  tg_fw_job_t *job = tg_fw_table_find(firmware, id);
  bool fits = job && !tg_fw_job_has_ended(job) && job->image && same_token(job->row.token, token);
  return fits && job->row.method >= TG_FW_PULL_COAP ? job : NULL;
}

void tg_fw_serve_fetched(tg_fw_job_t *job, uint64_t end) {
  if (job->row.state == TG_FW_TRANSFERRING && end > job->row.sent) tg_fw_table_progress(job, end);
}

static void on_sent(void *ud, uint64_t id, uint64_t end) {
  tg_fw_job_t *job = tg_fw_table_find(ud, id);
  if (job) tg_fw_serve_fetched(job, end);
}

tg_rc_t tg_fw_serve_open(tg_firmware_t *firmware, tg_diag_t *diag) {
  const tg_firmware_config_t *config = &firmware->config;
  if (!config->http_host || !config->loop) return TG_OK;
  const tg_fw_http_config_t http = {.loop = config->loop,
                                    .host = config->http_host,
                                    .port = config->http_port,
                                    .stats = config->http_stats,
                                    .find = tg_fw_serve_find,
                                    .sent = on_sent,
                                    .ud = firmware};
  tg_rc_t rc = tg_fw_http_open(&http, diag, &firmware->http);
  if (rc != TG_OK) return rc;
  char base[BASE_MAX];
  bool v6 = strchr(config->http_host, ':') != NULL;
  (void)snprintf(base, sizeof base, "http://%s%s%s:%u", v6 ? "[" : "", config->http_host, v6 ? "]" : "",
                 (unsigned)tg_fw_http_port(firmware->http));
  firmware->http_base = tg_alloc_str(tg_slice_str(config->http_base ? config->http_base : base));
  return firmware->http_base ? TG_OK : TG_E_NOMEM;
}
