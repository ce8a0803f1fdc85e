/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf: the scheduling policy of the calling thread; see batch.h. */

#include "core/base/batch.h"

#include <sched.h>

static bool set(int policy) {
  return sched_setscheduler(0, policy, &(struct sched_param){0}) == 0;
}

bool tg_batch_begin(void) {
  return sched_getscheduler(0) == SCHED_OTHER && set(SCHED_BATCH);
}

void tg_batch_end(void) {
  (void)set(SCHED_OTHER);
}
