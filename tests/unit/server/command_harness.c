/* SPDX-License-Identifier: Apache-2.0 */
/* See command_harness.h. */

#include "tests/unit/server/command_harness.h"

command_end_t command_end;

void command_bench_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  command_end_t *end = &command_end;
  end->count++;
  end->result = *result;
  snprintf(end->text, sizeof end->text, "%.*s", (int)result->text.len, (const char *)result->text.p);
  end->values[0] = '\0';
  if (result->record_count) end->number = result->records[0].value.f;
  for (size_t i = 0; i < result->record_count; i++) {
    const tg_record_t *record = &result->records[i];
    char path[TG_PATH_TEXT_MAX];
    size_t len = strlen(end->values);
    bool is_text = record->value.type == TG_TYPE_STRING;
    snprintf(end->values + len, sizeof end->values - len, "%s=%.*s ", tg_path_text(&record->path, path),
             is_text ? (int)record->value.s.len : 1, is_text ? (const char *)record->value.s.p : "?");
  }
}

server_bench_t *command_bench_open(const char *query, const char *links) {
  static server_bench_t bench;
  server_bench_open(&bench, NULL, NULL);
  check_int(server_bench_register(&bench, 'a', query, links), TG_COAP_201);
  server_bench_events(&bench);
  return &bench;
}

tg_command_t command_bench_ask(const server_bench_t *bench, tg_op_t op, tg_path_t path) {
  return (tg_command_t){
      .device = tg_twin_find_ep(bench->twin, tg_slice_str("a"))->id, .op = op, .path = path, .content_format = -1};
}

tg_id_t command_bench_submit(server_bench_t *bench, const tg_command_t *command) {
  tg_id_t id = TG_ID_NONE;
  command_end = (command_end_t){0};
  bench->sent_count = bench->read_count = 0;
  check_rc(tg_twin_submit(bench->twin, command, command_bench_done, NULL, &id), TG_OK);
  server_bench_pass(bench, 1);
  return id;
}

const far_msg_t *command_bench_try(server_bench_t *bench, const tg_command_t *command) {
  command_bench_submit(bench, command);
  return server_bench_out(bench);
}

const far_msg_t *command_bench_out(server_bench_t *bench) {
  const far_msg_t *out = server_bench_out(bench);
  assert_non_null(out);
  return out;
}

const far_msg_t *command_bench_send(server_bench_t *bench, const tg_command_t *command) {
  command_bench_submit(bench, command);
  return command_bench_out(bench);
}

void command_bench_answer(server_bench_t *bench, const far_msg_t *request, uint8_t code) {
  command_bench_answer_with(bench, request, code, -1, "");
}

void command_bench_answer_with(server_bench_t *bench, const far_msg_t *request, uint8_t code, int format,
                               const char *body) {
  far_msg_t asked = *request, answer = {.code = code, .format = format, .observe = -1};
  snprintf(answer.body, sizeof answer.body, "%s", body);
  server_bench_answer(bench, 'a', &asked, answer);
}

const char *command_bench_hex(const far_msg_t *msg) {
  static char text[256];
  text[0] = '\0';
  for (size_t i = 0; i < msg->body_len && i * 2 + 2 < sizeof text; i++)
    snprintf(text + i * 2, 3, "%02X", (unsigned)(uint8_t)msg->body[i]);
  return text;
}
