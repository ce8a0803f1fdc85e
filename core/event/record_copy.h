/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_EVENT_RECORD_COPY_H
#define TG_CORE_EVENT_RECORD_COPY_H

/** Deep copies of records into one block of memory: what events and commands keep of values that were only lent to them. */

#include "core/registry/value.h"

/** Bytes that a deep copy of @p count records takes; a multiple of 8. */
size_t tg_record_copy_size(const tg_record_t *items, size_t count);

/** Writes the deep copy to @p memory (aligned to 8, tg_record_copy_size() bytes, lent to the copy) and returns it; NULL for no records. */
tg_record_t *tg_record_copy(const tg_record_t *items, size_t count, void *memory);

/** Whether values of @p type hold bytes of their own (tg_value_t.s). */
static inline bool tg_record_copy_has_bytes(tg_type_t type) {
  return type == TG_TYPE_STRING || type == TG_TYPE_OPAQUE || type == TG_TYPE_CORELNK;
}

#endif
