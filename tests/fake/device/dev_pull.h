/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_PULL_H
#define TG_TESTS_FAKE_DEVICE_DEV_PULL_H

/** A simulated device fetches its firmware: `coap://` with the exchange layer as client, `http://` with a small client of our own. */

#include "tests/fake/device/dev.h"

typedef struct tg_dev_pull tg_dev_pull_t;

/** A URI in pieces. */
typedef struct tg_dev_url {
  char authority[256]; /* `host:port` or `host`, as it stands */
  char path[256];      /* with its slash, without query */
  char query[256];     /* without question mark; empty: none */
  bool has_port;
} tg_dev_url_t;

enum { TG_DEV_PULL_GOES_ON = -1 }; /* else 0, or an Update Result (/5/0/5) */

/** What a scheme can do. */
typedef struct tg_dev_pull_scheme {
  const char *name; /* with `://` */
  unsigned bit;     /* TG_DEV_FETCH_… */
  /** Begins; NULL without memory or where the host is unknown. @p url is borrowed, @p config kept. */
  void *(*open)(const tg_dev_config_t *config, const tg_dev_url_t *url);
  /** Goes on with what is there; appends to or replaces @p image. @return TG_DEV_PULL_GOES_ON, 0 when it is whole, an Update Result */
  int (*run)(void *self, uint64_t now_ms, tg_buf_t *image);
  int (*fd)(const void *self); /* readable when run() has something to do; -1: it waits for time only */
  void (*close)(void *self);
} tg_dev_pull_scheme_t;

extern const tg_dev_pull_scheme_t tg_dev_pull_coap;
extern const tg_dev_pull_scheme_t tg_dev_pull_http;

/** Begins to fetch @p uri. @return 0 with @p pull (tg_dev_pull_free()), else an Update Result: 7 for a bad URI, 9 for a scheme that the device hasn't */
int tg_dev_pull_new(const tg_dev_config_t *config, const char *uri, tg_dev_pull_t **pull);

/** Goes on: as run() of a scheme. */
int tg_dev_pull_run(tg_dev_pull_t *pull, uint64_t now_ms, tg_buf_t *image);

/** The descriptor to wait for, or -1. NULL is allowed. */
int tg_dev_pull_fd(const tg_dev_pull_t *pull);

/** Ends it. NULL is allowed. */
void tg_dev_pull_free(tg_dev_pull_t *pull);

#endif
