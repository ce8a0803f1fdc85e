/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_HTTP_H
#define TG_CORE_FIRMWARE_FW_HTTP_H

/** The HTTP file server: GET and HEAD of /fw/TOKEN, whole or in part (Range), with a strong ETag. */

#include "core/firmware/fw_job.h"
#include "core/http/http_server.h"

/** Seam: the update that a path belongs to, while it may be fetched; NULL: none. */
typedef tg_fw_job_t *(*tg_fw_http_find_fn)(void *ud, tg_slice_t path);

/** Seam: bytes of update @p id up to @p end are on their way to the device. */
typedef void (*tg_fw_http_sent_fn)(void *ud, uint64_t id, uint64_t end);

/** Clients that fetch at a time. */
#define TG_FW_HTTP_CONNECTIONS 256

/** Who answers. */
typedef struct tg_fw_http_config {
  tg_loop_t *loop;
  const char *host;
  uint16_t port;
  tg_http_stats_t *stats; /* kept; may be NULL */
  tg_fw_http_find_fn find;
  tg_fw_http_sent_fn sent;
  void *ud;
} tg_fw_http_config_t;

/** Listens. The errors of tg_http_server_new(). */
TG_MUST_CHECK tg_rc_t tg_fw_http_open(const tg_fw_http_config_t *config, tg_diag_t *diag, tg_fw_http_t **http);

/** Ends transfers and frees it. NULL is allowed. */
void tg_fw_http_close(tg_fw_http_t *http);

/** The port it listens on. */
uint16_t tg_fw_http_port(const tg_fw_http_t *http);

#endif
