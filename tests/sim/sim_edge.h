/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_EDGE_H
#define TG_TESTS_SIM_SIM_EDGE_H

/**
 * What the edge of the gateway shows to the simulation. The files edge_*.c define the functions of files of the product that touch the
 * outside (clock, randomness, heap, loop, writer thread, socket, paho); the linker takes them in their place, so that nothing else of the
 * product is another than in `tidegate`.
 */

#include "core/loop/loop.h"
#include "tests/sim/sim.h"

/** The heap of the product, as tg_alloc() and its like see it. */
typedef struct sim_edge_memory {
  size_t blocks;
  size_t bytes;
  size_t most;
} sim_edge_memory_t;

/** Its counters; `most` may be set. */
sim_edge_memory_t *sim_edge_memory(void);

/** When the loop has something to do; UINT64_MAX: not by itself. */
uint64_t sim_edge_loop_next(const tg_loop_t *loop);

/** One turn, now. */
void sim_edge_loop_turn(tg_loop_t *loop);

/** Something waits at a descriptor: the loop calls @p fn in its next turn. */
void sim_edge_loop_ready(tg_loop_t *loop, tg_loop_fn fn, void *ud);

/** The power of the gateway goes: a commit under way is torn, nothing later reaches the disk. */
void sim_edge_writer_crash(void);

/** From now on transactions fail, or no longer. */
void sim_edge_writer_fail(bool is_failing);

/** What the gateway's socket gets: the datagram waits for the next turn. Nothing where no gateway runs. */
void sim_edge_link_receive(uint32_t node, uint16_t port, tg_slice_t datagram);

#endif
