/* SPDX-License-Identifier: Apache-2.0 */
/* `tidegate firmware …`: verbs, their words and options, as requests to the gateway; called by main.c. See cli.h. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "bindings/host/cli.h"
#include "core/base/num.h"
#include "core/codec/json_write.h"

enum { REQUEST_MAX = 65536, WORDS_MAX = 2, OPTIONS_MAX = 20 };

static const char usage[] =
    "usage: tidegate firmware VERB\n"
    "  add FILE [--name NAME] [--version VERSION]   keep FILE as an image; VERSION is what devices say once they run it\n"
    "  images                                       images kept\n"
    "  remove NAME                                  forget one\n"
    "  update EP IMAGE [--method push|pull-coap|pull-http] [--hold] [--force] [--severity 0..2] [--defer S] [--expiry S]\n"
    "                  [--wait]                     update a device; --hold: apply it later; --wait: show how it goes\n"
    "  status [EP]                                  updates, the newest first\n"
    "  apply EP                                     let one that was held go on\n"
    "  cancel EP                                    end one\n"
    "  campaign start NAME IMAGE [--ep GLOB] [--link LINK] [--manufacturer M] [--model M] [--from-version GLOB]\n"
    "                  [--tag GLOB] [--wave N] [--growth PERCENT] [--parallel N] [--limit LINK=N]... [--stop-failures N]\n"
    "                  [--stop-percent P] [--method M] [--severity 0..2] [--defer S] [--expiry S]\n"
    "  campaign pause NAME | resume NAME | cancel NAME | show NAME\n"
    "  campaigns                                    campaigns, the newest first\n";

typedef enum kind { TEXT, NUMBER, FLAG, LIMIT } kind_t;

/* An option: its name in the request, and what it may be. */
static const struct option_def {
  const char *name, *key;
  kind_t kind;
} option_defs[] = {{"name", "name", TEXT},
                   {"version", "version", TEXT},
                   {"method", "method", TEXT},
                   {"hold", "hold", FLAG},
                   {"force", "force", FLAG},
                   {"severity", "severity", NUMBER},
                   {"defer", "defer", NUMBER},
                   {"expiry", "expiry", NUMBER},
                   {"wait", "wait", FLAG},
                   {"ep", "ep", TEXT},
                   {"link", "link", TEXT},
                   {"manufacturer", "manufacturer", TEXT},
                   {"model", "model", TEXT},
                   {"from-version", "from_version", TEXT},
                   {"tag", "tag", TEXT},
                   {"wave", "wave", NUMBER},
                   {"growth", "growth", NUMBER},
                   {"parallel", "parallel", NUMBER},
                   {"limit", "limits", LIMIT},
                   {"stop-failures", "stop_failures", NUMBER},
                   {"stop-percent", "stop_percent", NUMBER}};

/* A verb: what its words are called in the request (a '?' marks one that may be missing), and which options it takes. */
typedef struct verb {
  const char *name;
  const char *op;
  const char *shown; /* the view of its answer */
  const char *words[WORDS_MAX];
  const char *options; /* blank before and behind each */
} verb_t;

#define HOW  " method severity defer expiry "
#define WHOM " ep link manufacturer model from-version tag wave growth parallel limit stop-failures stop-percent "

static const verb_t verbs[] = {
    {"add", "firmware_add", "firmware add", {"file"}, " name version "},
    {"images", "firmware_images", "firmware images", {NULL}, ""},
    {"remove", "firmware_remove", "firmware remove", {"name"}, ""},
    {"update", "firmware_update", "firmware update", {"ep", "image"}, HOW " hold force wait "},
    {"status", "firmware_status", "firmware status", {"?ep"}, ""},
    {"apply", "firmware_apply", "firmware apply", {"ep"}, ""},
    {"cancel", "firmware_cancel", "firmware cancel", {"ep"}, ""},
    {"campaigns", "campaigns", "firmware campaigns", {NULL}, ""},
    {"campaign start", "campaign_start", "firmware campaign", {"name", "image"}, HOW WHOM},
    {"campaign pause", "campaign_pause", "firmware campaign", {"name"}, ""},
    {"campaign resume", "campaign_resume", "firmware campaign", {"name"}, ""},
    {"campaign cancel", "campaign_cancel", "firmware campaign", {"name"}, ""},
    {"campaign show", "campaign_show", "firmware campaign", {"name"}, ""},
};

