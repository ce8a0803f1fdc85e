/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of tests/sim: see sim.h. Called by all its files. */

#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINES = 60, LINE_MAX_LEN = 200 };

sim_t sim;

static struct {
  char text[LINES][LINE_MAX_LEN];
  unsigned long long count;
} lines;

void sim_begin(uint64_t seed) {
  sim_break_t breaks = sim.breaks;
  bool traces = sim.traces, prints = sim.prints;
  sim = (sim_t){.seed = seed, .now_ms = SIM_BEGIN_MS, .breaks = breaks, .traces = traces, .prints = prints};
  sim.world.state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
  sim.gateway.state = ~sim.world.state;
  sim.wheel = tg_wheel_new(sim.now_ms);
  if (!sim.wheel) abort();
  lines.count = 0;
}

void sim_end(void) {
  tg_wheel_free(sim.wheel);
  sim.wheel = NULL;
}

uint32_t sim_draw(uint32_t below) {
  uint32_t value;
  tg_random_fill_seeded(&sim.world, &value, sizeof value);
  return value % below;
}

bool sim_chance(uint32_t per_mille) {
  return sim_draw(1000) < per_mille;
}

/* -ln(u) by its integer part in halvings and a line between them: whole numbers, the same on every machine. */
uint64_t sim_wait(uint32_t mean_ms) {
  uint64_t halvings = 0;
  while (halvings < 8 && sim_draw(2) == 0) halvings++;
  uint64_t part = sim_draw(1024);
  return 1 + (halvings * 1024 + part) * 7 / 10 * mean_ms / 1024;
}

void sim_after(tg_timer_t *timer, uint64_t in_ms) {
  tg_wheel_add(sim.wheel, timer, sim.now_ms + in_ms);
}

void sim_note(char what, uint32_t who, tg_slice_t bytes) {
  const tg_hash_key_t key = {sim.digest, sim.now_ms};
  uint64_t head = (uint64_t)(uint8_t)what << 32 | who;
  sim.digest = tg_hash(&key, tg_slice(&head, sizeof head)) ^ tg_hash(&key, bytes);
  sim.events++;
}

void sim_trace(const char *format, ...) {
  if (!sim.traces) return;
  uint64_t ms = sim.now_ms - SIM_BEGIN_MS;
  char *line = lines.text[lines.count++ % LINES];
  int len =
      snprintf(line, LINE_MAX_LEN, "%5llu.%03llu ", (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000));
  va_list args;
  va_start(args, format);
  (void)vsnprintf(line + len, LINE_MAX_LEN - (size_t)len, format, args);
  va_end(args);
  if (sim.prints) (void)puts(line);
}

void sim_fail(const char *format, ...) {
  if (sim.is_broken) return;
  sim.is_broken = true;
  sim.broken_ms = sim.now_ms - SIM_BEGIN_MS;
  va_list args;
  va_start(args, format);
  (void)vsnprintf(sim.broken, sizeof sim.broken, format, args);
  va_end(args);
  sim_trace("BROKEN %s", sim.broken);
}

void sim_print_trace(void) {
  unsigned long long from = lines.count > LINES ? lines.count - LINES : 0;
  for (; from < lines.count; from++) (void)printf("  %s\n", lines.text[from % LINES]);
}

void *sim_alloc(size_t size) {
  void *p = calloc(1, size);
  if (!p) abort();
  return p;
}
