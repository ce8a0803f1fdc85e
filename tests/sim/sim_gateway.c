/* SPDX-License-Identifier: Apache-2.0 */
/* See sim_gateway.h. Called by the world; calls the product's composition. */

#include "tests/sim/sim_gateway.h"

#include "core/coap/coap_engine.h"
#include "core/gateway/gateway.h"
#include "core/server/server_state.h"
#include "tests/sim/sim_edge.h"
#include "tests/sim/sim_ledger.h"
#include "tests/sim/sim_rules.h"
#include "tests/unit/store/cut_harness.h"

#define MEMORY_MAX ((size_t)24 << 20)

enum { PEERS = 64, EXCHANGES = 256, DEDUP = 512, TRANSFERS = 32, OBSERVATIONS = 64, HELD = 64, DEVICES = 32 };

static const tg_server_observe_t observed[] = {{.path = {{3303, 0, 0, 0}, 1}, .query = "pmin=5&pmax=100"}};

static struct {
  tg_loop_t *loop;
  tg_registry_t *registry;
  tg_gateway_t *gateway;
  tg_gateway_parts_t parts;
  size_t blocks; /* of memory before it was started */
} now;

static tg_registry_t *make_registry(void) {
  static const tg_resdef_t resources[] = {
      {.id = 5700, .ops = TG_OPS_READ, .type = TG_TYPE_FLOAT, .mandatory = true, .name = "Value", .unit = "Cel"},
      {.id = 5750, .ops = TG_OPS_READ | TG_OPS_WRITE, .type = TG_TYPE_STRING, .name = "Type", .unit = ""}};
  const tg_objdef_head_t head = {.id = 3303, .multiple = true, .version = TG_VERSION_1_0, .name = tg_slice_str("T")};
  tg_registry_t *registry = tg_registry_new();
  tg_objdef_t *def = tg_objdef_new(&head);
  if (!registry || !def) return NULL;
  tg_rc_t rc = tg_objdef_add(def, &resources[0]);
  if (rc == TG_OK) rc = tg_objdef_add(def, &resources[1]);
  if (rc == TG_OK) rc = tg_registry_add(registry, def);
  return rc == TG_OK ? registry : NULL;
}

static tg_rc_t open_gateway(const char *store_path, tg_diag_t *diag) {
  static const tg_gateway_link_t link = {
      .kind = TG_GATEWAY_UDP, .max_retransmit = -1, .udp = {.name = "udp0", .host = "10.0.0.0"}};
  static const tg_mqtt_broker_config_t broker = {.name = "main", .uri = "mqtt://simulated"};
  const tg_gateway_config_t config = {.store_path = store_path,
                                      .links = &link,
                                      .link_count = 1,
                                      .observe = observed,
                                      .observe_count = TG_COUNT(observed),
                                      .awake_ms = 20000,
                                      .rebind = TG_COAP_REBIND_SAME_HOST,
                                      .devices_max = DEVICES,
                                      .limits = {.peers = PEERS,
                                                 .exchanges = EXCHANGES,
                                                 .dedup = DEDUP,
                                                 .transfers = TRANSFERS,
                                                 .observations = OBSERVATIONS,
                                                 .held = HELD},
                                      .brokers = &broker,
                                      .broker_count = 1,
                                      .on_message = sim_rules_on_message};
  return tg_gateway_open(now.loop, now.registry, &config, diag, &now.gateway);
}

static bool on_entry(void *ud, const tg_outbox_entry_t *entry) {
  (void)ud;
  sim_ledger_stored(entry->payload);
  return true;
}

static bool on_command(void *ud, const tg_command_t *command, tg_command_state_t state) {
  (void)ud, (void)state;
  uint32_t number = sim_rules_number(command->tag);
  if (number) sim_ledger_queued(number);
  return true;
}

static bool on_device(void *ud, const tg_device_t *device) {
  tg_twin_commands(ud, device->id, on_command, NULL);
  return true;
}

static void check_restart(void) {
  tg_outbox_read_t read = {.broker = tg_hash_crc32(0, tg_slice_str("main")), .max = SIZE_MAX};
  if (tg_store_outbox_read(now.parts.store, &read, on_entry, NULL) != TG_OK) sim_fail("the outbox can't be read");
  tg_twin_each(now.parts.twin, on_device, now.parts.twin);
  sim_ledger_restarted();
}

void sim_gateway_start(const char *store_path, bool is_first) {
  tg_diag_t diag = {0};
  now.blocks = sim_edge_memory()->blocks;
  now.loop = tg_loop_new();
  now.registry = make_registry();
  tg_rc_t rc = now.loop && now.registry ? open_gateway(store_path, &diag) : TG_E_NOMEM;
  sim_trace("gateway starts: %s", tg_rc_name(rc));
  sim_note('g', 1, tg_slice(NULL, 0));
  if (rc != TG_OK) {
    sim_fail("the gateway does not start: %s %s", tg_rc_name(rc), diag.message);
    return;
  }
  now.parts = tg_gateway_parts(now.gateway);
  sim_rules_begin(now.gateway);
  if (!is_first) check_restart();
}

