/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_DEVICE_DURABLE_BENCH_H
#define TG_TESTS_UNIT_DEVICE_DURABLE_BENCH_H

/** A twin whose durable commands lie in a store that outlives it: it can be killed and opened again. To be included by one test file. */

#include "core/device/twin.h"
#include "tests/unit/device/twin_harness.h"
#include "tests/unit/store/store_harness.h"

static twin_bench_t bench;
static store_harness_t grave; /* what a killed twin still writes goes here */

static inline int set_up(void **state) {
  static store_harness_t h;
  store_harness_init(&h, true);
  store_harness_init(&grave, true);
  check_rc(store_harness_open(&grave, NULL), TG_OK);
  *state = &h;
  return store_harness_open(&h, NULL) == TG_OK ? 0 : -1;
}

static inline int tear_down(void **state) {
  twin_bench_close(&bench);
  store_harness_fini(*state);
  store_harness_fini(&grave);
  return 0;
}

/* A twin over what the store holds. @return how many commands it took over */
static inline size_t open_twin(store_harness_t *h) {
  size_t count = 0;
  twin_bench_open_over(&bench, 8, h->store);
  check_rc(tg_twin_restore(bench.twin, &count), TG_OK);
  return count;
}

/* Only a ticket under which something was written is told. */
static inline void settle(store_harness_t *h) {
  check_rc(tg_store_put(h->store, "test", tg_slice_str("x"), tg_slice_str("x")), TG_OK);
  check_rc(store_harness_commit(h), TG_OK);
}

static inline void kill_twin(void) {
  bench.twin->config.store = grave.store;
  twin_bench_close(&bench);
}

/* The process is killed: what is in memory goes, the store stays. */
static inline size_t kill_and_open(store_harness_t *h) {
  settle(h);
  kill_twin();
  return open_twin(h);
}

/* The store writes; the twin is told, and looks. */
static inline void commit(store_harness_t *h) {
  settle(h);
  tg_twin_committed(bench.twin, h->told, h->told_rc);
  twin_bench_pass(&bench, 1);
}

static inline tg_id_t submit(tg_id_t device, tg_op_t op, const char *tag) {
  tg_command_t command = {
      .device = device, .op = op, .path = tg_path(3, 3, 0, 1), .tag = tg_slice_str(tag), .durable = true};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_submit(bench.twin, &command, twin_bench_done, &bench, &id), TG_OK);
  return id;
}

static inline void finish(tg_id_t id) {
  tg_command_result_t result = {.state = TG_COMMAND_DONE, .code = 0x44};
  tg_twin_finish(bench.twin, id, &result);
}

static inline bool note_tag(void *ud, const tg_command_t *command, tg_command_state_t state) {
  char *text = ud;
  (void)state;
  snprintf(text + strlen(text), 16, "%.*s ", (int)command->tag.len, (const char *)command->tag.p);
  return true;
}

static inline const char *tags(const char *ep) {
  static char text[1024];
  const tg_device_t *device = tg_twin_find_ep(bench.twin, tg_slice_str(ep));
  text[0] = '\0';
  if (device) tg_twin_commands(bench.twin, device->id, note_tag, text);
  return text;
}

static inline tg_id_t sleeper(void) {
  tg_id_t device = twin_bench_online(&bench, "a", true);
  tg_twin_asleep(bench.twin, device);
  return device;
}

/** A test with all of that. */
#define DURABLE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
