/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_STORE_STORE_OPS_H
#define TG_CORE_STORE_STORE_OPS_H

/** Private to core/store: writes on their way to the writer thread, packed one behind the other, without an allocation each. */

#include "core/store/store.h"

/** Most bytes that may wait to be written. */
#define TG_STORE_OPS_MAX ((size_t)16 << 20)

typedef enum tg_store_op_kind {
  TG_STORE_OP_PUT,     /* bucket, key, value */
  TG_STORE_OP_DEL,     /* bucket, key */
  TG_STORE_OP_ADD,     /* seq, value: a packed outbox entry */
  TG_STORE_OP_REMOVE,  /* seq: an outbox entry goes */
  TG_STORE_OP_RESERVE, /* seq: where sequence numbers begin after a restart */
} tg_store_op_kind_t;

/** One write. The slices are lent by the buffer it was read from. */
typedef struct tg_store_op {
  tg_store_op_kind_t kind;
  bool yields; /* telemetry: leaves an eighth of what may wait to others; not packed */
  uint64_t seq;
  tg_slice_t bucket;
  tg_slice_t key;
  tg_slice_t value;
} tg_store_op_t;

/** A buffer of writes; `{0}` is an empty one. */
typedef struct tg_store_ops {
  uint8_t *p;
  size_t len;
  size_t cap;
  size_t count;
} tg_store_ops_t;

/** Frees the buffer. */
void tg_store_ops_fini(tg_store_ops_t *ops);

/** Forgets all writes, keeps the memory. */
void tg_store_ops_clear(tg_store_ops_t *ops);

/** Bytes that @p op takes. */
size_t tg_store_ops_size(const tg_store_op_t *op);

/** Appends @p op (copied). TG_E_NOMEM leaves the buffer as it was. The caller minds TG_STORE_OPS_MAX. */
TG_MUST_CHECK tg_rc_t tg_store_ops_add(tg_store_ops_t *ops, const tg_store_op_t *op);

/** Reads the write at offset @p at (0 to begin) and moves it on. @return false at the end */
bool tg_store_ops_next(const tg_store_ops_t *ops, size_t *at, tg_store_op_t *op);

/** Removes the outbox messages of class 0, whose senders have them still; keeps everything else in order. */
void tg_store_ops_drop_telemetry(tg_store_ops_t *ops);

/** Bytes of an outbox entry when packed; SIZE_MAX when it is longer than any may be (8 MiB). */
size_t tg_store_ops_entry_size(const tg_outbox_entry_t *entry);

/** Packs all of @p entry but its seq into @p out, which has room for tg_store_ops_entry_size() bytes. */
void tg_store_ops_entry_pack(const tg_outbox_entry_t *entry, uint8_t *out);

/** The entry that @p packed holds; its slices are lent by @p packed. */
void tg_store_ops_entry_unpack(uint64_t seq, tg_slice_t packed, tg_outbox_entry_t *entry);

#endif
