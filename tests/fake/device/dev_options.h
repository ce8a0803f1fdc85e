/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_OPTIONS_H
#define TG_TESTS_FAKE_DEVICE_DEV_OPTIONS_H

/** The command line of tg-fake-device. */

#include "tests/fake/device/dev.h"

/** Reads the options. @return -1 to go on, else the exit status (0 after --help, 2 for wrong usage, told on standard error) */
int tg_dev_options_read(int argc, char **argv, tg_dev_config_t *config);

#endif
