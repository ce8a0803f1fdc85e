/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_ALLOC_H
#define TG_CORE_BASE_ALLOC_H

/**
 * The only door to the heap. Products of sizes are overflow-checked; out of memory is a NULL that every caller answers with
 * TG_E_NOMEM. Tests make the n-th call fail by wrapping malloc at link time; nothing here keeps state.
 */

#include "core/base/rc.h"
#include "core/base/slice.h"

/** Once, before there are threads: they all take from one heap. glibc would reserve 64 MiB of addresses for each, which a limit on address space (ulimit -v) counts. */
void tg_alloc_setup(void);

/** @p size bytes, not cleared, owned by the caller; NULL when there are none. Size 0 gives a valid pointer. */
void *tg_alloc(size_t size);

/** An array of @p count elements of @p size bytes, cleared; NULL when there is no memory or the product overflows. */
void *tg_alloc_array(size_t count, size_t size);

/** Resizes @p p (NULL allowed) to @p count elements of @p size bytes; on NULL the old block is untouched. New bytes are not cleared. */
void *tg_alloc_resize(void *p, size_t count, size_t size);

/** Frees @p p; NULL is allowed. */
void tg_alloc_free(void *p);

/** A NUL-terminated copy of @p bytes, owned by the caller; NULL when out of memory. */
char *tg_alloc_str(tg_slice_t bytes);

#endif
