/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_ops_test.c: mirrors core/store/store_ops.c. */

#include "core/store/store_ops.h"

#include "tests/unit/check.h"

static void writes_come_back_in_order(void **state) {
  (void)state;
  tg_store_ops_t ops = {0};
  const tg_store_op_t rows[] = {
      {.kind = TG_STORE_OP_PUT, .bucket = tg_slice_str("b"), .key = tg_slice_str("key"), .value = tg_slice_str("v")},
      {.kind = TG_STORE_OP_REMOVE, .seq = UINT64_MAX},
      {.kind = TG_STORE_OP_DEL, .bucket = tg_slice_str("b"), .key = tg_slice_str("")},
      {.kind = TG_STORE_OP_RESERVE, .seq = 7},
  };
  size_t size = 0;
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    check_rc(tg_store_ops_add(&ops, &rows[i]), TG_OK);
    size += tg_store_ops_size(&rows[i]);
  }
  check_int(ops.len, size);
  check_int(ops.count, TG_COUNT(rows));
  tg_store_op_t op;
  size_t at = 0;
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    check_true(tg_store_ops_next(&ops, &at, &op));
    check_int(op.kind, rows[i].kind);
    assert_true(op.seq == rows[i].seq);
    check_bytes(op.bucket, rows[i].bucket);
    check_bytes(op.key, rows[i].key);
    check_bytes(op.value, rows[i].value);
  }
  check_false(tg_store_ops_next(&ops, &at, &op));
  tg_store_ops_clear(&ops);
  check_false(tg_store_ops_next(&ops, &(size_t){0}, &op));
  tg_store_ops_fini(&ops);
}

/* The caller minds 16 MiB; whatever it does, there are never more than twice as many. */
static void a_buffer_has_an_end_and_keeps_what_it_has(void **state) {
  (void)state;
  static uint8_t bytes[TG_STORE_OPS_MAX];
  tg_store_ops_t ops = {0};
  tg_store_op_t op = {.kind = TG_STORE_OP_PUT, .value = tg_slice(bytes, sizeof bytes)};
  check_rc(tg_store_ops_add(&ops, &op), TG_OK);
  size_t len = ops.len;
  check_rc(tg_store_ops_add(&ops, &op), TG_E_NOMEM);
  op.value.len = sizeof bytes / 2;
  check_rc(tg_store_ops_add(&ops, &op), TG_OK);
  check_int(ops.count, 2);
  check_int(ops.len, 2 * len - sizeof bytes / 2);
  tg_store_ops_fini(&ops);
  check_int(ops.cap, 0);
}

static void what_is_longer_than_any_write_is_refused_unseen(void **state) {
  (void)state;
  const tg_slice_t huge = tg_slice("", SIZE_MAX - 10); /* never looked at */
  const tg_store_op_t rows[] = {{.bucket = huge}, {.key = huge}, {.value = huge}};
  tg_store_ops_t ops = {0};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    assert_true(tg_store_ops_size(&rows[i]) == SIZE_MAX);
    check_rc(tg_store_ops_add(&ops, &rows[i]), TG_E_NOMEM);
  }
  check_int(ops.len, 0);
  tg_store_ops_fini(&ops);
}

static void add_entry(tg_store_ops_t *ops, uint64_t seq, uint8_t shed_class) {
  uint8_t packed[128];
  const tg_outbox_entry_t entry = {.seq = seq, .shed_class = shed_class, .topic = tg_slice_str("t")};
  size_t size = tg_store_ops_entry_size(&entry);
  assert_true(size <= sizeof packed);
  tg_store_ops_entry_pack(&entry, packed);
  check_rc(tg_store_ops_add(ops, &(tg_store_op_t){TG_STORE_OP_ADD, .seq = seq, .value = tg_slice(packed, size)}),
           TG_OK);
}

/* Its sender has it still; everything else has nobody who would say it again. */
static void telemetry_goes_and_the_rest_keeps_its_order(void **state) {
  (void)state;
  tg_store_ops_t ops = {0};
  add_entry(&ops, 1, TG_STORE_TELEMETRY);
  add_entry(&ops, 2, TG_STORE_RESULT);
  add_entry(&ops, 3, TG_STORE_TELEMETRY);
  check_rc(tg_store_ops_add(&ops, &(tg_store_op_t){.kind = TG_STORE_OP_REMOVE, .seq = 4}), TG_OK);
  add_entry(&ops, 5, TG_STORE_EVENT);
  add_entry(&ops, 6, TG_STORE_TELEMETRY);
  tg_store_ops_drop_telemetry(&ops);
  static const uint64_t want[] = {2, 4, 5};
  check_int(ops.count, TG_COUNT(want));
  tg_store_op_t op;
  size_t at = 0;
  for (size_t i = 0; i < TG_COUNT(want); i++) {
    check_true(tg_store_ops_next(&ops, &at, &op));
    check_int(op.seq, want[i]);
  }
  check_false(tg_store_ops_next(&ops, &at, &op));
  tg_store_ops_drop_telemetry(&ops);
  check_int(ops.count, TG_COUNT(want));
  tg_store_ops_fini(&ops);
}

static void an_entry_has_at_most_eight_mebibytes_in_all_its_parts(void **state) {
  (void)state;
  enum { MOST = 8 << 20 };
  tg_outbox_entry_t entry = {.topic = tg_slice_str("t")};
  size_t head = tg_store_ops_entry_size(&entry) - 1;
  static const uint8_t *const unseen = (const uint8_t *)"";
  entry.payload = tg_slice(unseen, MOST - head - 1);
  check_int(tg_store_ops_entry_size(&entry), MOST);
  entry.props = tg_slice(unseen, 1);
  assert_true(tg_store_ops_entry_size(&entry) == SIZE_MAX);
  entry.payload.len = MOST + 1;
  assert_true(tg_store_ops_entry_size(&entry) == SIZE_MAX);
  entry = (tg_outbox_entry_t){.topic = tg_slice(unseen, SIZE_MAX)};
  assert_true(tg_store_ops_entry_size(&entry) == SIZE_MAX);
}

CHECK_SUITE(writes_come_back_in_order, a_buffer_has_an_end_and_keeps_what_it_has,
            what_is_longer_than_any_write_is_refused_unseen, telemetry_goes_and_the_rest_keeps_its_order,
            an_entry_has_at_most_eight_mebibytes_in_all_its_parts)