static const verb_t *find_verb(const char *name) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(verbs[i].name, name) == 0) return &verbs[i];
  }
  return NULL;
}

static void put_text(tg_json_out_t *json, const char *key, const char *text) {
  tg_json_write_key(json, key);
  tg_json_write_str(json, tg_slice_str(text));
}

/* The gateway reads the file itself, from wherever it runs. */
static bool put_file(tg_json_out_t *json, const tg_cli_t *cli, const char *file) {
  char path[PATH_MAX];
  if (!realpath(file, path)) {
    (void)fprintf(stderr, "tidegate firmware add: %s can't be read\n", file);
    return false;
  }
  put_text(json, "file", path);
  for (int i = 0; i < cli->more_count; i++) {
    if (strcmp(cli->more[i].name, "name") == 0) return true;
  }
  const char *slash = strrchr(path, '/');
  put_text(json, "name", slash ? slash + 1 : path);
  return true;
}

static bool put_words(const tg_cli_t *cli, const verb_t *verb, int first, tg_json_out_t *json) {
  int word = first;
  for (size_t i = 0; i < WORDS_MAX && verb->words[i]; i++) {
    bool optional = verb->words[i][0] == '?';
    const char *member = verb->words[i] + (optional ? 1 : 0);
    if (word == cli->word_count && optional) continue;
    if (word == cli->word_count) {
      (void)fprintf(stderr, "tidegate firmware %s: %s is missing; see tidegate firmware help\n", verb->name, member);
      return false;
    }
    const char *text = cli->words[word++];
    if (strcmp(member, "file") != 0) put_text(json, member, text);
    else if (!put_file(json, cli, text)) return false;
  }
  if (word == cli->word_count) return true;
  (void)fprintf(stderr, "tidegate firmware %s: \"%s\" is too much; see tidegate firmware help\n", verb->name,
                cli->words[word]);
  return false;
}

static const struct option_def *find_option(const verb_t *verb, const char *name) {
  char padded[32];
  (void)snprintf(padded, sizeof padded, " %s ", name);
  if (!strstr(verb->options, padded)) return NULL;
  for (size_t i = 0; i < sizeof option_defs / sizeof *option_defs; i++) {
    if (strcmp(option_defs[i].name, name) == 0) return &option_defs[i];
  }
  return NULL;
}

static bool refuse(const tg_cli_more_t *given, const char *why) {
  (void)fprintf(stderr, "tidegate firmware: --%s%s%s: %s\n", given->name, *given->value ? " " : "", given->value, why);
  return false;
}

static bool put_number(tg_json_out_t *json, const char *key, const tg_cli_more_t *given, const char *text) {
  uint64_t value;
  if (tg_num_parse_u64(tg_slice_str(text), INT32_MAX, &value) != TG_OK)
    return refuse(given, "a whole number is wanted");
  tg_json_write_key(json, key);
  tg_json_write_uint(json, value);
  return true;
}

/* All of them are one member: {"nb":4,"udp0":50}. */
static bool put_limits(tg_json_out_t *json, const tg_cli_t *cli) {
  tg_json_write_key(json, "limits");
  tg_json_write_open(json, '{');
  for (int i = 0; i < cli->more_count; i++) {
    const tg_cli_more_t *given = &cli->more[i];
    if (strcmp(given->name, "limit") != 0) continue;
    const char *equals = strrchr(given->value, '=');
    char link[256];
    if (!equals || equals == given->value || (size_t)(equals - given->value) >= sizeof link)
      return refuse(given, "LINK=N is wanted, such as nb=4");
    memcpy(link, given->value, (size_t)(equals - given->value));
    link[equals - given->value] = '\0';
    if (!put_number(json, link, given, equals + 1)) return false;
  }
  tg_json_write_close(json, '}');
  return true;
}

