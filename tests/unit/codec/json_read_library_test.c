/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/codec/json_read_library_test.c: core/codec/json_read.c where json-c has no memory, or does not take what was found to be good: its parser is replaced by one that fails as it is told. */

#include <json-c/json.h>

#include "core/codec/json_read.h"
#include "tests/unit/check.h"

static struct {
  bool has_memory;
  int opened, freed;
} now;

static int tokener; /* never looked into */

struct json_tokener *json_tokener_new_ex(int depth) {
  (void)depth;
  if (!now.has_memory) return NULL;
  now.opened++;
  return (struct json_tokener *)(void *)&tokener;
}

void json_tokener_set_flags(struct json_tokener *tok, int flags) {
  (void)tok, (void)flags;
}

struct json_object *json_tokener_parse_ex(struct json_tokener *tok, const char *str, int len) {
  (void)tok, (void)str, (void)len;
  return NULL;
}

enum json_tokener_error json_tokener_get_error(struct json_tokener *tok) {
  (void)tok;
  return json_tokener_error_size;
}

void json_tokener_free(struct json_tokener *tok) {
  (void)tok;
  now.freed++;
}

static void check_refused(tg_rc_t rc, const char *why) {
  tg_json_t *doc = NULL;
  tg_diag_t diag = {0};
  check_rc(tg_json_read(tg_slice_str("[1]"), 16, &diag, &doc), rc);
  assert_null(doc);
  assert_non_null(strstr(diag.message, why));
  check_int(now.freed, now.opened);
}

static void a_parser_without_memory_is_told(void **state) {
  (void)state;
  now.has_memory = false;
  check_refused(TG_E_NOMEM, "out of memory");
  check_int(now.opened, 0);
}

static void what_the_parser_refuses_is_no_json(void **state) {
  (void)state;
  now.has_memory = true;
  check_refused(TG_E_SYNTAX, "malformed JSON");
  check_int(now.opened, 1);
}

CHECK_SUITE(a_parser_without_memory_is_told, what_the_parser_refuses_is_no_json)
