/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/loop/loop_post_test.c: mirrors core/loop/loop_post.c. */

#include <pthread.h>
#include <stdlib.h>

#include "tests/unit/loop/loop_bench.h"

typedef struct sender {
  tg_loop_t *loop;
  int number;
  struct ledger *ledger;
} sender_t;

enum { SENDERS = 3, POSTS = 5000 };

typedef struct ledger {
  int next[SENDERS];
  int total;
  bool in_order;
} ledger_t;

typedef struct parcel {
  ledger_t *ledger;
  int sender;
  int number;
} parcel_t;

static void receive(void *ud) {
  parcel_t *parcel = ud;
  ledger_t *ledger = parcel->ledger;
  if (ledger->next[parcel->sender] != parcel->number) ledger->in_order = false;
  ledger->next[parcel->sender] = parcel->number + 1;
  ledger->total++;
  free(parcel);
}

static void *send_all(void *ud) {
  sender_t *sender = ud;
  for (int i = 0; i < POSTS; i++) {
    parcel_t *parcel = malloc(sizeof *parcel);
    if (!parcel) abort();
    *parcel = (parcel_t){sender->ledger, sender->number, i};
    if (tg_loop_post(sender->loop, receive, parcel) != TG_OK) abort();
  }
  return NULL;
}

static void posts_from_many_threads_arrive_complete_and_in_order(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  ledger_t ledger = {.in_order = true};
  sender_t senders[SENDERS];
  pthread_t threads[SENDERS];
  for (int i = 0; i < SENDERS; i++) {
    senders[i] = (sender_t){loop, i, &ledger};
    assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
  }
  turn_until(loop, &ledger.total, SENDERS * POSTS);
  for (int i = 0; i < SENDERS; i++) (void)pthread_join(threads[i], NULL);
  check_true(ledger.in_order);
  tg_loop_free(loop);
}

typedef struct forgetter {
  tg_loop_t *loop;
  int *count;
} forgetter_t;

static void forget(void *ud) {
  forgetter_t *forgetter = ud;
  tg_loop_unpost(forgetter->loop, count, forgetter->count);
}

static void a_post_can_be_forgotten_until_it_is_called(void **state) {
  (void)state;
  tg_loop_t *loop = tg_loop_new();
  int forgotten = 0, kept = 0;
  forgetter_t forgetter = {loop, &forgotten};
  check_rc(tg_loop_post(loop, forget, &forgetter), TG_OK);
  check_rc(tg_loop_post(loop, count, &forgotten), TG_OK); /* in the same batch as what forgets it */
  check_rc(tg_loop_post(loop, count, &kept), TG_OK);
  turn_until(loop, &kept, 1);
  check_int(forgotten, 0);
  check_rc(tg_loop_post(loop, count, &forgotten), TG_OK);
  tg_loop_unpost(loop, count, &forgotten);
  tg_loop_turn(loop, 0);
  check_int(forgotten, 0);
  tg_loop_free(loop);
}

CHECK_SUITE(posts_from_many_threads_arrive_complete_and_in_order, a_post_can_be_forgotten_until_it_is_called)
