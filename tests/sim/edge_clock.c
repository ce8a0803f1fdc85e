/* SPDX-License-Identifier: Apache-2.0 */
/* In place of core/base/clock.c, random.c and alloc.c: virtual time, seeded randomness, memory that is counted. */

#include <malloc.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "tests/sim/sim_edge.h"

static sim_edge_memory_t memory;

/* 2026-01-01T00:00:00Z. */
#define WALL_BEGIN_MS INT64_C(1767225600000)

uint64_t tg_clock_mono_ns(void) {
  return sim.now_ms * 1000000u;
}

uint64_t tg_clock_mono_ms(void) {
  return sim.now_ms;
}

int64_t tg_clock_wall_ms(void) {
  return WALL_BEGIN_MS + (int64_t)(sim.now_ms - SIM_BEGIN_MS);
}

int64_t tg_clock_up_ms(void) {
  return (int64_t)sim.now_ms;
}

bool tg_clock_is_synced(void) {
  return false;
}

void tg_clock_boot(char boot[40]) {
  memcpy(boot, "virtual", sizeof "virtual");
}

void tg_random_fill(void *ud, void *p, size_t len) {
  (void)ud;
  tg_random_fill_seeded(&sim.gateway, p, len);
}

sim_edge_memory_t *sim_edge_memory(void) {
  return &memory;
}

static void *count(void *p) {
  if (!p) return NULL;
  memory.blocks++;
  memory.bytes += malloc_usable_size(p);
  if (memory.bytes > memory.most) memory.most = memory.bytes;
  return p;
}

static void uncount(void *p) {
  if (!p) return;
  memory.blocks--;
  memory.bytes -= malloc_usable_size(p);
}

void tg_alloc_setup(void) {
}

void *tg_alloc(size_t size) {
  return count(malloc(size ? size : 1));
}

void *tg_alloc_array(size_t number, size_t size) {
  if (size != 0 && number > SIZE_MAX / size) return NULL;
  return count(number && size ? calloc(number, size) : calloc(1, 1));
}

void *tg_alloc_resize(void *p, size_t number, size_t size) {
  if (size != 0 && number > SIZE_MAX / size) return NULL;
  size_t bytes = number * size, before = p ? malloc_usable_size(p) : 0;
  void *bigger = realloc(p, bytes ? bytes : 1);
  if (!bigger) return NULL;
  if (p) memory.blocks--;
  memory.bytes -= before;
  return count(bigger);
}

void tg_alloc_free(void *p) {
  uncount(p);
  free(p);
}

char *tg_alloc_str(tg_slice_t bytes) {
  if (bytes.len == SIZE_MAX) return NULL;
  char *copy = tg_alloc(bytes.len + 1);
  if (!copy) return NULL;
  if (bytes.len) memcpy(copy, bytes.p, bytes.len);
  copy[bytes.len] = '\0';
  return copy;
}
