/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_BENCH_LOAD_WIRE_H
#define TG_TESTS_BENCH_LOAD_WIRE_H

/** CoAP messages of the load generator, written and read by hand: it must cost less than what it measures. */

#include "tests/bench/load.h"

/** What identifies a request: its slot in the window and how often the slot was used; the token is made of it. */
typedef struct tg_load_mark {
  uint8_t slot;
  uint32_t use; /* 24 bits */
} tg_load_mark_t;

/** Register of device @p packet->device, confirmable. */
void tg_load_wire_register(tg_load_packet_t *packet, tg_load_mark_t mark, uint16_t mid);

/** Update without parameters. */
void tg_load_wire_update(tg_load_packet_t *packet, const tg_load_device_t *device, tg_load_mark_t mark, uint16_t mid);

/** Confirmable notification with a temperature as text, under the token of the observation. */
void tg_load_wire_notify(tg_load_packet_t *packet, const tg_load_device_t *device, uint32_t sequence, uint16_t mid);

/** Makes a message that is not confirmable of a confirmable one. */
void tg_load_wire_non(tg_load_packet_t *packet);

/** Turns a request of the server into its answer: the temperature to a read or observation of it, else 4.04. @return whether it is an observation now */
bool tg_load_wire_answer(tg_load_packet_t *packet, tg_load_device_t *device);

/** Turns what came into an empty ACK for it. */
void tg_load_wire_ack(tg_load_packet_t *packet);

/** Reads the mark from a token; false when it is none of ours. */
bool tg_load_wire_mark(const tg_load_packet_t *packet, tg_load_mark_t *mark);

/** Keeps the Location-Path of a response as the place of @p device. */
bool tg_load_wire_place(const tg_load_packet_t *packet, tg_load_device_t *device);

#endif
