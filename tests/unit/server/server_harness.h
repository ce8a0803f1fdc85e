/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_SERVER_SERVER_HARNESS_H
#define TG_TESTS_UNIT_SERVER_SERVER_HARNESS_H

/** A server with twin and exchange layer over a link whose other end is the test; time stands still until the test moves it. */

#include "core/server/server.h"
#include "tests/unit/check.h"

/** A message as the far end sees or writes it. */
typedef struct far_msg {
  uint8_t type, code;
  uint16_t mid;
  uint8_t token[8];
  size_t token_len;
  char path[128];  /* `/rd/abc` */
  char query[256]; /* `ep=a&lt=60` */
  int format;      /* Content-Format, -1 none */
  int observe;     /* -1 none */
  uint32_t block1; /* value of the Block1 option and one; 0: none */
  uint32_t block2; /* the same of Block2 */
  char body[2048];
  size_t body_len;
} far_msg_t;

/** The peer @p letter on the second link. */
#define SERVER_BENCH_SECOND(letter) ((char)((letter) | 0x80))

typedef struct server_bench {
  tg_link_t link;
  tg_link_t second; /* `bench1` */
  tg_event_bus_t *bus;
  tg_wheel_t *wheel;
  tg_twin_t *twin;
  tg_server_t *server;
  tg_coap_t *coap;
  tg_store_t *store;
  tg_random_seeded_t random;
  uint64_t now;
  uint16_t mid;
  bool keeps;         /* what is held until it is on disk stays held: the test lets it go */
  uint64_t handle;    /* of the last datagram, where link.reports_tx was set */
  uint32_t latency_s; /* how long the link may keep it */
  far_msg_t sent[64]; /* what the server sent, oldest first */
  char to[64];        /* to which peer */
  size_t sent_count, read_count;
  char events[4096];
  char location[32]; /* of the last 2.01 */
  char text[4096];
} server_bench_t;

/** The object definitions of the next bench; NULL (none) until a test sets it. */
extern tg_registry_t *server_bench_registry;

/** Opens everything; @p config may be NULL, its twin, coap … members are filled in; @p store may be NULL. */
void server_bench_open(server_bench_t *bench, const tg_server_config_t *config, tg_store_t *store);

/** Frees everything but the store. */
void server_bench_close(server_bench_t *bench);

/** Lets @p ms pass; events are drained, held answers released, unless it keeps them. */
void server_bench_pass(server_bench_t *bench, uint64_t ms);

/** A confirmable request from @p peer (a letter); returns the code of the answer, 0 when there was none. */
unsigned server_bench_request(server_bench_t *bench, char peer, const far_msg_t *msg);

/** POST /rd?@p query with @p links; remembers the location. */
unsigned server_bench_register(server_bench_t *bench, char peer, const char *query, const char *links);

/** A message to the server as it stands. */
void server_bench_in(server_bench_t *bench, char peer, const far_msg_t *msg);

/** The link says whether @p peer can be reached. */
void server_bench_reach(server_bench_t *bench, char peer, tg_link_reach_t reach, uint64_t until_ms);

/** The link says what became of the last datagram. */
void server_bench_tx(server_bench_t *bench, tg_link_tx_t tx, uint64_t retry_at_ms);

/** The next message that the server sent, or NULL. */
const far_msg_t *server_bench_out(server_bench_t *bench);

/** Answers @p request from @p peer with @p code and a text body; observe -1 leaves the option out. */
void server_bench_answer(server_bench_t *bench, char peer, const far_msg_t *request, far_msg_t answer);

/** Events since the last call: `registered:a records:a …`. */
const char *server_bench_events(server_bench_t *bench);

#endif
