/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/firmware.c, fw_machine.c and the phases: an update from its beginning to its end, and all that can come in between. */

#include "tests/unit/firmware/fw_suite.h"

enum { SIZE = 200000 };

static uint64_t ends(const tg_fw_request_t *request, tg_fw_state_t state) {
  uint64_t id = fw_bench_update(&bench, "dev", request);
  fw_bench_until(&bench, id, state, 2 * (uint64_t)HOUR);
  return id;
}

static void an_image_is_pushed_applied_and_checked(void **state) {
  (void)state;
  uint64_t id = ends(NULL, TG_FW_DONE);
  assert_string_equal(bench.states, "waiting asking transferring ready applying done ");
  check_true(fw_bench_has_image(&bench, dev()));
  check_int(dev()->updates, 1);
  tg_fw_update_t update = fw_bench_get(&bench, id);
  check_int(update.method, TG_FW_PUSH);
  check_int(update.sent, SIZE);
  check_int(update.result, 1);
  assert_string_equal(update.link, "udp0");
  assert_string_equal(update.version_before, "1.0");
  assert_string_equal(update.version_after, "2.0");
  assert_string_equal(update.cause, "the device runs 2.0");
  fw_bench_pass(&bench, 5000);
  check_int(dev()->observed, 0); /* nobody wants to hear of it any more */
  check_true(bench.told > 8);    /* progress as well */
}

static void a_device_that_only_fetches_gets_a_uri(void **state) {
  (void)state;
  dev()->delivery = 0;
  dev()->chunk = 50000;
  uint64_t id = ends(NULL, TG_FW_DONE);
  check_int(fw_bench_get(&bench, id).method, TG_FW_PULL_COAP);
  check_true(fw_bench_has_image(&bench, dev()));
  check_true(strncmp(dev()->uri, "coap://192.0.2.1:5683/fw/", 25) == 0);
  check_true(strlen(dev()->uri) > 25 + 32); /* nobody guesses it */
  check_int(bench.most, SIZE);
  tg_slice_t body, etag;
  const char *path = strstr(dev()->uri, "/fw/");
  check_rc(tg_firmware_file(bench.firmware, tg_slice_str(path), 0, &body, &etag), TG_E_NOT_FOUND); /* it is over */
}

static void a_device_of_version_1_0_without_delivery_method_is_pushed_to(void **state) {
  (void)state;
  dev()->delivery = -1;
  dev()->protocols = 0;
  dev()->enabler = TG_VERSION_1_0;
  uint64_t id = ends(NULL, TG_FW_DONE);
  check_int(fw_bench_get(&bench, id).method, TG_FW_PUSH);
}

static void what_nobody_can_do_fails_with_its_reason(void **state) {
  (void)state;
  dev()->delivery = 1;
  tg_fw_request_t request = plain;
  request.method = TG_FW_PULL_COAP;
  fw_bench_check_cause(&bench, ends(&request, TG_FW_FAILED), "only takes images that are pushed");
  dev()->delivery = 2;
  request.method = TG_FW_PULL_HTTP;
  fw_bench_check_cause(&bench, ends(&request, TG_FW_FAILED), "no images over HTTP");
  dev()->no_object = true;
  fw_bench_register(&bench, dev());
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_FAILED), "announces no firmware update");
  dev()->no_object = false;
  fw_bench_register(&bench, dev());
  dev()->refuse_read = 0x81;
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_FAILED), "answered 4.01 to the Read of /5/0");
  check_int(dev()->updates + dev()->pushes + dev()->uris, 0);
}

static void what_the_device_runs_already_is_not_sent_unless_forced(void **state) {
  (void)state;
  snprintf(dev()->version, sizeof dev()->version, "2.0");
  uint64_t id = ends(NULL, TG_FW_DONE);
  fw_bench_check_cause(&bench, id, "runs 2.0 already");
  check_int(dev()->pushes, 0);
  tg_fw_request_t request = plain;
  request.force = true;
  (void)ends(&request, TG_FW_DONE);
  check_int(dev()->pushes, 1);
  check_int(dev()->updates, 1);
}

