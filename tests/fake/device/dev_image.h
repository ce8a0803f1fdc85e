/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_IMAGE_H
#define TG_TESTS_FAKE_DEVICE_DEV_IMAGE_H

/** Firmware as simulated devices know it: a line `TGFW VERSION MODEL CRC32`, then any bytes; CRC32 (eight hex digits) is theirs. Made by make_image. */

#include "tests/fake/device/dev.h"

typedef struct tg_dev_image {
  char version[TG_DEV_TEXT_MAX];
  char model[TG_DEV_TEXT_MAX];
} tg_dev_image_t;

/** Reads and checks @p bytes. @return 0, or the Update Result (/5/0/5): 5 for a wrong checksum, 6 for something else than an image */
int tg_dev_image_read(tg_slice_t bytes, tg_dev_image_t *image);

#endif
