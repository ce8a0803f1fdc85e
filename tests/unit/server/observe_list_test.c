/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/observe_list.c, command_judge.c: observations that commands begin, replace and cancel by their tokens. */

#include "tests/unit/server/command_harness.h"

static far_msg_t observe_temperature(server_bench_t *bench) {
  tg_command_t command = command_bench_ask(bench, TG_OP_OBSERVE, tg_path(3, 3303, 0, 5700));
  const far_msg_t *out = command_bench_send(bench, &command);
  check_int(out->code, TG_COAP_GET);
  check_int(out->observe, 0);
  far_msg_t asked = *out, values = {.code = TG_COAP_205,
                                    .format = TG_CF_SENML_JSON,
                                    .observe = 5,
                                    .body = "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]"};
  server_bench_answer(bench, 'a', &asked, values);
  check_int(command_end.result.state, TG_COMMAND_DONE);
  return asked;
}

static unsigned notify(server_bench_t *bench, const far_msg_t *asked, uint16_t mid) {
  far_msg_t values = {.type = TG_COAP_CON,
                      .code = TG_COAP_205,
                      .mid = mid,
                      .format = TG_CF_SENML_JSON,
                      .observe = mid,
                      .token_len = asked->token_len,
                      .body = "[{\"n\":\"/3303/0/5700\",\"v\":22.5}]"};
  memcpy(values.token, asked->token, sizeof values.token);
  bench->sent_count = bench->read_count = 0;
  server_bench_in(bench, 'a', &values);
  const far_msg_t *out = server_bench_out(bench);
  return out ? out->type : 99;
}

static void who_does_not_want_to_replace_an_observation_does_not(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3303/0>");
  far_msg_t asked = observe_temperature(bench);
  tg_command_t command = command_bench_ask(bench, TG_OP_OBSERVE, tg_path(3, 3303, 0, 5700));
  command.unless_observed = true;
  assert_null(command_bench_try(bench, &command)); /* nothing goes out */
  check_int(command_end.result.state, TG_COMMAND_FAILED);
  check_int(command_end.result.rc, TG_E_EXISTS);
  check_int(command_end.result.code, 0);
  check_int(notify(bench, &asked, 900), TG_COAP_ACK); /* the first one stands */
  command.path = tg_path(3, 3303, 0, 5701);
  assert_non_null(command_bench_try(bench, &command));
  server_bench_close(bench);
}

static void an_observation_begins_reports_and_is_cancelled_by_its_token(void **state) {
  (void)state;
  static const uint8_t codes[] = {TG_COAP_205, TG_COAP_404, TG_COAP_405}; /* ended at our side in any case */
  for (size_t i = 0; i < TG_COUNT(codes); i++) {
    server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3303/0>");
    far_msg_t asked = observe_temperature(bench);
    assert_string_equal(server_bench_events(bench), "command:sent records:a observing:a command:done ");
    check_int(notify(bench, &asked, 900), TG_COAP_ACK);
    assert_string_equal(server_bench_events(bench), "records:a ");
    tg_command_t command = command_bench_ask(bench, TG_OP_CANCEL, tg_path(3, 3303, 0, 5700));
    const far_msg_t *out = command_bench_send(bench, &command);
    check_int(out->observe, 1);
    assert_string_equal(out->path, "/3303/0/5700");
    check_int(out->token_len, asked.token_len);
    assert_memory_equal(out->token, asked.token, asked.token_len);
    command_bench_answer(bench, out, codes[i]);
    check_int(command_end.count, 1);
    check_int(command_end.result.state, codes[i] == TG_COAP_205 ? TG_COMMAND_DONE : TG_COMMAND_FAILED);
    assert_non_null(strstr(server_bench_events(bench), "observing:a"));
    check_int(notify(bench, &asked, 901), TG_COAP_RST);
    assert_string_equal(server_bench_events(bench), "");
    check_int((command_bench_try(bench, &command), command_end.result.rc), TG_E_NOT_FOUND);
    server_bench_close(bench);
  }
}

static void a_second_observe_of_a_path_takes_the_place_of_the_first(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3303/0>");
  far_msg_t first = observe_temperature(bench), second = observe_temperature(bench);
  server_bench_pass(bench, 1);
  const far_msg_t *cancel = server_bench_out(bench); /* the device need not keep both */
  assert_non_null(cancel);
  check_int(cancel->code, TG_COAP_GET);
  check_int(cancel->observe, 1);
  assert_string_equal(cancel->path, "/3303/0/5700");
  assert_memory_equal(cancel->token, first.token, first.token_len);
  command_bench_answer(bench, cancel, TG_COAP_205);
  check_int(notify(bench, &first, 900), TG_COAP_RST);
  check_int(notify(bench, &second, 901), TG_COAP_ACK);
  server_bench_close(bench);
}

static void a_device_that_answers_an_observe_without_observing_is_told(void **state) {
  (void)state;
  server_bench_t *bench = command_bench_open("ep=a&lwm2m=1.1", "</3303/0>");
  tg_command_t command = command_bench_ask(bench, TG_OP_OBSERVE, tg_path(3, 3303, 0, 5700));
  const far_msg_t *out = command_bench_send(bench, &command);
  command_bench_answer_with(bench, out, TG_COAP_205, TG_CF_SENML_JSON, "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]");
  check_int(command_end.result.state, TG_COMMAND_FAILED);
  check_rc(command_end.result.rc, TG_E_UNSUPPORTED);
  assert_string_equal(server_bench_events(bench), "command:sent records:a command:failed ");
  server_bench_close(bench);
}

CHECK_SUITE(who_does_not_want_to_replace_an_observation_does_not,
            an_observation_begins_reports_and_is_cancelled_by_its_token,
            a_second_observe_of_a_path_takes_the_place_of_the_first,
            a_device_that_answers_an_observe_without_observing_is_told)
