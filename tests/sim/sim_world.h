/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_SIM_SIM_WORLD_H
#define TG_TESTS_SIM_SIM_WORLD_H

/** One run: a gateway, a broker, three to six devices, people who give commands, and everything that goes wrong in an hour. */

#include "tests/sim/sim_ledger.h"

/** What a run was like. */
typedef struct sim_world_result {
  uint64_t digest;
  uint64_t events;
  uint32_t crashes;
  uint32_t stops;
  uint32_t disk_troubles;
  size_t memory_most;
  sim_ledger_stats_t books;
} sim_world_result_t;

/** Installs the disk in @p folder (kept; it exists). Once in a process. */
void sim_world_install(const char *folder);

/** Removes its files. */
void sim_world_uninstall(void);

/** Runs @p seed: @p minutes with faults, then until all has settled. Whether an invariant broke is in sim.is_broken. */
void sim_world_run(uint64_t seed, uint32_t minutes, sim_world_result_t *result);

#endif
