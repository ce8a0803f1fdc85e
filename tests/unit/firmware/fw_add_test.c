/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_add.c: images come in beside a real loop, with real threads. */

#include "core/firmware/fw_add.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/loop/loop.h"
#include "tests/unit/check.h"

enum { LARGE = 8 << 20, TURNS = 4000, WAITING_MAX = 16 };

typedef struct told {
  unsigned count;
  tg_rc_t rc;
  char why[256];
} told_t;

typedef struct bench {
  char dir[64], folder[96], small[96], large[96], other[96];
  tg_loop_t *loop;
  tg_fw_images_t *images;
  tg_fw_adder_t *adder;
  unsigned ticks; /* of a timer that runs while images are copied */
  tg_timer_t timer;
} bench_t;

static bench_t bench;

static void put(const char *path, size_t size, char with) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  for (size_t i = 0; i < size; i++) check_true(putc(with, file) != EOF);
  check_int(fclose(file), 0);
}

static void on_tick(tg_timer_t *timer, void *ud) {
  bench_t *b = ud;
  b->ticks++;
  tg_wheel_add(tg_loop_wheel(b->loop), timer, tg_loop_now(b->loop) + 1);
}

static void open_images(void) {
  tg_diag_t diag = {0};
  check_rc(tg_fw_image_open(bench.folder, 2 * LARGE, &diag, &bench.images), TG_OK);
  bench.adder = tg_fw_add_new(bench.loop, bench.images);
  assert_non_null(bench.adder);
}

static int set_up(void **state) {
  (void)state;
  bench = (bench_t){.dir = "/tmp/tg-add-XXXXXX"};
  assert_non_null(mkdtemp(bench.dir));
  snprintf(bench.folder, sizeof bench.folder, "%s/firmware", bench.dir);
  snprintf(bench.small, sizeof bench.small, "%s/small", bench.dir);
  snprintf(bench.large, sizeof bench.large, "%s/large", bench.dir);
  snprintf(bench.other, sizeof bench.other, "%s/other", bench.dir);
  put(bench.small, 100, 's');
  put(bench.other, 100, 'o');
  put(bench.large, LARGE, 'l');
  bench.loop = tg_loop_new();
  assert_non_null(bench.loop);
  bench.timer = (tg_timer_t){.fn = on_tick, .ud = &bench};
  open_images();
  return 0;
}

static void close_images(void) {
  tg_fw_add_free(bench.adder);
  tg_fw_image_close(bench.images);
}

static int tear_down(void **state) {
  (void)state;
  char command[96];
  close_images();
  tg_wheel_del(tg_loop_wheel(bench.loop), &bench.timer);
  tg_loop_free(bench.loop);
  snprintf(command, sizeof command, "rm -rf '%s'", bench.dir);
  check_int(system(command), 0); /* NOLINT(cert-env33-c): a path of our own */
  return 0;
}

static void on_added(void *ud, tg_rc_t rc, const char *why) {
  told_t *told = ud;
  told->count++;
  told->rc = rc;
  snprintf(told->why, sizeof told->why, "%s", why);
}

static tg_rc_t add(const char *name, const char *version, const char *file, told_t *told) {
  tg_diag_t diag = {0};
  const tg_fw_addition_t as = {
      .name = tg_slice_str(name), .version = tg_slice_str(version), .file = file, .done = on_added, .ud = told};
  return tg_fw_add(bench.adder, &as, &diag);
}

static void wait_for(const told_t *told) {
  for (int i = 0; i < TURNS && !told->count; i++) tg_loop_turn(bench.loop, 5);
  check_int(told->count, 1);
}

static bool has(const char *name) {
  return tg_fw_image_find(bench.images, tg_slice_str(name)) != NULL;
}

static void the_loop_goes_on_while_an_image_is_copied(void **state) {
  (void)state;
  told_t told = {0};
  tg_wheel_add(tg_loop_wheel(bench.loop), &bench.timer, tg_loop_now(bench.loop));
  check_rc(add("app", "2.0", bench.large, &told), TG_OK);
  check_int(told.count, 0); /* never from inside the call */
  check_false(has("app"));
  wait_for(&told);
  check_rc(told.rc, TG_OK);
  assert_string_equal(told.why, "");
  check_true(has("app"));
  check_true(bench.ticks >= 2);
  const tg_fw_image_t *image = tg_fw_image_get(tg_fw_image_find(bench.images, tg_slice_str("app")));
  check_int(image->size, LARGE);
  assert_string_equal(image->version, "2.0");
  tg_slice_t bytes;
  check_rc(tg_fw_image_bytes(bench.images, tg_fw_image_find(bench.images, tg_slice_str("app")), &bytes), TG_OK);
  check_int(bytes.p[LARGE - 1], 'l');
}

static void several_come_one_after_the_other(void **state) {
  (void)state;
  told_t told[WAITING_MAX] = {0}, more = {0};
  for (int i = 0; i < WAITING_MAX; i++) {
    char name[8];
    snprintf(name, sizeof name, "i%d", i);
    check_rc(add(name, "", i % 2 ? bench.small : bench.other, &told[i]), TG_OK);
  }
  check_rc(add("more", "", bench.small, &more), TG_E_FULL);
  for (int i = 0; i < WAITING_MAX; i++) {
    wait_for(&told[i]);
    check_rc(told[i].rc, TG_OK);
    for (int later = i + 1; later < WAITING_MAX; later++) check_true(told[later].count <= 1);
  }
  check_true(has("i0") && has("i15"));
  check_rc(add("more", "", bench.small, &more), TG_OK);
  wait_for(&more);
}

