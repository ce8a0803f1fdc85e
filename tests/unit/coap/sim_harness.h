/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_COAP_SIM_HARNESS_H
#define TG_TESTS_UNIT_COAP_SIM_HARNESS_H

/**
 * A network in one process under a virtual clock: links that lose, duplicate and delay datagrams by a seed. The same seed gives
 * the same run, bit for bit. Any number of engines may hang on it.
 */

#include "core/coap/coap.h"

/** How bad the network is; chances in 1/1000. */
typedef struct sim_weather {
  unsigned loss;
  unsigned duplication;
  unsigned reordering; /* chance of an extra delay of up to `late_ms` */
  unsigned delay_ms;   /* ordinary delay: 1 to this */
  unsigned late_ms;
} sim_weather_t;

typedef struct sim_net sim_net_t;

/** One end on the network; its address is one byte. Set by sim_attach(). */
typedef struct sim_link {
  tg_link_t link; /* first */
  sim_net_t *net;
  uint8_t address;
} sim_link_t;

enum { SIM_LINKS = 8 };

/** The network. Members may be read. */
struct sim_net {
  tg_wheel_t *wheel;
  tg_random_seeded_t random;
  sim_weather_t weather; /* may be changed */
  uint8_t mute;          /* address of an end of which nothing arrives any more; 0: none; may be changed */
  sim_link_t *links[SIM_LINKS];
  unsigned link_count;
  unsigned in_flight;
  uint64_t sent;
  uint64_t lost;
  uint64_t duplicated;
  uint64_t trace; /* digest of everything delivered and when: equal for equal runs */
  void (*spy)(void *ud, uint8_t from, uint8_t to, tg_slice_t datagram); /* sees what is sent, before it may be lost */
  void *spy_ud;
};

/** An empty network with its own wheel; fails the test without memory. */
void sim_open(sim_net_t *net, uint64_t seed, const sim_weather_t *weather);

/** Forgets what is on its way and frees the wheel. After the engines. */
void sim_close(sim_net_t *net);

/** Adds an end with that address. */
void sim_attach(sim_net_t *net, sim_link_t *link, uint8_t address);

/** The address of an end, as bytes of a peer. */
tg_addr_t sim_addr(uint8_t address);

/** Runs until @p is_over says so or @p limit_ms of virtual time have passed. @return whether it was over in time */
bool sim_run(sim_net_t *net, uint64_t limit_ms, bool (*is_over)(void *ud), void *ud);

#endif
