/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/batch_test.c: mirrors core/base/batch.c. */

#include "core/base/batch.h"

#include <pthread.h>
#include <sched.h>

#include "tests/unit/check.h"

static void *policy_of_thread(void *ud) {
  *(int *)ud = sched_getscheduler(0);
  return NULL;
}

static int policy_of_new_thread(void) {
  pthread_t thread;
  int policy = -1;
  check_int(pthread_create(&thread, NULL, policy_of_thread, &policy), 0);
  check_int(pthread_join(thread, NULL), 0);
  return policy;
}

static void threads_made_meanwhile_do_not_interrupt(void **state) {
  (void)state;
  check_true(tg_batch_begin());
  check_int(sched_getscheduler(0), SCHED_BATCH);
  check_int(policy_of_new_thread(), SCHED_BATCH);
  tg_batch_end();
  check_int(sched_getscheduler(0), SCHED_OTHER);
  check_int(policy_of_new_thread(), SCHED_OTHER);
}

/* chrt, or a service manager: what they say stays. */
static void a_policy_that_somebody_chose_is_left_alone(void **state) {
  (void)state;
  check_int(sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0}), 0);
  check_false(tg_batch_begin());
  check_int(sched_getscheduler(0), SCHED_IDLE);
  check_int(sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0}), 0);
}

CHECK_SUITE(threads_made_meanwhile_do_not_interrupt, a_policy_that_somebody_chose_is_left_alone)
