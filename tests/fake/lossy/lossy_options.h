/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_LOSSY_OPTIONS_H
#define TG_TESTS_FAKE_LOSSY_OPTIONS_H

/** The command line of tg-fake-lossy. */

#include <netinet/in.h>

#include "tests/fake/lossy/lossy_fate.h"

typedef struct tg_lossy_options {
  uint16_t port; /* 0: any */
  struct sockaddr_in to;
} tg_lossy_options_t;

/** Reads the options. @return -1 to go on, else the exit status (0 after --help, 2 for wrong usage, told on standard error) */
int tg_lossy_options_read(int argc, char **argv, tg_lossy_options_t *options, tg_lossy_fate_t *fate);

#endif
