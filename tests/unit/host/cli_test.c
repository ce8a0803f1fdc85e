/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/host/cli.c: what the command line is taken for. */

#include "bindings/host/cli.h"

#include "tests/unit/check.h"

enum { WORDS = 40 };

/* Takes the words of @p line (blanks between them) as a command line. */
static bool parse(const char *line, char memory[256], tg_cli_t *cli) {
  char *argv[WORDS + 2] = {"tidegate"};
  int argc = 1;
  (void)snprintf(memory, 256, "%s", line);
  char *rest = NULL;
  for (char *word = strtok_r(memory, " ", &rest); word && argc <= WORDS; word = strtok_r(NULL, " ", &rest))
    argv[argc++] = word;
  return tg_cli_parse(argc, argv, cli);
}

static void options_stand_anywhere_and_words_keep_their_order(void **state) {
  (void)state;
  static const char *const lines[] = {
      "write ep /3/0/14 +02 --type string --format tlv --timeout 2.5 --socket /s --json",
      "--json --socket /s --timeout=2.5 --format=tlv --type=string write ep /3/0/14 +02",
      "write --format tlv ep --json /3/0/14 --type string +02 --timeout 2.5 --socket /s",
  };
  for (size_t i = 0; i < TG_COUNT(lines); i++) {
    char memory[256];
    tg_cli_t cli;
    assert_true(parse(lines[i], memory, &cli));
    assert_string_equal(cli.command, "write");
    check_int(cli.word_count, 3);
    assert_string_equal(cli.words[0], "ep");
    assert_string_equal(cli.words[1], "/3/0/14");
    assert_string_equal(cli.words[2], "+02");
    assert_string_equal(cli.type, "string");
    assert_string_equal(cli.format, "tlv");
    assert_string_equal(cli.socket, "/s");
    assert_true(cli.timeout > 2.4 && cli.timeout < 2.6);
    assert_true(cli.json);
    assert_false(cli.follow || cli.retry);
  }
  char memory[256];
  tg_cli_t cli;
  assert_true(parse("execute --retry ep /3/0/4", memory, &cli));
  assert_true(cli.retry);
}

static void what_is_not_given_is_absent(void **state) {
  (void)state;
  char memory[256];
  tg_cli_t cli;
  assert_true(parse("status", memory, &cli));
  check_int(cli.word_count, 0);
  assert_null(cli.type);
  assert_null(cli.format);
  assert_null(cli.socket);
  assert_false(cli.json || cli.follow || cli.dump || cli.help || cli.config_given);
  assert_string_equal(cli.config, "/etc/tidegate/tidegate.lua");
  assert_true(parse("", memory, &cli));
  assert_null(cli.command);
}

static void a_value_with_a_minus_comes_after_two(void **state) {
  (void)state;
  char memory[256];
  tg_cli_t cli;
  assert_true(parse("write ep /3303/0/5601 --format text -- -7", memory, &cli));
  check_int(cli.word_count, 3);
  assert_string_equal(cli.words[2], "-7");
}

static void what_is_wrong_is_refused(void **state) {
  (void)state;
  static const char *const lines[] = {
      "read --format",       "read --color red",
      "read --timeout 0.5",  "read --timeout 2592001",
      "read --timeout soon", "read --timeout 5s",
      "read --timeout nan",  "read 0 1 2 3 4 5 6 7 8 9 a b c d e f 0 1 2 3 4 5 6 7 8 9 a b c d e f 0 1"};
  for (size_t i = 0; i < TG_COUNT(lines); i++) {
    char memory[256];
    tg_cli_t cli;
    if (parse(lines[i], memory, &cli)) fail_msg("taken: %s", lines[i]);
  }
}

static void options_that_only_some_commands_have_are_kept_in_their_order(void **state) {
  (void)state;
  static const struct {
    const char *name, *value;
  } want[] = {{"limit", "nb=4"},       {"hold", ""},    {"ep", "m*"}, {"limit", "udp0=9"},
              {"from-version", "1.*"}, {"tag", "pilot"}};
  char memory[256];
  tg_cli_t cli;
  assert_true(parse(
      "firmware --limit nb=4 campaign --hold start --ep=m* c i --limit udp0=9 --from-version 1.* --tag=pilot --json",
      memory, &cli));
  assert_string_equal(cli.command, "firmware");
  check_int(cli.word_count, 4);
  check_int(cli.more_count, (int)TG_COUNT(want));
  for (size_t i = 0; i < TG_COUNT(want); i++) {
    assert_string_equal(cli.more[i].name, want[i].name);
    assert_string_equal(cli.more[i].value, want[i].value);
  }
  assert_true(cli.json);
  assert_true(parse("status", memory, &cli));
  check_int(cli.more_count, 0);
}

static void they_are_bounded(void **state) {
  (void)state;
  char *argv[TG_CLI_MORE + 4] = {"tidegate", "firmware"};
  tg_cli_t cli;
  for (int i = 0; i <= TG_CLI_MORE; i++) argv[2 + i] = "--hold";
  assert_true(tg_cli_parse(2 + TG_CLI_MORE, argv, &cli));
  check_int(cli.more_count, TG_CLI_MORE);
  assert_false(tg_cli_parse(3 + TG_CLI_MORE, argv, &cli));
  char memory[256];
  assert_false(parse("firmware update d i --severity", memory, &cli));
}

CHECK_SUITE(options_stand_anywhere_and_words_keep_their_order, what_is_not_given_is_absent,
            a_value_with_a_minus_comes_after_two, what_is_wrong_is_refused,
            options_that_only_some_commands_have_are_kept_in_their_order, they_are_bounded)
