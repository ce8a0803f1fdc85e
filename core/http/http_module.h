/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_HTTP_HTTP_MODULE_H
#define TG_CORE_HTTP_HTTP_MODULE_H

/**
 * The seam between http.c and core/http/module, which is a shared object of its own: a client and a server begin with the table of what can be
 * done with them. The functions behind it are described in http_client.h and http_server.h.
 */

#include "core/http/http_client.h"
#include "core/http/http_server.h"

/** Counted up when something here, in the two headers above, or in what they include, changes its layout within one version of Tidegate. */
enum { TG_HTTP_ABI = 1 };

/** What can be done with a client. */
typedef struct tg_http_client_ops {
  void (*free)(tg_http_client_t *client); /* not NULL */
  tg_rc_t (*send)(tg_http_client_t *client, const tg_http_request_t *request, tg_id_t *id);
  void (*cancel)(tg_http_client_t *client, tg_id_t id);
  uint32_t (*count)(const tg_http_client_t *client);
} tg_http_client_ops_t;

/** What every client begins with. */
struct tg_http_client {
  const tg_http_client_ops_t *ops;
};

/** What can be done with a server, and with a call while its handler runs. */
typedef struct tg_http_server_ops {
  void (*free)(tg_http_server_t *server); /* not NULL */
  uint16_t (*port)(const tg_http_server_t *server);
  bool (*secure)(const tg_http_server_t *server);
  const char *(*header)(const tg_http_call_t *call, const char *name);
  const char *(*query)(const tg_http_call_t *call, const char *name);
  tg_rc_t (*complete)(tg_http_server_t *server, tg_id_t id, const tg_http_reply_t *reply);
} tg_http_server_ops_t;

/** What every server begins with. */
struct tg_http_server {
  const tg_http_server_ops_t *ops;
};

/** What the shared object shows: the only symbol that it exports is one of these, tg_http_module. The first two members stay where they are for ever. */
typedef struct tg_http_module {
  uint32_t abi;        /* TG_HTTP_ABI */
  const char *version; /* of Tidegate */
  tg_http_client_t *(*client_new)(tg_loop_t *loop, const tg_http_client_config_t *config);
  tg_rc_t (*server_new)(tg_loop_t *loop, const tg_http_server_config_t *config, tg_diag_t *diag,
                        tg_http_server_t **server);
} tg_http_module_t;

extern const tg_http_module_t tg_http_module;

/** tg_http_client_new() in the module. */
tg_http_client_t *tg_http_client_make(tg_loop_t *loop, const tg_http_client_config_t *config);

/** tg_http_server_new() in the module. */
TG_MUST_CHECK tg_rc_t tg_http_server_make(tg_loop_t *loop, const tg_http_server_config_t *config, tg_diag_t *diag,
                                          tg_http_server_t **server);

#endif
