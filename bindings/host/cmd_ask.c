/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that ask a running gateway over its control socket; called by main.c. See cli.h. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bindings/host/cli.h"
#include "bindings/host/config.h"
#include "bindings/host/control_client.h"
#include "bindings/host/show.h"
#include "core/codec/json_read.h"
#include "core/codec/json_write.h"

enum { REQUEST_MAX = 65536, MARGIN_MS = 5000 };

/* What the words after a command are called in its request, in order; a leading '?' marks one that may be missing. */
typedef struct form {
  const char *name;
  const char *members[3];
  const char *op; /* its name in the request where that is another one */
} form_t;

static const form_t forms[] = {
    {"status", {NULL}, NULL},
    {"devices", {"?ep", NULL}, NULL},
    {"read", {"ep", "path", NULL}, NULL},
    {"write", {"ep", "path", "value"}, NULL},
    {"execute", {"ep", "path", "?args"}, NULL},
    {"observe", {"ep", "path", NULL}, NULL},
    {"discover", {"ep", "?path", NULL}, NULL},
    {"queue", {"?ep", NULL}, NULL},
    {"cancel", {"command", NULL}, "cancel_command"},
    {"log", {NULL}, NULL},
    {"scripts", {NULL}, NULL},
    {"reload", {"?name", NULL}, NULL},
};

static const form_t *find_form(const char *name) {
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    if (strcmp(forms[i].name, name) == 0) return &forms[i];
  }
  return NULL;
}

static bool write_words(const tg_cli_t *cli, const form_t *form, tg_json_out_t *json) {
  int word = 0;
  for (size_t i = 0; i < 3 && form->members[i]; i++) {
    bool optional = form->members[i][0] == '?';
    const char *member = form->members[i] + (optional ? 1 : 0);
    if (word == cli->word_count) {
      if (optional) continue;
      (void)fprintf(stderr, "tidegate %s: %s is missing; see tidegate help\n", form->name, member);
      return false;
    }
    tg_json_write_key(json, member);
    tg_json_write_str(json, tg_slice_str(cli->words[word++]));
  }
  if (word == cli->word_count) return true;
  (void)fprintf(stderr, "tidegate %s: \"%s\" is too much; see tidegate help\n", form->name, cli->words[word]);
  return false;
}

/* Several paths go in one request. */
static bool reads_several(const tg_cli_t *cli, const form_t *form) {
  return strcmp(form->name, "read") == 0 && cli->word_count > 2;
}

static void write_paths(const tg_cli_t *cli, tg_json_out_t *json) {
  tg_json_write_key(json, "ep");
  tg_json_write_str(json, tg_slice_str(cli->words[0]));
  tg_json_write_key(json, "paths");
  tg_json_write_open(json, '[');
  for (int i = 1; i < cli->word_count; i++) tg_json_write_str(json, tg_slice_str(cli->words[i]));
  tg_json_write_close(json, ']');
}

static bool write_request(const tg_cli_t *cli, const form_t *form, tg_buf_t *out) {
  tg_json_out_t json;
  tg_json_write_begin(&json, out);
  tg_json_write_open(&json, '{');
  tg_json_write_key(&json, "op");
  bool several = reads_several(cli, form);
  tg_json_write_str(&json, tg_slice_str(several ? "read_composite" : form->op ? form->op : form->name));
  if (several) write_paths(cli, &json);
  else if (!write_words(cli, form, &json)) return false;
  if (cli->type) {
    tg_json_write_key(&json, "type");
    tg_json_write_str(&json, tg_slice_str(cli->type));
  }
  if (cli->format) {
    tg_json_write_key(&json, "format");
    tg_json_write_str(&json, tg_slice_str(cli->format));
  }
  if (cli->timeout > 0) {
    tg_json_write_key(&json, "timeout");
    tg_json_write_double(&json, cli->timeout);
  }
  if (cli->follow) {
    tg_json_write_key(&json, "follow");
    tg_json_write_bool(&json, true);
  }
  tg_json_write_close(&json, '}');
  tg_buf_put_u8(out, '\n');
  if (out->rc == TG_OK) return true;
  (void)fprintf(stderr, "tidegate: the request is longer than 64 KiB\n");
  return false;
}

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
  const form_t *form = find_form(cli->command);
  if (!form) {
    (void)fprintf(stderr, "tidegate: no command \"%s\"; see tidegate help\n", cli->command);
    return TG_CLI_USAGE;
  }
  tg_buf_t request;
  tg_buf_init_growing(&request, REQUEST_MAX);
  tg_cli_exit_t end =
      write_request(cli, form, &request) ? tg_cmd_ask_request(cli, cli->command, tg_buf_slice(&request)) : TG_CLI_USAGE;
  tg_buf_fini(&request);
  return end;
}
