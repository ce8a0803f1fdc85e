/* SPDX-License-Identifier: Apache-2.0 */
/* See sim_world.h. Called by simulation.c; calls gateway, broker, network, devices. */

#include "tests/sim/sim_world.h"

#include <sqlite3.h>
#include <stdio.h>

#include "tests/sim/sim_broker.h"
#include "tests/sim/sim_edge.h"
#include "tests/sim/sim_gateway.h"
#include "tests/sim/sim_net.h"
#include "tests/unit/store/cut_harness.h"

enum {
  MINUTE = 60 * 1000,
  SETTLES = 12 * MINUTE,
  SILENCE = 5 * MINUTE,
  PATIENCE = 3 * MINUTE,
  DOWN_MS = 20000,
  CRASH_PER_MILLE = 700,
  ORDER_EVERY = 30000,
  TIMEOUT_MIN_S = 10,
  TIMEOUT_S = 290,
  DISK_EVERY = 20 * MINUTE,
  DISK_MS = 20000,
  CHECK_EVERY = 10000,
  DEVICES_MIN = 3
};

/* How often gateways restart differs from run to run: after crashes in a row other things show than after a long day. */
static const uint32_t restarts_every[] = {2 * MINUTE, 6 * MINUTE, 13 * MINUTE, 13 * MINUTE, 25 * MINUTE};

static struct {
  char store[256];
  uint32_t restart_every;
  sim_device_t devices[SIM_DEVICE_KINDS];
  uint32_t device_count;
  uint32_t first_kind;
  tg_timer_t restart, order, disk, check;
  bool disk_fails;
  sim_world_result_t result;
} world;

/* ---- what goes wrong, and what people want ---- */

static void start_gateway(void) {
  bool is_first = world.result.crashes + world.result.stops == 0;
  sim_gateway_start(world.store, is_first);
}

static void on_restart(tg_timer_t *timer, void *ud) {
  (void)ud;
  if (!sim_gateway_runs()) {
    start_gateway();
    sim_after(timer, sim_wait(world.restart_every));
    return;
  }
  if (sim.is_calm) return;
  bool crashes = sim_chance(CRASH_PER_MILLE);
  *(crashes ? &world.result.crashes : &world.result.stops) += 1;
  sim_gateway_stop(crashes);
  sim_after(timer, 50 + sim_draw(DOWN_MS));
}

static void on_disk(tg_timer_t *timer, void *ud) {
  (void)ud;
  if (sim.is_calm && !world.disk_fails) return;
  world.disk_fails = !world.disk_fails;
  world.result.disk_troubles += world.disk_fails;
  sim_trace("disk %s", world.disk_fails ? "fails" : "works");
  sim_edge_writer_fail(world.disk_fails);
  sim_after(timer, world.disk_fails ? 1 + sim_draw(DISK_MS) : sim_wait(DISK_EVERY));
}

static void on_order(tg_timer_t *timer, void *ud) {
  static const uint8_t ops[] = {TG_OP_READ,    TG_OP_WRITE,  TG_OP_WRITE,  TG_OP_EXECUTE,    TG_OP_EXECUTE,
                                TG_OP_EXECUTE, TG_OP_CREATE, TG_OP_DELETE, TG_OP_ATTRIBUTES, TG_OP_DISCOVER};
  (void)ud;
  if (sim.is_silent) return;
  sim_after(timer, sim_wait(ORDER_EVERY));
  sim_order_t order;
  memset(&order, 0, sizeof order);
  order.node = 1 + sim_draw(world.device_count);
  order.op = ops[sim_draw(TG_COUNT(ops))];
  order.durable = sim_chance(800);
  order.retry = sim_chance(100);
  order.replaces = order.op == TG_OP_WRITE && sim_chance(500);
  order.timeout_s = TIMEOUT_MIN_S + sim_draw(TIMEOUT_S);
  if (!sim_ledger_ordered(&order)) return;
  bool is_sent = sim_broker_order(tg_slice(&order, sizeof order));
  sim_note('o', order.number, tg_slice(&order, sizeof order));
  sim_trace("order %u for device %u%s", order.number, order.node, is_sent ? "" : " finds no gateway");
}

static void on_check(tg_timer_t *timer, void *ud) {
  (void)ud;
  sim_gateway_check_caps();
  sim_after(timer, CHECK_EVERY);
}

