/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_MODBUS_MODBUS_SLAVE_H
#define TG_TESTS_FAKE_MODBUS_MODBUS_SLAVE_H

/** A Modbus slave's tables and its answers to RTU frames (Modbus Application Protocol 1.1b3, functions 1–6, 15, 16). Shares nothing with the product. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TG_MODBUS_SLAVE_ROWS = 128, TG_MODBUS_SLAVE_FRAME_MAX = 256 };

/** Caller's memory; tables may be read and written between frames. */
typedef struct tg_modbus_slave {
  uint8_t unit;
  bool coils[TG_MODBUS_SLAVE_ROWS];
  bool discretes[TG_MODBUS_SLAVE_ROWS];
  uint16_t holdings[TG_MODBUS_SLAVE_ROWS];
  uint16_t inputs[TG_MODBUS_SLAVE_ROWS];
} tg_modbus_slave_t;

/** A request's frame and the answer to it. */
typedef struct tg_modbus_slave_frame {
  size_t len;
  uint8_t bytes[TG_MODBUS_SLAVE_FRAME_MAX];
} tg_modbus_slave_frame_t;

/** Length of the request that begins with @p bytes: 0 when more must be seen first, also for functions whose length is not known. */
size_t tg_modbus_slave_length(const uint8_t *bytes, size_t len);

/** Answers a whole frame; reply->len stays 0 for other units, broadcasts and wrong checksums. @return whether the frame was for us and sound */
bool tg_modbus_slave_answer(tg_modbus_slave_t *slave, const tg_modbus_slave_frame_t *request,
                            tg_modbus_slave_frame_t *reply);

#endif
