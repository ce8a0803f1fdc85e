/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_ring_test.c: mirrors core/store/store_ring.c: the ring alone. */

#include "core/store/store_ring.h"

#include "core/base/random.h"
#include "tests/unit/check.h"

static void the_ring_takes_nothing_longer_than_any_may_be(void **state) {
  (void)state;
  tg_store_ring_t ring = {.memory_max = 1 << 20};
  tg_slice_t packed;
  check_rc(tg_store_ring_add(&ring, &(tg_outbox_entry_t){.seq = 1, .topic = tg_slice("", SIZE_MAX)}, &packed),
           TG_E_TOO_LONG);
  check_int(ring.rows, 0);
  assert_null(tg_store_ring_find(&ring, 1));
  tg_store_ring_fini(&ring);
}

/* Places in the ring are not given again as long as a walk relies on them, even if nothing is in it. */
static void an_empty_ring_stays_where_it_is_while_it_is_walked(void **state) {
  (void)state;
  tg_store_ring_t ring = {.memory_max = 1 << 20};
  tg_slice_t packed;
  check_rc(tg_store_ring_add(&ring, &(tg_outbox_entry_t){.seq = 1, .durable = true}, &packed), TG_OK);
  size_t first = tg_store_ring_begin(&ring, 0);
  tg_store_ring_del(&ring, 1);
  tg_store_ring_settle(&ring, 1, 1, true); /* comes too late */
  check_int(ring.end, 1);
  tg_store_ring_end(&ring, first);
  size_t empty = tg_store_ring_begin(&ring, 0);
  check_int(empty, ring.end);
  tg_store_ring_settle(&ring, 1, 1, false);
  check_rc(tg_store_ring_add(&ring, &(tg_outbox_entry_t){.seq = 2}, &packed), TG_OK);
  check_int(ring.entries[empty].seq, 2);
  tg_store_ring_end(&ring, empty);
  check_int(tg_store_ring_first(&ring)->seq, 2);
  tg_store_ring_fini(&ring);
}

/* Only what died meanwhile is looked for; what stands before the walk's start goes when it comes to the front. */
static void the_end_of_a_walk_frees_what_died_in_it(void **state) {
  (void)state;
  tg_store_ring_t ring = {.memory_max = 1 << 20};
  tg_slice_t packed;
  for (uint64_t seq = 1; seq <= 5; seq++)
    check_rc(tg_store_ring_add(&ring, &(tg_outbox_entry_t){.seq = seq}, &packed), TG_OK);
  size_t from = tg_store_ring_begin(&ring, 2);
  tg_store_ring_del(&ring, 2);
  tg_store_ring_del(&ring, 4);
  check_int(ring.owed, 2);
  tg_store_ring_end(&ring, from);
  check_int(ring.owed, 0);
  check_true(tg_store_ring_bytes(&ring.entries[from - 1]).len > 0);
  check_int(tg_store_ring_bytes(&ring.entries[from + 1]).len, 0);
  tg_store_ring_del(&ring, 1);
  check_int(tg_store_ring_first(&ring)->seq, 3);
  check_int(tg_store_ring_bytes(&ring.entries[from - 1]).len, 0);
  tg_store_ring_del(&ring, 3);
  tg_store_ring_del(&ring, 5);
  assert_null(tg_store_ring_first(&ring));
  tg_store_ring_fini(&ring);
}

