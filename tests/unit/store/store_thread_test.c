/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/store/store_thread_test.c: core/store/store_writer.c where the system gives no thread: pthread_create() is replaced by one that has none. */

#include <errno.h>
#include <pthread.h>

#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg) {
  (void)thread, (void)attr, (void)start, (void)arg;
  return EAGAIN;
}

/* What it had opened is closed again: a second try may be made, on the same file. */
static void a_store_without_a_thread_is_not_opened(void **state) {
  (void)state;
  store_harness_t h;
  store_harness_init(&h, false);
  for (int i = 0; i < 2; i++) {
    tg_diag_t diag = {0};
    check_rc(store_harness_open(&h, &diag), TG_E_NOMEM);
    assert_null(h.store);
    assert_non_null(strstr(diag.message, "cannot start the store"));
  }
  store_harness_fini(&h);
}

CHECK_SUITE(a_store_without_a_thread_is_not_opened)
