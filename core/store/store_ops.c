/* SPDX-License-Identifier: Apache-2.0 */
/* Writes packed one behind the other; see store_ops.h. In memory only, so in the machine's byte order. */

#include "core/store/store_ops.h"

#include "core/base/alloc.h"

enum { FIRST_CAP = 4096, ENTRY_MAX = 8 << 20 };

typedef struct head {
  uint64_t seq;
  uint32_t kind;
  uint32_t bucket_len;
  uint32_t key_len;
  uint32_t value_len;
} head_t;

typedef struct entry_head {
  int64_t time_ms;
  uint32_t broker;
  uint32_t topic_len;
  uint32_t payload_len;
  uint32_t props_len;
  uint8_t qos;
  uint8_t retain;
  uint8_t shed_class;
  uint8_t durable;
} entry_head_t;

void tg_store_ops_fini(tg_store_ops_t *ops) {
  tg_alloc_free(ops->p);
  *ops = (tg_store_ops_t){0};
}

void tg_store_ops_clear(tg_store_ops_t *ops) {
  ops->len = ops->count = 0;
}

size_t tg_store_ops_size(const tg_store_op_t *op) {
  size_t size = sizeof(head_t);
  const size_t lens[] = {op->bucket.len, op->key.len, op->value.len};
  for (size_t i = 0; i < TG_COUNT(lens); i++) {
    if (lens[i] > TG_STORE_OPS_MAX) return SIZE_MAX;
    size += lens[i];
  }
  return size;
}

static tg_rc_t make_room(tg_store_ops_t *ops, size_t size) {
  if (size <= ops->cap - ops->len) return TG_OK;
  if (size > TG_STORE_OPS_MAX * 2 - ops->len) return TG_E_NOMEM;
  size_t cap = ops->cap ? ops->cap : FIRST_CAP;
  while (cap < ops->len + size) cap *= 2;
  uint8_t *p = tg_alloc_resize(ops->p, cap, 1);
  if (!p) return TG_E_NOMEM;
  ops->p = p;
  ops->cap = cap;
  return TG_OK;
}

static uint8_t *append(uint8_t *at, tg_slice_t bytes) {
  if (bytes.len) memcpy(at, bytes.p, bytes.len);
  return at + bytes.len;
}

tg_rc_t tg_store_ops_add(tg_store_ops_t *ops, const tg_store_op_t *op) {
  size_t size = tg_store_ops_size(op);
  tg_rc_t rc = size == SIZE_MAX ? TG_E_NOMEM : make_room(ops, size);
  if (rc != TG_OK) return rc;
  head_t head = {op->seq, (uint32_t)op->kind, (uint32_t)op->bucket.len, (uint32_t)op->key.len, (uint32_t)op->value.len};
  uint8_t *at = append(ops->p + ops->len, tg_slice(&head, sizeof head));
  (void)append(append(append(at, op->bucket), op->key), op->value);
  ops->len += size;
  ops->count++;
  return TG_OK;
}

bool tg_store_ops_next(const tg_store_ops_t *ops, size_t *at, tg_store_op_t *op) {
  if (*at >= ops->len) return false;
  head_t head;
  memcpy(&head, ops->p + *at, sizeof head);
  const uint8_t *p = ops->p + *at + sizeof head;
  op->kind = (tg_store_op_kind_t)head.kind;
  op->seq = head.seq;
  op->bucket = tg_slice(p, head.bucket_len);
  op->key = tg_slice(p + head.bucket_len, head.key_len);
  op->value = tg_slice(p + head.bucket_len + head.key_len, head.value_len);
  *at += sizeof head + head.bucket_len + head.key_len + head.value_len;
  return true;
}

static bool is_telemetry(const tg_store_op_t *op) {
  if (op->kind != TG_STORE_OP_ADD) return false;
  entry_head_t head;
  memcpy(&head, op->value.p, sizeof head);
  return head.shed_class == 0;
}

void tg_store_ops_drop_telemetry(tg_store_ops_t *ops) {
  size_t at = 0, kept = 0, count = 0;
  for (;;) {
    size_t begin = at;
    tg_store_op_t op;
    if (!tg_store_ops_next(ops, &at, &op)) break;
    if (is_telemetry(&op)) continue;
    memmove(ops->p + kept, ops->p + begin, at - begin);
    kept += at - begin;
    count++;
  }
  ops->len = kept;
  ops->count = count;
}

size_t tg_store_ops_entry_size(const tg_outbox_entry_t *entry) {
  size_t size = sizeof(entry_head_t);
  const size_t lens[] = {entry->topic.len, entry->payload.len, entry->props.len};
  for (size_t i = 0; i < TG_COUNT(lens); i++) {
    if (lens[i] > ENTRY_MAX) return SIZE_MAX;
    size += lens[i];
  }
  return size > ENTRY_MAX ? SIZE_MAX : size;
}

void tg_store_ops_entry_pack(const tg_outbox_entry_t *entry, uint8_t *out) {
  entry_head_t head;
  memset(&head, 0, sizeof head); /* no stray bytes between the members */
  head.time_ms = entry->time_ms;
  head.broker = entry->broker;
  head.topic_len = (uint32_t)entry->topic.len;
  head.payload_len = (uint32_t)entry->payload.len;
  head.props_len = (uint32_t)entry->props.len;
  head.qos = entry->qos;
  head.retain = entry->retain;
  head.shed_class = entry->shed_class;
  head.durable = entry->durable;
  uint8_t *at = append(out, tg_slice(&head, sizeof head));
  (void)append(append(append(at, entry->topic), entry->payload), entry->props);
}

void tg_store_ops_entry_unpack(uint64_t seq, tg_slice_t packed, tg_outbox_entry_t *entry) {
  entry_head_t head;
  memcpy(&head, packed.p, sizeof head);
  const uint8_t *p = packed.p + sizeof head;
  *entry = (tg_outbox_entry_t){
      .seq = seq,
      .broker = head.broker,
      .qos = head.qos,
      .retain = head.retain != 0,
      .durable = head.durable != 0,
      .shed_class = head.shed_class,
      .time_ms = head.time_ms,
      .topic = tg_slice(p, head.topic_len),
      .payload = tg_slice(p + head.topic_len, head.payload_len),
      .props = tg_slice(p + head.topic_len + head.payload_len, head.props_len),
  };
}