void sim_gateway_stop(bool crashes) {
  if (!now.gateway) return;
  sim_trace("gateway %s", crashes ? "crashes" : "stops");
  sim_note('g', crashes ? 2 : 3, tg_slice(NULL, 0));
  if (crashes) sim_edge_writer_crash();
  sim.is_dead = crashes;
  tg_gateway_close(now.gateway);
  sim_rules_end();
  sim_ledger_stopped();
  now.gateway = NULL;
  tg_registry_free(now.registry);
  tg_loop_free(now.loop);
  sim.is_dead = false;
  if (crashes) cut_harness_power_on();
  else if (sim.breaks == SIM_BREAK_FORGET) cut_harness_begin_anew(sim.seed);
  size_t blocks = sim_edge_memory()->blocks;
  if (blocks != now.blocks) sim_fail("%zu blocks of memory were not freed", blocks - now.blocks);
}

bool sim_gateway_runs(void) {
  return now.gateway != NULL;
}

uint64_t sim_gateway_next(void) {
  return now.gateway ? sim_edge_loop_next(now.loop) : UINT64_MAX;
}

void sim_gateway_turn(void) {
  sim_edge_loop_turn(now.loop);
}

void sim_gateway_check_caps(void) {
  if (!now.gateway) return;
  tg_coap_stats_t stats;
  tg_coap_stats(now.parts.coap, &stats);
  const tg_coap_t *coap = now.parts.coap;
  if (stats.peers > PEERS || stats.exchanges > EXCHANGES || stats.observations > OBSERVATIONS ||
      coap->dedup.used > DEDUP || coap->helds.pool.count > HELD || coap->bodies.pool.count > TRANSFERS)
    sim_fail("a table of the exchange layer is over its cap");
  if (sim_edge_memory()->bytes > MEMORY_MAX) sim_fail("%zu bytes of memory", sim_edge_memory()->bytes);
  if (tg_twin_count(now.parts.twin) > SIM_DEVICE_KINDS) sim_fail("more devices than there are");
}

static bool is_waiting(void *ud, const tg_device_t *device) {
  *(bool *)ud = *(bool *)ud || device->active || device->queued;
  return true;
}

bool sim_gateway_is_idle(void) {
  bool waits = false;
  tg_coap_stats_t stats;
  tg_store_stats_t store;
  tg_coap_stats(now.parts.coap, &stats);
  tg_store_stats(now.parts.store, &store);
  tg_twin_each(now.parts.twin, is_waiting, &waits);
  return !waits && stats.exchanges == 0 && store.outbox_rows == 0 && now.parts.coap->helds.pool.count == 0;
}

void sim_gateway_check_idle(void) {
  bool waits = false;
  tg_coap_stats_t stats;
  tg_store_stats_t store;
  tg_coap_stats(now.parts.coap, &stats);
  tg_store_stats(now.parts.store, &store);
  tg_twin_each(now.parts.twin, is_waiting, &waits);
  if (stats.exchanges) sim_fail("%u requests never ended", (unsigned)stats.exchanges);
  if (now.parts.coap->helds.pool.count) sim_fail("%u answers are held for ever", now.parts.coap->helds.pool.count);
  if (now.parts.coap->bodies.pool.count) sim_fail("%u bodies never ended", now.parts.coap->bodies.pool.count);
  if (waits) sim_fail("a command never ends");
  if (store.outbox_rows) sim_fail("%u messages stay in the outbox", (unsigned)store.outbox_rows);
}

void sim_gateway_check_device(const sim_device_t *device) {
  const tg_device_t *known = tg_twin_find_ep(now.parts.twin, tg_slice_str(device->ep));
  if (!device->is_registered || !known || !known->online) {
    sim_fail("device %u %s registered, the gateway %s", device->node, device->is_registered ? "is" : "is not",
             known && known->online ? "thinks it is" : "thinks it is not");
    return;
  }
  char location[TG_REG_ID_CHARS + 1] = "";
  const tg_reg_t *reg = tg_reg_table_get(now.parts.server, known->backend_cookie);
  if (reg) tg_reg_table_text(reg, location);
  if (strcmp(location, device->location) != 0)
    sim_fail("device %u is registered at %s, the gateway has it at %s", device->node, device->location, location);
  if (known->lifetime_s != device->kind->lifetime_s || known->queue_mode != device->kind->sleeps)
    sim_fail("the gateway has another lifetime or mode of device %u", device->node);
  bool is_observed = reg && reg->obs_count == 1;
  /* One that sleeps is not asked while it does, so that its observation may come back late. */
  if (is_observed != device->observation.stands && !(device->kind->sleeps && is_observed))
    sim_fail("device %u %s observed, the gateway %s", device->node, device->observation.stands ? "is" : "is not",
             is_observed ? "thinks it is" : "thinks it is not");
}