static void a_device_that_is_not_there_or_sleeps_is_waited_for(void **state) {
  (void)state;
  fw_bench_deregister(&bench, dev());
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_pass(&bench, HOUR);
  fw_bench_check_cause(&bench, id, "not registered");
  dev()->queue_mode = dev()->asleep = true;
  fw_bench_register(&bench, dev());
  fw_bench_pass(&bench, HOUR);
  check_int(fw_bench_get(&bench, id).state, TG_FW_WAITING);
  fw_bench_check_cause(&bench, id, "sleeps");
  check_int(dev()->pushes, 0);
  dev()->asleep = false;
  tg_twin_awake(bench.twin, tg_twin_find_ep(bench.twin, tg_slice_str("dev"))->id, UINT64_MAX);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
}

static void held_updates_wait_for_a_word(void **state) {
  (void)state;
  tg_fw_request_t request = plain;
  request.hold = true;
  uint64_t id = ends(&request, TG_FW_READY);
  fw_bench_pass(&bench, HOUR);
  check_int(fw_bench_get(&bench, id).state, TG_FW_READY);
  check_int(dev()->updates, 0);
  check_rc(tg_firmware_apply(bench.firmware, 99), TG_E_NOT_FOUND);
  check_rc(tg_firmware_apply(bench.firmware, id), TG_OK);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->updates, 1);
  check_rc(tg_firmware_apply(bench.firmware, id), TG_E_STATE);
}

static void severity_and_deferral_are_written_where_the_device_has_them(void **state) {
  (void)state;
  tg_fw_request_t request = {.severity = 2, .defer_s = 3600};
  (void)ends(&request, TG_FW_DONE);
  check_int(dev()->severity, -1);
  dev()->has_settings = true;
  request.force = true;
  (void)ends(&request, TG_FW_DONE);
  check_int(dev()->severity, 2);
  check_int(dev()->defer_s, 3600);
}

static void a_deferred_update_stays_ready_until_the_device_or_a_person_goes_on(void **state) {
  (void)state;
  dev()->defers = true;
  uint64_t id = ends(NULL, TG_FW_READY);
  fw_bench_pass(&bench, 60000);
  assert_string_equal(bench.states, "waiting asking transferring ready applying ready ");
  fw_bench_check_cause(&bench, id, "defers the update");
  fw_bench_pass(&bench, 2 * HOUR);
  check_int(dev()->updates, 1);
  dev()->state = 3; /* its time has come */
  dev()->restart_at = bench.now + 20000;
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->updates, 1);

  snprintf(dev()->version, sizeof dev()->version, "1.0");
  id = ends(NULL, TG_FW_READY);
  fw_bench_pass(&bench, 60000);
  dev()->defers = false; /* a person asks once more */
  check_rc(tg_firmware_apply(bench.firmware, id), TG_OK);
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
  check_int(dev()->updates, 3);
}

static void an_image_of_somebody_else_is_let_go_first(void **state) {
  (void)state;
  dev()->state = 2;
  (void)ends(NULL, TG_FW_DONE);
  check_int(dev()->cancels, 1); /* by Execute of /5/0/10 */
  check_int(dev()->resets, 1);
  dev()->state = 1;
  dev()->enabler = TG_VERSION_1_0;
  snprintf(dev()->version, sizeof dev()->version, "1.0");
  fw_bench_register(&bench, dev());
  (void)ends(NULL, TG_FW_DONE);
  check_int(dev()->cancels, 1); /* a device of 1.0 has none: an empty URI */
  check_int(dev()->resets, 2);
  dev()->state = 2;
  dev()->refuse[1] = 0x85;
  snprintf(dev()->version, sizeof dev()->version, "1.0");
  (void)ends(NULL, TG_FW_DONE);
  check_int(dev()->resets, 3); /* and where it has no URI, one zero byte */
}

static void a_device_that_holds_on_fails(void **state) {
  (void)state;
  dev()->state = 2;
  dev()->refuse[0] = dev()->refuse[1] = dev()->refuse[10] = 0x85;
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_FAILED), "does not let it go");
  check_int(dev()->updates, 0);
}

static void another_update_that_is_applied_is_waited_for(void **state) {
  (void)state;
  dev()->state = 3;
  uint64_t id = fw_bench_update(&bench, "dev", NULL);
  fw_bench_pass(&bench, 30000);
  fw_bench_check_cause(&bench, id, "applying another image");
  dev()->state = 0;
  fw_bench_until(&bench, id, TG_FW_DONE, HOUR);
}

static void a_result_of_the_device_is_told_in_words(void **state) {
  (void)state;
  dev()->image_result = 5;
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_FAILED), "integrity failed (result 5)");
  dev()->image_result = 2;
  dev()->delivery = 0;
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_FAILED), "not enough flash memory for the image (result 2)");
  dev()->image_result = 0;
  dev()->update_result = 8;
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_FAILED), "failed on it (result 8)");
  check_int(dev()->updates, 1);
}