static bool put_option(const tg_cli_t *cli, const struct option_def *option, int at, tg_json_out_t *json) {
  const tg_cli_more_t *given = &cli->more[at];
  for (int i = 0; i < at; i++) {
    if (strcmp(cli->more[i].name, given->name) != 0) continue;
    return option->kind == LIMIT ? true : refuse(given, "given twice");
  }
  switch (option->kind) {
  case TEXT: put_text(json, option->key, given->value); return true;
  case NUMBER: return put_number(json, option->key, given, given->value);
  case LIMIT: return put_limits(json, cli);
  case FLAG: break;
  }
  tg_json_write_key(json, option->key);
  tg_json_write_bool(json, true);
  return true;
}

static bool put_options(const tg_cli_t *cli, const verb_t *verb, tg_json_out_t *json) {
  for (int i = 0; i < cli->more_count; i++) {
    const struct option_def *option = find_option(verb, cli->more[i].name);
    if (!option) {
      (void)fprintf(stderr, "tidegate firmware %s: it has no option --%s; see tidegate firmware help\n", verb->name,
                    cli->more[i].name);
      return false;
    }
    if (!put_option(cli, option, i, json)) return false;
  }
  return true;
}

static tg_cli_exit_t ask(const tg_cli_t *cli, const verb_t *verb, int first) {
  tg_buf_t request;
  tg_json_out_t json;
  tg_buf_init_growing(&request, REQUEST_MAX);
  tg_json_write_begin(&json, &request);
  tg_json_write_open(&json, '{');
  put_text(&json, "op", verb->op);
  tg_cli_exit_t end = TG_CLI_USAGE;
  if (put_words(cli, verb, first, &json) && put_options(cli, verb, &json)) {
    tg_json_write_close(&json, '}');
    tg_buf_put_u8(&request, '\n');
    if (request.rc == TG_OK) end = tg_cmd_ask_request(cli, verb->shown, tg_buf_slice(&request));
    else (void)fputs("tidegate firmware: the request is longer than 64 KiB\n", stderr);
  }
  tg_buf_fini(&request);
  return end;
}

static tg_cli_exit_t no_verb(const tg_cli_t *cli) {
  if (cli->word_count == 0) {
    (void)fputs(usage, stderr);
    return TG_CLI_USAGE;
  }
  bool campaign = strcmp(cli->words[0], "campaign") == 0;
  if (campaign && cli->word_count == 1)
    (void)fputs(
        "tidegate firmware campaign: start, pause, resume, cancel or show is missing; see tidegate firmware help\n",
        stderr);
  else
    (void)fprintf(stderr, "tidegate firmware%s: no verb \"%s\"; see tidegate firmware help\n",
                  campaign ? " campaign" : "", cli->words[campaign ? 1 : 0]);
  return TG_CLI_USAGE;
}

tg_cli_exit_t tg_cmd_firmware(const tg_cli_t *cli) {
  char name[64] = "";
  int words = cli->word_count > 0 && strcmp(cli->words[0], "campaign") == 0 ? 2 : 1;
  if (cli->word_count == 1 && strcmp(cli->words[0], "help") == 0) {
    (void)fputs(usage, stdout);
    return TG_CLI_OK;
  }
  if (cli->word_count < words) return no_verb(cli);
  if (words == 2) (void)snprintf(name, sizeof name, "campaign %s", cli->words[1]);
  else (void)snprintf(name, sizeof name, "%s", cli->words[0]);
  const verb_t *verb = find_verb(name);
  return verb ? ask(cli, verb, words) : no_verb(cli);
}
