/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf under cmd_ask.c: see ask_request.h. */

#include "bindings/host/ask_request.h"

#include <stdio.h>
#include <string.h>

#include "core/codec/json_write.h"

enum { MEMBERS_MAX = 3, PATH_LEVELS_OF_INSTANCE = 2 };

/* What the last words of a command are, behind its members. */
typedef enum rest {
  REST_NONE,
  REST_PATHS,      /* more paths: with them it is the composite operation `several` */
  REST_VALUE,      /* a value, or RESOURCE=VALUE … for an instance */
  REST_ITEMS,      /* RESOURCE=VALUE … */
  REST_ATTRIBUTES, /* NAME=VALUE … */
  REST_SWITCH      /* on or off */
} rest_t;

/* What the words after a command are called in its request, in order; a leading '?' marks one that may be missing. */
typedef struct form {
  const char *name;
  const char *members[MEMBERS_MAX];
  const char *op; /* its name in the request where that is another one */
  rest_t rest;
  const char *several;
} form_t;

static const form_t forms[] = {
    {"status", {NULL}, NULL, REST_NONE, NULL},
    {"limits", {NULL}, NULL, REST_NONE, NULL},
    {"devices", {"?ep", NULL}, NULL, REST_NONE, NULL},
    {"read", {"ep", "path", NULL}, NULL, REST_PATHS, "read_composite"},
    {"write", {"ep", "path", NULL}, NULL, REST_VALUE, "write_composite"},
    {"update", {"ep", "path", NULL}, NULL, REST_VALUE, NULL},
    {"execute", {"ep", "path", "?args"}, NULL, REST_NONE, NULL},
    {"create", {"ep", "path", NULL}, NULL, REST_ITEMS, NULL},
    {"delete", {"ep", "path", NULL}, NULL, REST_NONE, NULL},
    {"observe", {"ep", "path", NULL}, NULL, REST_PATHS, "observe_composite"},
    {"unobserve", {"ep", "?path", NULL}, "cancel", REST_NONE, NULL},
    {"attributes", {"ep", "path", NULL}, NULL, REST_ATTRIBUTES, NULL},
    {"discover", {"ep", "?path", NULL}, NULL, REST_NONE, NULL},
    {"explain", {"ep", "path", NULL}, NULL, REST_NONE, NULL},
    {"trigger", {"ep", NULL}, NULL, REST_NONE, NULL},
    {"disable", {"ep", NULL}, NULL, REST_NONE, NULL},
    {"bootstrap", {"ep", NULL}, NULL, REST_NONE, NULL},
    {"prefer", {"ep", "transport", NULL}, NULL, REST_NONE, NULL},
    {"mute", {"ep", NULL}, NULL, REST_SWITCH, NULL},
    {"queue", {"?ep", NULL}, NULL, REST_NONE, NULL},
    {"cancel", {"command", NULL}, "cancel_command", REST_NONE, NULL},
    {"log", {NULL}, NULL, REST_NONE, NULL},
    {"scripts", {NULL}, NULL, REST_NONE, NULL},
    {"reload", {"?name", NULL}, NULL, REST_NONE, NULL},
};

static const form_t *find_form(const char *name) {
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    if (strcmp(forms[i].name, name) == 0) return &forms[i];
  }
  return NULL;
}

bool tg_ask_request_is(const char *name) {
  return find_form(name) != NULL;
}

static bool complain(const tg_cli_t *cli, const char *what) {
  (void)fprintf(stderr, "tidegate %s: %s; see tidegate help\n", cli->command, what);
  return false;
}

static bool too_much(const tg_cli_t *cli, int word) {
  (void)fprintf(stderr, "tidegate %s: \"%s\" is too much; see tidegate help\n", cli->command, cli->words[word]);
  return false;
}

static void put_text(tg_json_out_t *json, const char *key, const char *text) {
  if (!text) return;
  tg_json_write_key(json, key);
  tg_json_write_str(json, tg_slice_str(text));
}

/* Writes the members, as far as there are words. @return how many words they took; -1 when one is missing */
static int write_members(const tg_cli_t *cli, const form_t *form, int from, tg_json_out_t *json) {
  int word = from;
  for (size_t i = (size_t)from; i < MEMBERS_MAX && form->members[i]; i++) {
    bool optional = form->members[i][0] == '?';
    const char *member = form->members[i] + (optional ? 1 : 0);
    if (word < cli->word_count) {
      put_text(json, member, cli->words[word++]);
    } else if (!optional) {
      (void)fprintf(stderr, "tidegate %s: %s is missing; see tidegate help\n", form->name, member);
      return -1;
    }
  }
  return word;
}

static void write_paths(const tg_cli_t *cli, tg_json_out_t *json) {
  tg_json_write_key(json, "paths");
  tg_json_write_open(json, '[');
  for (int i = 1; i < cli->word_count; i++) tg_json_write_str(json, tg_slice_str(cli->words[i]));
  tg_json_write_close(json, ']');
}

static bool write_item(const tg_cli_t *cli, int word, tg_json_out_t *json) {
  char name[64];
  const char *text = cli->words[word], *equals = strchr(text, '=');
  if (!equals || equals == text || (size_t)(equals - text) >= sizeof name) {
    (void)fprintf(stderr, "tidegate %s: \"%s\" is no RESOURCE=VALUE; see tidegate help\n", cli->command, text);
    return false;
  }
  memcpy(name, text, (size_t)(equals - text));
  name[equals - text] = '\0';
  put_text(json, name, equals + 1);
  return true;
}

static bool write_items(const tg_cli_t *cli, int from, tg_json_out_t *json) {
  if (from == cli->word_count) return complain(cli, "RESOURCE=VALUE is missing");
  tg_json_write_key(json, "values");
  tg_json_write_open(json, '{');
  for (int i = from; i < cli->word_count; i++) {
    if (!write_item(cli, i, json)) return false;
  }
  tg_json_write_close(json, '}');
  return true;
}

