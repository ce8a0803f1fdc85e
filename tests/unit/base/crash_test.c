/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/base/crash.c: what arms a site, and that the process ends at the pass that was asked for and at no other. */

#include "core/base/crash.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check.h"

/* Runs @p passes of commit-before and one of commit-after in a child that was armed with @p text. @return its exit code */
static int run(const char *text, int passes) {
  pid_t pid = fork();
  if (pid == 0) {
    if (!tg_crash_setup(text)) _exit(2);
    for (int i = 0; i < passes; i++) TG_CRASH_PASS(COMMIT_BEFORE);
    TG_CRASH_PASS(COMMIT_AFTER);
    _exit(0);
  }
  int status = 0;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void the_process_ends_at_the_pass_that_was_asked_for(void **state) {
  (void)state;
  if (!tg_crash_is_built()) skip();
  check_int(run("commit-before:3", 2), 0);
  check_int(run("commit-before:3", 3), TG_CRASH_EXIT);
  check_int(run("commit-before:1", 1), TG_CRASH_EXIT);
  check_int(run("commit-after:1", 0), TG_CRASH_EXIT);
  check_int(run("commit-after:2", 5), 0);
}

static void nothing_else_arms_anything(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      ":",
                                      "commit-before",
                                      "commit-before:",
                                      "commit-before:0",
                                      "commit-before:-1",
                                      ":1",
                                      "commit-before:1x",
                                      "commit-before:x",
                                      "commit-before:1000000001",
                                      "commit-befor:1",
                                      "commit-before:99999999999999999999"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(tg_crash_setup(wrong[i]));
}

static void every_site_has_a_name_of_its_own(void **state) {
  (void)state;
  for (size_t i = 0; i < TG_CRASH_COUNT; i++) {
    assert_true(*tg_crash_name(i) && *tg_crash_what(i));
    for (size_t k = 0; k < i; k++) assert_string_not_equal(tg_crash_name(i), tg_crash_name(k));
  }
  assert_null(tg_crash_name(TG_CRASH_COUNT));
  assert_null(tg_crash_what(TG_CRASH_COUNT));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_process_ends_at_the_pass_that_was_asked_for),
      cmocka_unit_test(nothing_else_arms_anything),
      cmocka_unit_test(every_site_has_a_name_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
