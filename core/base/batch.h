/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_BATCH_H
#define TG_CORE_BASE_BATCH_H

/**
 * Threads that do not interrupt the loop. Where they share a processor with it, an ordinary thread that is woken runs at once and comes
 * back with one message; a SCHED_BATCH one (sched(7)) runs when the loop waits and takes what has come meanwhile.
 */

#include <stdbool.h>

/** From now on the calling thread, and threads that it makes, are such. @return whether that changed anything: not where somebody chose another policy */
bool tg_batch_begin(void);

/** The calling thread is an ordinary one again. To be called only after tg_batch_begin() returned true. */
void tg_batch_end(void);

#endif