/* `/3311/0`, and no value alone: then resources of it follow. */
static bool is_instance(const char *path) {
  int slashes = 0;
  for (const char *at = path; *at; at++) slashes += *at == '/';
  return slashes == PATH_LEVELS_OF_INSTANCE;
}

static bool write_value(const tg_cli_t *cli, int from, tg_json_out_t *json) {
  if (is_instance(cli->words[from - 1]) && from < cli->word_count && strchr(cli->words[from], '='))
    return write_items(cli, from, json);
  if (from == cli->word_count) return complain(cli, "value is missing");
  put_text(json, "value", cli->words[from]);
  return from + 1 == cli->word_count || too_much(cli, from + 1);
}

/* `pmin=10 gt=`: the words joined; nothing behind '=' unsets, as does a name alone. */
static bool write_attributes(const tg_cli_t *cli, int from, tg_json_out_t *json) {
  char text[512];
  size_t len = 0;
  if (from == cli->word_count) return complain(cli, "attributes are missing, such as pmin=10");
  for (int i = from; i < cli->word_count; i++) {
    size_t word = strlen(cli->words[i]);
    if (word > 1 && cli->words[i][word - 1] == '=') word--;
    if (len + 1 + word >= sizeof text) return complain(cli, "the attributes are too long");
    if (i > from) text[len++] = '&';
    memcpy(text + len, cli->words[i], word);
    len += word;
  }
  text[len] = '\0';
  put_text(json, "attributes", text);
  return true;
}

static bool write_switch(const tg_cli_t *cli, int from, tg_json_out_t *json) {
  const char *word = from < cli->word_count ? cli->words[from] : "";
  bool on = strcmp(word, "on") == 0;
  if (!on && strcmp(word, "off") != 0) return complain(cli, "on or off is wanted");
  tg_json_write_key(json, "value");
  tg_json_write_bool(json, on);
  return from + 1 == cli->word_count || too_much(cli, from + 1);
}

static bool write_rest(const tg_cli_t *cli, const form_t *form, int from, tg_json_out_t *json) {
  switch (form->rest) {
  case REST_VALUE: return write_value(cli, from, json);
  case REST_ITEMS: return write_items(cli, from, json);
  case REST_ATTRIBUTES: return write_attributes(cli, from, json);
  case REST_SWITCH: return write_switch(cli, from, json);
  case REST_NONE:
  case REST_PATHS: break;
  }
  return from == cli->word_count || too_much(cli, from);
}

/* Several paths, or values by path, go in one request. */
static bool is_several(const tg_cli_t *cli, const form_t *form) {
  if (!form->several) return false;
  if (form->rest == REST_PATHS) return cli->word_count > 2;
  return cli->word_count > 1 && strchr(cli->words[1], '=') != NULL;
}

static bool write_words(const tg_cli_t *cli, const form_t *form, tg_json_out_t *json) {
  bool several = is_several(cli, form);
  put_text(json, "op", several ? form->several : form->op ? form->op : form->name);
  if (several) {
    put_text(json, "ep", cli->words[0]);
    if (form->rest != REST_PATHS) return write_items(cli, 1, json);
    write_paths(cli, json);
    return true;
  }
  int word = write_members(cli, form, 0, json);
  return word >= 0 && write_rest(cli, form, word, json);
}

/* Options that only some commands have. */
static bool check_options(const tg_cli_t *cli) {
  static const char *const accounts[] = {"trigger", "disable", "bootstrap", "prefer", "mute"};
  bool is_account = false;
  for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
    is_account = is_account || strcmp(cli->command, accounts[i]) == 0;
  if (cli->depth >= 0 && strcmp(cli->command, "discover") != 0) return complain(cli, "--depth is for discover");
  if (cli->transport && strcmp(cli->command, "trigger") != 0) return complain(cli, "--transport is for trigger");
  if (cli->seconds >= 0 && strcmp(cli->command, "disable") != 0) return complain(cli, "--for is for disable");
  if (cli->instance >= 0 && !is_account)
    return complain(cli, "--instance is for trigger, disable, bootstrap, prefer and mute");
  return true;
}

static void put_number(tg_json_out_t *json, const char *key, long number) {
  if (number < 0) return;
  tg_json_write_key(json, key);
  tg_json_write_int(json, number);
}

static void write_options(const tg_cli_t *cli, tg_json_out_t *json) {
  put_text(json, "type", cli->type);
  put_text(json, "format", cli->format);
  put_text(json, "transport", cli->transport);
  put_number(json, "depth", cli->depth);
  put_number(json, "instance", cli->instance);
  put_number(json, "seconds", cli->seconds);
  if (cli->timeout > 0) {
    tg_json_write_key(json, "timeout");
    tg_json_write_double(json, cli->timeout);
  }
  if (cli->retry) {
    tg_json_write_key(json, "retry");
    tg_json_write_bool(json, true);
  }
  if (cli->follow) {
    tg_json_write_key(json, "follow");
    tg_json_write_bool(json, true);
  }
}

bool tg_ask_request_write(const tg_cli_t *cli, tg_buf_t *out) {
  const form_t *form = find_form(cli->command);
  tg_json_out_t json;
  tg_json_write_begin(&json, out);
  tg_json_write_open(&json, '{');
  if (!check_options(cli) || !write_words(cli, form, &json)) return false;
  write_options(cli, &json);
  tg_json_write_close(&json, '}');
  tg_buf_put_u8(out, '\n');
  if (out->rc == TG_OK) return true;
  (void)fprintf(stderr, "tidegate: the request is longer than 64 KiB\n");
  return false;
}
