/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SYSTEM_SCEF_BENCH_H
#define TG_TESTS_SYSTEM_SCEF_BENCH_H

/** A bench for tests of the NIDD link: tg-fake-scef as a child process, the link on a loop, UDP devices, and what the link told. */

#include <sys/types.h>

#include "core/http/http_client.h"
#include "core/link/link_nidd.h"
#include "tests/unit/check.h"

#define SCEF_DEV1 "dev1@example.com"
#define SCEF_DEV2 "dev2@example.com"

enum { SCEF_DEVICES = 8, SCEF_NEWS = 64, SCEF_KEPT = 16 };

/** A tx() report. */
typedef struct scef_tx {
  uint64_t handle;
  tg_link_tx_t tx;
  uint64_t retry_at_ms;
} scef_tx_t;

/** A datagram from a device. */
typedef struct scef_rx {
  char from[TG_ADDR_MAX + 1];
  uint8_t data[256];
  size_t len;
} scef_rx_t;

/** What the link's memory holds. */
typedef struct scef_kept {
  char key[256];
  char value[1024];
} scef_kept_t;

typedef struct scef_bench {
  pid_t pid;
  int out; /* the SCEF's standard output */
  uint16_t http_port;
  uint16_t relay_port[SCEF_DEVICES];
  int udp[SCEF_DEVICES];
  tg_loop_t *loop;
  tg_http_client_t *http; /* of the test, for control requests */
  tg_link_t *link;
  tg_link_nidd_config_t config; /* used by scef_bench_open_link() */
  char api_root[64];
  char token_url[96];
  bool hold; /* rx() holds its notification */
  uint64_t ticket;
  unsigned rx_count, tx_count, up, down, held, limits;
  tg_link_reach_t reach; /* as told last */
  uint64_t reach_until_ms;
  unsigned tx_at_reach; /* tx_count then */
  size_t mtu;
  scef_rx_t rx[SCEF_NEWS];
  scef_tx_t tx[SCEF_NEWS];
  scef_kept_t kept[SCEF_KEPT];
  unsigned answered; /* control requests */
  int status;
  char answer[16384];
} scef_bench_t;

/** Options of an SCEF with two devices, and lists of devices: one of them, both. */
extern const char *const scef_bench_plain[], *const scef_bench_one[], *const scef_bench_two[];

/** Starts the SCEF with the NULL-ended options (its relays are devices 0, 1 …), and a loop. */
void scef_bench_open(scef_bench_t *bench, const char *const options[]);

/** Opens the link with bench->config, where api_root, memory, time limits and the loop are filled in. */
void scef_bench_open_link(scef_bench_t *bench, const char *const devices[]);

/** Opens all with one ready device that has been heard, so that downlinks reach it. */
void scef_bench_open_ready(scef_bench_t *bench);

/** Closes the link and forgets what it told. */
void scef_bench_close_link(scef_bench_t *bench);

/** Ends everything; fails when the SCEF did not end well. */
void scef_bench_close(scef_bench_t *bench);

/** Turns the loop until *count has reached want; fails after ten seconds. */
void scef_bench_until(scef_bench_t *bench, const unsigned *count, unsigned want);

/** Turns the loop until the link has @p want configurations in force. */
void scef_bench_until_ready(scef_bench_t *bench, uint32_t want);

/** Turns the loop until more than @p before reports have come; fails unless the next one is @p tx of @p handle. */
void scef_bench_until_tx(scef_bench_t *bench, unsigned before, uint64_t handle, tg_link_tx_t tx);

/** Fails unless the report behind the first @p before is there and is @p tx of @p handle. */
void scef_bench_check_tx(const scef_bench_t *bench, unsigned before, uint64_t handle, tg_link_tx_t tx);

/** What the link counted. */
tg_link_nidd_stats_t scef_bench_stats(const scef_bench_t *bench);

/** A control request to the SCEF; fails unless it is answered with 200. */
void scef_bench_control(scef_bench_t *bench, const char *json);

/** The same that sets what the SCEF does from now on: @p behaviour is a JSON object. */
void scef_bench_set(scef_bench_t *bench, const char *behaviour);

/** Asks the SCEF how many configurations it has for us; the list stays in bench->answer. */
unsigned scef_bench_configurations(scef_bench_t *bench);

/** The text between `"name":"` and the next quote of bench->answer; fails where there is none. */
void scef_bench_member(const scef_bench_t *bench, const char *name, char *out, size_t cap);

/** Any request to the SCEF (or, with an absolute URL, to the link's callback server); the status is returned, the body in bench->answer. */
int scef_bench_request(scef_bench_t *bench, const char *method, const char *url, const char *type, const char *body);

/** Sends a datagram as device @p device. */
void scef_bench_uplink(scef_bench_t *bench, unsigned device, const char *data);

/** Reads the next datagram that device @p device gets, as a C string; fails after ten seconds. */
void scef_bench_downlink(scef_bench_t *bench, unsigned device, char *out, size_t cap);

/** The same; fails unless it is @p want. */
void scef_bench_check_downlink(scef_bench_t *bench, unsigned device, const char *want);

/** Hands a datagram to the link; the handle is returned. */
uint64_t scef_bench_send(scef_bench_t *bench, const char *to, const char *data, uint32_t latency_s, bool expects_reply);

#endif