static void a_refusal_fails_with_its_code_and_what_the_device_says_then(void **state) {
  (void)state;
  dev()->refuse[0] = 0xA0;
  dev()->result = 3;
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_FAILED), "answered 5.00 to the Write of /5/0/0: it ran out of memory");
  check_int(dev()->pushes, 1);
  dev()->delivery = 0;
  dev()->refuse[1] = 0x80;
  dev()->result = 0;
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_FAILED), "answered 4.00 to the Write of /5/0/1");
}

static void a_version_that_differs_afterwards_fails(void **state) {
  (void)state;
  dev()->runs = "1.9";
  uint64_t id = ends(NULL, TG_FW_FAILED);
  fw_bench_check_cause(&bench, id, "runs \"1.9\", not \"2.0\"");
  assert_string_equal(fw_bench_get(&bench, id).version_after, "1.9");
  dev()->runs = "3";
  snprintf(dev()->pkg_version, sizeof dev()->pkg_version, "2.0"); /* /5/0/7 says it */
  (void)ends(NULL, TG_FW_DONE);
}

static void a_device_without_result_is_known_by_its_version(void **state) {
  (void)state;
  dev()->update_result = 0;
  uint64_t id = ends(NULL, TG_FW_DONE);
  fw_bench_check_cause(&bench, id, "gives no result");
  snprintf(dev()->version, sizeof dev()->version, "1.0");
  dev()->runs = NULL;
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_UNKNOWN), "neither success nor failure");
  check_int(dev()->updates, 2);
}

static void lost_notifications_are_made_up_for_by_asking(void **state) {
  (void)state;
  dev()->quiet = true;
  dev()->delivery = 0;
  dev()->chunk = 1000;
  dev()->update_ms = 300000;
  (void)ends(NULL, TG_FW_DONE);
  check_int(dev()->updates, 1);
}

static void a_lost_answer_to_update_is_no_reason_to_repeat_it(void **state) {
  (void)state;
  dev()->lose_update = true;
  (void)ends(NULL, TG_FW_DONE);
  check_int(dev()->updates, 1);
  snprintf(dev()->version, sizeof dev()->version, "1.0");
  dev()->ignore_update = true; /* and nothing comes of it */
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_UNKNOWN), "still holds the image");
  check_int(dev()->updates, 2);
}

static void a_refused_update_fails(void **state) {
  (void)state;
  dev()->refuse[2] = 0x85;
  fw_bench_check_cause(&bench, ends(NULL, TG_FW_FAILED), "answered 4.05 to the Execute of /5/0/2");
  dev()->refuse[2] = 0;
  (void)ends(NULL, TG_FW_DONE);
  check_int(dev()->updates, 1);
}

static void a_device_that_applies_of_itself_needs_no_update(void **state) {
  (void)state;
  dev()->auto_update = true;
  (void)ends(NULL, TG_FW_DONE);
  check_int(dev()->updates, 0);
}

static const struct CMUnitTest tests[] = {
#define T(name) FW_TEST(name, SIZE)
    T(an_image_is_pushed_applied_and_checked),
    T(a_device_that_only_fetches_gets_a_uri),
    T(a_device_of_version_1_0_without_delivery_method_is_pushed_to),
    T(what_nobody_can_do_fails_with_its_reason),
    T(what_the_device_runs_already_is_not_sent_unless_forced),
    T(a_device_that_is_not_there_or_sleeps_is_waited_for),
    T(held_updates_wait_for_a_word),
    T(severity_and_deferral_are_written_where_the_device_has_them),
    T(a_deferred_update_stays_ready_until_the_device_or_a_person_goes_on),
    T(an_image_of_somebody_else_is_let_go_first),
    T(a_device_that_holds_on_fails),
    T(another_update_that_is_applied_is_waited_for),
    T(a_result_of_the_device_is_told_in_words),
    T(a_refusal_fails_with_its_code_and_what_the_device_says_then),
    T(a_version_that_differs_afterwards_fails),
    T(a_device_without_result_is_known_by_its_version),
    T(lost_notifications_are_made_up_for_by_asking),
    T(a_lost_answer_to_update_is_no_reason_to_repeat_it),
    T(a_refused_update_fails),
    T(a_device_that_applies_of_itself_needs_no_update),
};

int main(void) {
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
