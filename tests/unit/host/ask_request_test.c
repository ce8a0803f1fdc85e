/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/host/ask_request.c: each command line as the gateway is asked, and what is refused before. */

#include "bindings/host/ask_request.h"

#include "tests/unit/check.h"

enum { WORDS = 40 };

/* The request of @p line (words between blanks) without its newline, or "refused". */
static const char *request_of(const char *line) {
  static char memory[1024], text[4096];
  char *argv[WORDS + 2] = {"tidegate"};
  int argc = 1;
  char *rest = NULL;
  snprintf(memory, sizeof memory, "%s", line);
  for (char *word = strtok_r(memory, " ", &rest); word && argc <= WORDS; word = strtok_r(NULL, " ", &rest))
    argv[argc++] = word;
  tg_cli_t cli;
  tg_buf_t out;
  if (!tg_cli_parse(argc, argv, &cli)) return "refused";
  assert_true(tg_ask_request_is(cli.command));
  tg_buf_init(&out, text, sizeof text - 1);
  if (!tg_ask_request_write(&cli, &out)) return "refused";
  assert_true(out.len > 0 && text[out.len - 1] == '\n');
  text[out.len - 1] = '\0';
  return text;
}

static void each_command_is_its_request(void **state) {
  (void)state;
  static const struct {
    const char *line, *request;
  } rows[] = {
      {"status", "{\"op\":\"status\"}"},
      {"devices h*", "{\"op\":\"devices\",\"ep\":\"h*\"}"},
      {"read a /3/0/9 --timeout 5", "{\"op\":\"read\",\"ep\":\"a\",\"path\":\"/3/0/9\",\"timeout\":5.0}"},
      {"read a /3 /1", "{\"op\":\"read_composite\",\"ep\":\"a\",\"paths\":[\"/3\",\"/1\"]}"},
      {"write a /3/0/14 +02", "{\"op\":\"write\",\"ep\":\"a\",\"path\":\"/3/0/14\",\"value\":\"+02\"}"},
      {"write a /3/0/14 b=c --type string",
       "{\"op\":\"write\",\"ep\":\"a\",\"path\":\"/3/0/14\",\"value\":\"b=c\",\"type\":\"string\"}"},
      {"write a /3/0/14=+02", "{\"op\":\"write_composite\",\"ep\":\"a\",\"values\":{\"/3/0/14\":\"+02\"}}"},
      {"write a /3/0/14=x=y /1/0/1=60",
       "{\"op\":\"write_composite\",\"ep\":\"a\",\"values\":{\"/3/0/14\":\"x=y\",\"/1/0/1\":\"60\"}}"},
      {"write a /3311/0 5850=true 6/1=",
       "{\"op\":\"write\",\"ep\":\"a\",\"path\":\"/3311/0\",\"values\":{\"5850\":\"true\",\"6/1\":\"\"}}"},
      {"update a /3311/0 5850=true",
       "{\"op\":\"update\",\"ep\":\"a\",\"path\":\"/3311/0\",\"values\":{\"5850\":\"true\"}}"},
      {"update a /3/0/14 +02", "{\"op\":\"update\",\"ep\":\"a\",\"path\":\"/3/0/14\",\"value\":\"+02\"}"},
      {"execute a /3/0/4", "{\"op\":\"execute\",\"ep\":\"a\",\"path\":\"/3/0/4\"}"},
      {"execute a /3/0/4 0='x'", "{\"op\":\"execute\",\"ep\":\"a\",\"path\":\"/3/0/4\",\"args\":\"0='x'\"}"},
      {"execute a /3/0/4 --retry", "{\"op\":\"execute\",\"ep\":\"a\",\"path\":\"/3/0/4\",\"retry\":true}"},
      {"create a /3311 5850=1", "{\"op\":\"create\",\"ep\":\"a\",\"path\":\"/3311\",\"values\":{\"5850\":\"1\"}}"},
      {"delete a /3311/1", "{\"op\":\"delete\",\"ep\":\"a\",\"path\":\"/3311/1\"}"},
      {"observe a /3 -f", "{\"op\":\"observe\",\"ep\":\"a\",\"path\":\"/3\",\"follow\":true}"},
      {"observe a /3 /1", "{\"op\":\"observe_composite\",\"ep\":\"a\",\"paths\":[\"/3\",\"/1\"]}"},
      {"unobserve a", "{\"op\":\"cancel\",\"ep\":\"a\"}"},
      {"unobserve a /3", "{\"op\":\"cancel\",\"ep\":\"a\",\"path\":\"/3\"}"},
      {"attributes a /3 pmin=10 pmax= gt",
       "{\"op\":\"attributes\",\"ep\":\"a\",\"path\":\"/3\",\"attributes\":\"pmin=10&pmax&gt\"}"},
      {"discover a", "{\"op\":\"discover\",\"ep\":\"a\"}"},
      {"discover a /3 --depth 2", "{\"op\":\"discover\",\"ep\":\"a\",\"path\":\"/3\",\"depth\":2}"},
      {"trigger a", "{\"op\":\"trigger\",\"ep\":\"a\"}"},
      {"trigger a --transport U --instance 0", "{\"op\":\"trigger\",\"ep\":\"a\",\"transport\":\"U\",\"instance\":0}"},
      {"disable a --for 60", "{\"op\":\"disable\",\"ep\":\"a\",\"seconds\":60}"},
      {"bootstrap a --instance 1", "{\"op\":\"bootstrap\",\"ep\":\"a\",\"instance\":1}"},
      {"prefer a N", "{\"op\":\"prefer\",\"ep\":\"a\",\"transport\":\"N\"}"},
      {"mute a on", "{\"op\":\"mute\",\"ep\":\"a\",\"value\":true}"},
      {"mute a off", "{\"op\":\"mute\",\"ep\":\"a\",\"value\":false}"},
      {"queue", "{\"op\":\"queue\"}"},
      {"cancel 7", "{\"op\":\"cancel_command\",\"command\":\"7\"}"},
      {"reload mine", "{\"op\":\"reload\",\"name\":\"mine\"}"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    const char *request = request_of(rows[i].line);
    if (strcmp(request, rows[i].request) != 0) print_error("%s: %s\n", rows[i].line, request);
    assert_string_equal(request, rows[i].request);
  }
}

static void what_is_wrong_is_refused_before_the_gateway_is_asked(void **state) {
  (void)state;
  static const char *const lines[] = {
      "read",
      "read a",
      "write a",
      "write a /3/0/14",
      "write a /3/0/14 x y",
      "write a /3311/0 5850=1 true",
      "write a =5",
      "write a /3/0/14=x y",
      "update a /3311/0",
      "create a",
      "create a /3311",
      "create a /3311 true",
      "delete a",
      "delete a /3311/1 /3311/2",
      "execute a /3/0/4 x y",
      "observe a",
      "unobserve a /3 /4",
      "attributes a",
      "attributes a /3",
      "discover a /3 --depth 4",
      "discover a /3 --depth -1",
      "discover a /3 --depth x",
      "read a /3 --depth 1",
      "read a /3 --transport U",
      "prefer a --transport U",
      "prefer a",
      "prefer a U N",
      "trigger",
      "trigger a b",
      "trigger a --for 5",
      "trigger a --instance 65535",
      "disable a --for 0",
      "disable a --for 2147483648",
      "disable a --for 99999999999999999999",
      "disable a 60",
      "execute a /3/0/4 --instance 1",
      "mute a",
      "mute a yes",
      "mute a on off",
      "status x",
  };
  for (size_t i = 0; i < TG_COUNT(lines); i++) {
    if (strcmp(request_of(lines[i]), "refused") != 0) print_error("%s\n", lines[i]);
    assert_string_equal(request_of(lines[i]), "refused");
  }
}

static void attributes_have_an_end(void **state) {
  (void)state;
  char line[1024] = "attributes a /3";
  for (size_t i = 0; i < 30; i++) strcat(line, " pmin=11111111111111111");
  assert_string_equal(request_of(line), "refused");
  assert_false(tg_ask_request_is("fly"));
  assert_false(tg_ask_request_is("run"));
}

CHECK_SUITE(each_command_is_its_request, what_is_wrong_is_refused_before_the_gateway_is_asked, attributes_have_an_end)