static void what_is_there_is_compared(void **state) {
  (void)state;
  told_t first = {0}, same = {0}, bytes = {0}, version = {0};
  check_rc(add("app", "1", bench.small, &first), TG_OK);
  check_rc(add("app", "1", bench.small, &same), TG_OK); /* known by the time its turn comes */
  check_rc(add("app", "1", bench.other, &bytes), TG_OK);
  check_rc(add("app", "2", bench.small, &version), TG_OK);
  wait_for(&first);
  wait_for(&same);
  wait_for(&bytes);
  wait_for(&version);
  check_rc(first.rc, TG_OK);
  check_rc(same.rc, TG_OK);
  check_rc(bytes.rc, TG_E_EXISTS);
  check_rc(version.rc, TG_E_EXISTS);
  assert_non_null(strstr(bytes.why, "another image called app"));
  assert_non_null(strstr(version.why, "with version \"1\""));
}

static void one_that_is_removed_while_its_copy_is_compared_is_to_be_added_again(void **state) {
  (void)state;
  told_t first = {0}, again = {0};
  check_rc(add("app", "1", bench.large, &first), TG_OK);
  wait_for(&first);
  check_rc(add("app", "1", bench.large, &again), TG_OK);
  tg_loop_turn(bench.loop, 0); /* it is under way */
  if (!again.count) check_rc(tg_fw_image_del(bench.images, tg_slice_str("app")), TG_OK);
  wait_for(&again);
  check_true(again.rc == TG_E_AGAIN || again.rc == TG_OK); /* a fast machine may have ended before */
  check_int(has("app"), again.rc == TG_OK);
}

static void what_can_not_be_is_said(void **state) {
  (void)state;
  told_t told = {0}, missing = {0}, empty = {0}, folder = {0}, long_one = {0};
  check_rc(add("a/b", "", bench.small, &told), TG_E_ARG);
  check_rc(add("", "", bench.small, &told), TG_E_ARG);
  check_rc(add("a", "x\ny", bench.small, &told), TG_E_ARG);
  check_int(told.count, 0);
  check_rc(add("a", "", "/no/where", &missing), TG_OK);
  check_rc(add("a", "", bench.dir, &folder), TG_OK);
  put(bench.other, 0, 'o');
  check_rc(add("a", "", bench.other, &empty), TG_OK);
  wait_for(&missing);
  wait_for(&folder);
  wait_for(&empty);
  check_rc(missing.rc, TG_E_IO);
  assert_non_null(strstr(missing.why, "/no/where"));
  check_rc(folder.rc, TG_E_IO);
  check_rc(empty.rc, TG_E_ARG);
  put(bench.large, 2 * LARGE + 1, 'l');
  check_rc(add("a", "", bench.large, &long_one), TG_OK);
  wait_for(&long_one);
  check_rc(long_one.rc, TG_E_TOO_LONG);
  check_false(has("a"));
}

static void who_does_not_wait_any_more_is_not_told(void **state) {
  (void)state;
  told_t gone = {0}, stays = {0};
  check_rc(add("a", "", bench.large, &gone), TG_OK);
  check_rc(add("b", "", bench.small, &stays), TG_OK);
  tg_fw_add_forget(bench.adder, &gone);
  wait_for(&stays);
  check_int(gone.count, 0);
  check_true(has("a")); /* it comes all the same */
}

static void an_end_waits_for_the_copy_and_tells_nobody(void **state) {
  (void)state;
  for (int turns = 0; turns < 4; turns++) { /* posted; begun; perhaps copied and not taken yet */
    told_t first = {0}, second = {0};
    check_rc(add("a", "", bench.large, &first), TG_OK);
    check_rc(add("b", "", bench.small, &second), TG_OK);
    for (int i = 0; i < turns && !first.count; i++) tg_loop_turn(bench.loop, 0);
    unsigned before = first.count + second.count;
    close_images();
    for (int i = 0; i < 20; i++) tg_loop_turn(bench.loop, 1);
    check_int(first.count + second.count, before);
    open_images(); /* whole, or not there at all */
    (void)!tg_fw_image_del(bench.images, tg_slice_str("a"));
    (void)!tg_fw_image_del(bench.images, tg_slice_str("b"));
  }
  close_images();
  bench.images = NULL;
  bench.adder = NULL;
  tg_fw_add_free(NULL);
}

static void without_a_loop_it_is_there_at_once(void **state) {
  (void)state;
  told_t told = {0};
  tg_fw_adder_t *adder = tg_fw_add_new(NULL, bench.images);
  assert_non_null(adder);
  tg_diag_t diag = {0};
  const tg_fw_addition_t as = {.name = tg_slice_str("now"), .file = bench.small, .done = on_added, .ud = &told};
  check_rc(tg_fw_add(adder, &as, &diag), TG_OK);
  check_int(told.count, 1);
  check_true(has("now"));
  tg_fw_add_free(adder);
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    T(the_loop_goes_on_while_an_image_is_copied),
    T(several_come_one_after_the_other),
    T(what_is_there_is_compared),
    T(one_that_is_removed_while_its_copy_is_compared_is_to_be_added_again),
    T(what_can_not_be_is_said),
    T(who_does_not_wait_any_more_is_not_told),
    T(an_end_waits_for_the_copy_and_tells_nobody),
    T(without_a_loop_it_is_there_at_once),
};

int main(void) {
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
