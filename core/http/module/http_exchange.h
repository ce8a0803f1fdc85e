/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_HTTP_MODULE_HTTP_EXCHANGE_H
#define TG_CORE_HTTP_MODULE_HTTP_EXCHANGE_H

/** The life of one connection and one request inside of libmicrohttpd: caps, deadlines, held answers. Inner part of the HTTP server. */

#include <microhttpd.h>

#include "core/http/http_server.h"

/** All connections of one server; caller's memory, members private but for `server`, `wake`, `wake_ud`, and the caps. */
typedef struct tg_http_exchanges {
  tg_loop_t *loop;
  const tg_http_server_t *server; /* for its calls */
  tg_pool_t requests;             /* being read, answered or held */
  tg_pool_t connections;
  tg_http_handler_fn handler;
  void *ud;
  void (*wake)(void *ud); /* MHD_run() is wanted soon */
  void *wake_ud;
  bool client_ca; /* clients must show a certificate */
  bool secure;
  uint32_t max_connections;
  size_t max_header;
  size_t max_body;
  uint32_t timeout_ms;
  uint32_t hold_ms;
  tg_http_stats_t *stats;
  tg_http_stats_t own; /* where nobody else counts */
} tg_http_exchanges_t;

/** Takes caps and handler from @p config, with its defaults. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_http_exchange_init(tg_http_exchanges_t *exchanges, const tg_http_server_config_t *config,
                                            tg_loop_t *loop);

/** Frees the tables; the daemon has been stopped. */
void tg_http_exchange_fini(tg_http_exchanges_t *exchanges);

/** Lets go every held request, so that the daemon can stop. */
void tg_http_exchange_abandon(tg_http_exchanges_t *exchanges);

/** See tg_http_server_complete(). */
TG_MUST_CHECK tg_rc_t tg_http_exchange_complete(tg_http_exchanges_t *exchanges, tg_id_t id,
                                                const tg_http_reply_t *reply);

/** libmicrohttpd's access handler (MHD_AccessHandlerCallback); @p ud is the tg_http_exchanges_t. */
enum MHD_Result tg_http_exchange_on_request(void *ud, struct MHD_Connection *connection, const char *url,
                                            const char *method, const char *version, const char *upload,
                                            size_t *upload_len, void **slot);

/** MHD_OPTION_NOTIFY_COMPLETED: frees what belongs to the request. */
void tg_http_exchange_on_completed(void *ud, struct MHD_Connection *connection, void **slot,
                                   enum MHD_RequestTerminationCode code);

/** MHD_OPTION_NOTIFY_CONNECTION: the connection's deadline begins and ends. */
void tg_http_exchange_on_connection(void *ud, struct MHD_Connection *mhd, void **socket_context,
                                    enum MHD_ConnectionNotificationCode code);

#endif
