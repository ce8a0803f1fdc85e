/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_NET_H
#define TG_TESTS_FAKE_DEVICE_DEV_NET_H

/** The device's socket, its retransmissions (RFC 7252 §4.2), and what it tells on standard output. */

#include <netdb.h>

#include "tests/fake/device/dev.h"

/** Tells an event as one line; behind the endpoint's name where there are several devices. */
void tg_dev_net_say(const tg_dev_t *dev, const char *format, ...) TG_PRINTF(2, 3);

/** Opens the socket of @p dev towards the server of its transport; false (told on standard error) where that can't be. */
bool tg_dev_net_open(tg_dev_t *dev);

/** Closes the socket: what is under way is forgotten, and so are requests that came over it. */
void tg_dev_net_close(tg_dev_t *dev);

/** Resolves `HOST:PORT`, `HOST` or `[HOST]:PORT` to @p found (freeaddrinfo()) for sockets of @p type; @return getaddrinfo()'s result */
int tg_dev_net_resolve(const char *text, int type, struct addrinfo **found);

/** What tells a request from another: message id, code and token. Never 0. */
uint32_t tg_dev_net_key(const tg_coap_msg_t *request);

/** Sends bytes as they are; errors are lost datagrams. Wakes a sleeping device. */
void tg_dev_net_send(tg_dev_t *dev, tg_slice_t bytes);

/** Sends an empty ACK or RST. */
void tg_dev_net_send_empty(tg_dev_t *dev, uint8_t type, uint16_t mid);

/** A free flight for @p kind with a new message id and token; NULL when all are under way. */
tg_dev_flight_t *tg_dev_net_flight(tg_dev_t *dev, tg_dev_kind_t kind);

/** Sends the flight's bytes and begins to repeat them. */
void tg_dev_net_launch(tg_dev_t *dev, tg_dev_flight_t *flight);

/** The flight that @p msg (ACK, RST or response) belongs to, or NULL. */
tg_dev_flight_t *tg_dev_net_match(tg_dev_t *dev, const tg_coap_msg_t *msg);

/** Whether a request of @p kind is under way. */
bool tg_dev_net_busy(const tg_dev_t *dev, int kind);

/** Repeats what is due; a flight given up is returned (once, still in place) for its owner to judge, else NULL. */
tg_dev_flight_t *tg_dev_net_tick(tg_dev_t *dev, uint64_t now_ms);

#endif