/* A reader that reads again from within: what is deleted stays where it is until the outer one ends, and is first of nothing. */
static void the_last_of_nested_walks_ends_them(void **state) {
  (void)state;
  tg_store_ring_t ring = {.memory_max = 1 << 20};
  tg_slice_t packed;
  for (uint64_t seq = 1; seq <= 3; seq++)
    check_rc(tg_store_ring_add(&ring, &(tg_outbox_entry_t){.seq = seq}, &packed), TG_OK);
  size_t outer = tg_store_ring_begin(&ring, 0), inner = tg_store_ring_begin(&ring, 1);
  check_int(inner, outer + 1);
  tg_store_ring_del(&ring, 1);
  tg_store_ring_del(&ring, 2);
  tg_store_ring_end(&ring, inner);
  check_int(ring.entries[outer].seq, 1);
  check_true(tg_store_ring_bytes(&ring.entries[inner]).len > 0); /* still lent */
  check_int(tg_store_ring_first(&ring)->seq, 3);
  tg_store_ring_end(&ring, outer);
  check_int(ring.entries[ring.first].seq, 3);
  tg_store_ring_del(&ring, 3);
  assert_null(tg_store_ring_first(&ring));
  tg_store_ring_fini(&ring);
}

/* Beside a plain array, with little memory so that messages leave it. */
static void the_ring_agrees_with_a_plain_array_under_random_use(void **state) {
  (void)state;
  enum { STEPS = 20000 };
  static struct {
    bool live, pending, durable;
    uint32_t size;
  } model[STEPS + 1];
  memset(model, 0, sizeof model);
  tg_random_seeded_t seeded = {5};
  tg_store_ring_t ring = {.memory_max = 256 << 10};
  uint64_t next = 1, settled = 1, bytes = 0, rows = 0;
  static uint8_t payload[30000];
  for (int step = 0; step < STEPS; step++) {
    uint64_t r;
    tg_random_fill_seeded(&seeded, &r, sizeof r);
    unsigned action = (unsigned)(r % 10);
    if (action < 5) {
      size_t size = (r >> 8) % (action == 0 ? sizeof payload : 500);
      memset(payload, (int)(next & 0xff), size);
      tg_outbox_entry_t entry = {.seq = next, .durable = r >> 40 & 1, .payload = tg_slice(payload, size)};
      tg_slice_t packed;
      check_rc(tg_store_ring_add(&ring, &entry, &packed), TG_OK);
      model[next].live = true;
      model[next].pending = model[next].durable = entry.durable;
      model[next++].size = (uint32_t)size;
      bytes += size;
      rows++;
    } else if (action < 9) {
      uint64_t seq = 1 + (r >> 8) % next;
      tg_store_ring_del(&ring, seq);
      if (seq < next && model[seq].live) {
        model[seq].live = false;
        bytes -= model[seq].size;
        rows--;
      }
    } else {
      bool committed = r >> 50 & 3;
      tg_store_ring_settle(&ring, settled, next - 1, committed);
      for (; settled < next; settled++) {
        if (!model[settled].pending || !model[settled].live) continue;
        model[settled].pending = false;
        if (committed) continue;
        model[settled].live = false;
        bytes -= model[settled].size;
        rows--;
      }
    }
    assert_true(ring.bytes == bytes && ring.rows == rows);
    if (step % 100) continue;
    uint64_t at = 1;
    size_t from = tg_store_ring_begin(&ring, 0);
    for (size_t i = from; i < ring.end; i++) {
      const tg_store_ring_entry_t *slot = &ring.entries[i];
      if (slot->state == TG_STORE_RING_DEAD) continue;
      while (at < slot->seq) check_false(model[at++].live);
      check_true(model[at].live);
      tg_slice_t packed = tg_store_ring_bytes(slot);
      check_true(packed.len || (model[at].durable && !model[at].pending));
      if (packed.len && slot->size) check_int(packed.p[packed.len - 1], (int)(at & 0xff));
      at++;
    }
    while (at < next) check_false(model[at++].live);
    tg_store_ring_end(&ring, from);
  }
  tg_store_ring_fini(&ring);
}

CHECK_SUITE(the_ring_takes_nothing_longer_than_any_may_be, an_empty_ring_stays_where_it_is_while_it_is_walked,
            the_end_of_a_walk_frees_what_died_in_it, the_last_of_nested_walks_ends_them,
            the_ring_agrees_with_a_plain_array_under_random_use)
