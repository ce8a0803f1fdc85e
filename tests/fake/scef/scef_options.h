/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_OPTIONS_H
#define TG_TESTS_FAKE_SCEF_OPTIONS_H

/** Command line of tg-fake-scef. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fake/scef/scef_behave.h"

/** What the command line said; texts are lent by argv. */
typedef struct tg_scef_options {
  uint16_t http_port;      /* 0: any free one */
  const char *prefix;      /* path part of apiRoot, "" or "/…" without a slash at the end */
  const char *log;         /* NULL: none */
  const char *client;      /* OAuth2 "id:secret", NULL: no authorisation asked */
  int64_t token_lifetime;  /* seconds */
  const char *features;    /* our supportedFeatures, hex */
  bool auto_relay;         /* a configuration for an unknown identity makes its device */
  int64_t queue;           /* notifications held per device */
  int64_t retry_max;       /* longest pause between attempts, ms */
  tg_scef_behave_t behave; /* of devices to come */
  const char **relays;     /* ID or ID=PORT */
  size_t relay_count;
  const char **controls; /* JSON of control requests to carry out at the start */
  size_t control_count;
  bool help;
} tg_scef_options_t;

/**
 * Reads the command line.
 *
 * @param options  filled in; tg_scef_options_fini() frees what it holds, also after false
 * @return false with one line on stderr where it isn't understood
 */
bool tg_scef_options_parse(tg_scef_options_t *options, int argc, char **argv);

/** Frees the lists of @p options. */
void tg_scef_options_fini(tg_scef_options_t *options);

/** Prints how to call the program. */
void tg_scef_options_usage(void);

#endif
