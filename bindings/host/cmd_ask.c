/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that ask a running gateway over its control socket; called by main.c. See cli.h. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bindings/host/ask_request.h"
#include "bindings/host/cli.h"
#include "bindings/host/config.h"
#include "bindings/host/control_client.h"
#include "bindings/host/show.h"
#include "core/codec/json_read.h"

enum { REQUEST_MAX = 65536, MARGIN_MS = 5000 };

typedef struct answer {
  const tg_cli_t *cli;
  tg_cli_exit_t end;
  tg_show_t show;
} answer_t;

static void print_json_line(tg_slice_t line) {
  (void)fwrite(line.p, 1, line.len, stdout);
  (void)fputc('\n', stdout);
  (void)fflush(stdout);
}

static tg_cli_exit_t exit_of(const tg_json_node_t *node) {
  tg_slice_t state = tg_json_read_str(tg_json_read_get(node, "state"));
  tg_slice_t error = tg_json_read_str(tg_json_read_get(node, "error"));
  if (tg_slice_is(state, "expired") || tg_slice_is(error, "timeout") || tg_slice_is(error, "expired"))
    return TG_CLI_TIMEOUT;
  return error.len || tg_slice_is(state, "failed") || tg_slice_is(state, "cancelled") || tg_slice_is(state, "unknown")
             ? TG_CLI_FAILED
             : TG_CLI_OK;
}

static bool on_line(void *ud, tg_slice_t line) {
  answer_t *answer = ud;
  tg_json_t *doc = NULL;
  if (line.len == 0) {
    tg_show_pause(&answer->show);
    return true;
  }
  if (tg_json_read(line, (size_t)8 << 20, NULL, &doc) != TG_OK) {
    answer->end = TG_CLI_FAILED;
    return false;
  }
  const tg_json_node_t *node = tg_json_read_root(doc);
  bool last = false;
  if (tg_json_read_bool(tg_json_read_get(node, "end"), &last) != TG_OK) last = false;
  if (answer->cli->json) print_json_line(line);
  else tg_show_line(&answer->show, node, last);
  if (last) answer->end = exit_of(node);
  tg_json_read_free(doc);
  return !last;
}

/* What is asked, and how the answer is shown. */
typedef struct question {
  const tg_cli_t *cli;
  const char *shown;
  tg_slice_t request;
} question_t;

static tg_cli_exit_t ask(const question_t *question, const char *path) {
  const tg_cli_t *cli = question->cli;
  answer_t answer = {.cli = cli};
  tg_diag_t diag = {0};
  const tg_control_client_t client = {path,
                                      cli->timeout > 0 && !cli->follow ? (int)(cli->timeout * 1000) + MARGIN_MS : -1};
  tg_show_init(&answer.show, question->shown, cli->follow);
  tg_rc_t rc = tg_control_client_ask(&client, question->request, on_line, &answer, &diag);
  tg_show_fini(&answer.show);
  if (rc == TG_OK) return answer.end;
  (void)fprintf(stderr, "tidegate: %s\n", diag.message[0] ? diag.message : tg_rc_text(rc));
  return rc == TG_E_TIMEOUT ? TG_CLI_TIMEOUT : TG_CLI_UNREACHABLE;
}

/* --socket, else TIDEGATE_SOCKET, else what the configuration says, else where the default configuration has it. */
tg_cli_exit_t tg_cmd_ask_request(const tg_cli_t *cli, const char *shown, tg_slice_t request) {
  const question_t question = {cli, shown, request};
  const char *path = cli->socket ? cli->socket : getenv("TIDEGATE_SOCKET"); // NOLINT(concurrency-mt-unsafe): one thread
  if (path) return ask(&question, path);
  if (!cli->config_given && access(cli->config, R_OK) != 0) return ask(&question, "/var/lib/tidegate/control.sock");
  tg_buf_t errors;
  tg_config_t *config = NULL;
  tg_buf_init_growing(&errors, (size_t)1 << 20);
  tg_cli_exit_t end = TG_CLI_CONFIG;
  if (tg_config_load(cli->config, &errors, &config) == TG_OK) end = ask(&question, config->control_socket);
  else if (errors.len) (void)fwrite(errors.p, 1, errors.len, stderr);
  tg_config_free(config);
  tg_buf_fini(&errors);
  return end;
}

tg_cli_exit_t tg_cmd_ask(const tg_cli_t *cli) {
  if (!tg_ask_request_is(cli->command)) {
    (void)fprintf(stderr, "tidegate: no command \"%s\"; see tidegate help\n", cli->command);
    return TG_CLI_USAGE;
  }
  tg_buf_t request;
  tg_buf_init_growing(&request, REQUEST_MAX);
  tg_cli_exit_t end = tg_ask_request_write(cli, &request)
                          ? tg_cmd_ask_request(cli, cli->command, tg_buf_slice(&request))
                          : TG_CLI_USAGE;
  tg_buf_fini(&request);
  return end;
}
