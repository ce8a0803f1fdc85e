/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_BROKER_H
#define TG_TESTS_SIM_SIM_BROKER_H

/**
 * The broker with the one who subscribed to everything. A connection keeps order both ways and takes 1 to 20 ms a message; when it breaks,
 * what is on its way may still arrive or not, from some message on. The broker goes down and comes up, connections break by themselves.
 * What it has taken the subscriber gets, once.
 */

#include "tests/sim/sim.h"

/** What the broker tells a connection: of the gateway's side, in order. */
typedef enum sim_broker_news {
  SIM_BROKER_UP,
  SIM_BROKER_REFUSED,
  SIM_BROKER_DOWN,
  SIM_BROKER_TAKEN,  /* number: the message's token */
  SIM_BROKER_MESSAGE /* bytes: an order to the gateway */
} sim_broker_news_t;

/** Told on the gateway's side. */
typedef void (*sim_broker_fn)(void *ud, sim_broker_news_t news, int number, tg_slice_t bytes);

/** The subscriber: gets each message with its sequence number. */
typedef void (*sim_broker_subscriber_fn)(uint64_t seq, tg_slice_t payload);

/** A broker that is up, and goes down now and then. */
void sim_broker_begin(sim_broker_subscriber_fn fn);

/** Drops what is on its way. */
void sim_broker_end(void);

/** Someone connects; @p fn is told what comes of it. One connection at a time: an older one is forgotten. */
void sim_broker_connect(sim_broker_fn fn, void *ud);

/** The gateway's side is gone: with @p is_polite all that was sent arrives, else some of it. */
void sim_broker_leave(bool is_polite);

/** Takes a message with QoS 1. @return its token; 0 when not connected */
int sim_broker_publish(uint64_t seq, tg_slice_t payload);

/** An order for the gateway: it is lost where nobody is connected. @return whether it was sent */
bool sim_broker_order(tg_slice_t bytes);

#endif
