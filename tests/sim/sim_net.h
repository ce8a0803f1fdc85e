/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_NET_H
#define TG_TESTS_SIM_SIM_NET_H

/**
 * The network between the gateway and its devices: 30 % of the datagrams are lost, 10 % come twice, 20 % come late, and now and then a
 * device or the gateway is cut off for 1 to 120 s. A device is a node with a port that may change, as behind a NAT.
 */

#include "tests/sim/sim.h"

enum { SIM_NET_GATEWAY = 0, SIM_NET_NODES = 8, SIM_NET_MTU = 1280 };

/** What a device gets; lent for the call. */
typedef void (*sim_net_fn)(void *ud, tg_slice_t datagram);

/** What the gateway gets from which address; lent for the call. */
typedef void (*sim_net_gateway_fn)(uint32_t node, uint16_t port, tg_slice_t datagram);

/** An empty network whose gateway is @p fn; partitions begin by themselves. */
void sim_net_begin(sim_net_gateway_fn fn);

/** Drops what is on its way. */
void sim_net_end(void);

/** The device at @p node (from 1 on). */
void sim_net_attach(uint32_t node, sim_net_fn fn, void *ud);

/** From now on it has that port: what was sent to another one is lost. */
void sim_net_set_port(uint32_t node, uint16_t port);

/** Sends from a device. */
void sim_net_up(uint32_t node, tg_slice_t datagram);

/** Sends from the gateway. */
void sim_net_down(uint32_t node, uint16_t port, tg_slice_t datagram);

#endif