/* ---- time ---- */

static void run_until(uint64_t until) {
  while (!sim.is_broken) {
    uint64_t next = tg_wheel_next(sim.wheel), gateway = sim_gateway_next();
    if (gateway < next) next = gateway;
    if (next > until) break;
    if (next > sim.now_ms) sim.now_ms = next;
    (void)tg_wheel_advance(sim.wheel, sim.now_ms);
    if (!sim.is_broken && sim_gateway_next() <= sim.now_ms) sim_gateway_turn();
  }
  if (!sim.is_broken) sim.now_ms = until;
}

static void begin(uint64_t seed) {
  memset(&world.devices, 0, sizeof world.devices);
  memset(&world.result, 0, sizeof world.result);
  world.disk_fails = false;
  sim_begin(seed);
  cut_harness_begin_anew(seed);
  (void)sqlite3_randomness(0, NULL);
  sim_edge_memory()->most = sim_edge_memory()->bytes;
  sim_edge_writer_fail(false);
  world.restart_every = restarts_every[sim_draw(TG_COUNT(restarts_every))];
  sim_ledger_begin();
  sim_net_begin(sim_edge_link_receive);
  sim_broker_begin(sim_ledger_received);
  start_gateway();
  world.device_count = DEVICES_MIN + sim_draw(SIM_DEVICE_KINDS - DEVICES_MIN + 1);
  world.first_kind = sim_draw(SIM_DEVICE_KINDS);
  for (uint32_t i = 0; i < world.device_count; i++)
    sim_device_begin(&world.devices[i], i + 1, (world.first_kind + i) % SIM_DEVICE_KINDS);
  world.restart = (tg_timer_t){.fn = on_restart};
  world.order = (tg_timer_t){.fn = on_order};
  world.disk = (tg_timer_t){.fn = on_disk};
  world.check = (tg_timer_t){.fn = on_check};
  sim_after(&world.restart, sim_wait(world.restart_every));
  sim_after(&world.order, sim_wait(ORDER_EVERY));
  sim_after(&world.disk, sim_wait(DISK_EVERY));
  sim_after(&world.check, CHECK_EVERY);
}

static void settle(void) {
  sim_trace("all is calm from now on");
  sim.is_calm = true;
  run_until(sim.now_ms + SETTLES);
  for (uint32_t i = 0; i < world.device_count && !sim.is_broken; i++) sim_gateway_check_device(&world.devices[i]);
  sim.is_silent = true;
  run_until(sim.now_ms + SILENCE);
  for (uint64_t end = sim.now_ms + PATIENCE; !sim.is_broken && sim.now_ms < end && !sim_gateway_is_idle();)
    run_until(sim.now_ms + 1000);
  if (sim.is_broken) return;
  sim_gateway_check_idle();
  sim_ledger_check_end();
}

static void end(void) {
  if (sim.is_broken) sim.is_calm = true;
  for (uint32_t i = 0; i < world.device_count; i++) sim_device_end(&world.devices[i]);
  sim_gateway_stop(false);
  sim_broker_end();
  sim_net_end();
  sim_end();
}

void sim_world_run(uint64_t seed, uint32_t minutes, sim_world_result_t *result) {
  begin(seed);
  run_until(SIM_BEGIN_MS + (uint64_t)minutes * MINUTE);
  if (!sim.is_broken) settle();
  world.result.digest = sim.digest;
  world.result.events = sim.events;
  world.result.books = *sim_ledger_stats();
  world.result.memory_most = sim_edge_memory()->most;
  end();
  *result = world.result;
}

/* SQLite's own numbers: the names of new databases, salts of logs. */
static int fill_random(sqlite3_vfs *vfs, int len, char *to) {
  (void)vfs;
  tg_random_seeded_t seeded = {sim.seed};
  tg_random_fill_seeded(&seeded, to, (size_t)len);
  return len;
}

void sim_world_install(const char *folder) {
  (void)snprintf(world.store, sizeof world.store, "%s/store.db", folder);
  cut_harness_install(UINT64_MAX, 1);
  cut_harness_go_on();
  sqlite3_vfs_find(NULL)->xRandomness = fill_random;
}

void sim_world_uninstall(void) {
  cut_harness_begin_anew(1);
}
