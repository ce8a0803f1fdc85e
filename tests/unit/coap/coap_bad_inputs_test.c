/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/coap/coap_bad_inputs_test.c: every message of tests/vectors/coap_bad_inputs.txt through the engine, with a small handler. */

#include <ctype.h>
#include <stdlib.h>

#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

enum { LINE = 16384, STEPS = 4 };

/* /rd takes POST, /.well-known/core GET; everything else is not there. */
static void route(wire_t *wire, const tg_coap_request_t *request, tg_coap_reply_t *reply) {
  tg_slice_t path = tg_slice(wire->path, wire->path_len);
  *reply = (tg_coap_reply_t){.code = TG_COAP_404, .content_format = TG_CF_NONE};
  if (tg_slice_is(path, "/rd")) reply->code = request->msg->code == TG_COAP_POST ? TG_COAP_201 : TG_COAP_405;
  if (tg_slice_is(path, "/.well-known/core"))
    reply->code = request->msg->code == TG_COAP_GET ? TG_COAP_205 : TG_COAP_405;
}

/* What the engine said, in the words of the file. */
static void describe(wire_t *wire, const char *in, char *out, char last[WIRE_TEXT], bool *is_same) {
  const wire_datagram_t *sent = wire_out_bytes(wire);
  tg_coap_msg_t msg;
  char bytes[WIRE_TEXT] = "";
  if (!sent) {
    strcpy(out, "silent");
    return;
  }
  for (size_t i = 0; i < sent->len; i++) snprintf(bytes + 2 * i, 3, "%02x", sent->bytes[i]);
  *is_same = strcmp(bytes, last) == 0;
  strcpy(last, bytes);
  check_rc(tg_coap_msg_decode(&msg, tg_slice(sent->bytes, sent->len)), TG_OK);
  assert_memory_equal(bytes + 4, in + 4, 4); /* the same message id */
  check_true(tg_coap_msg_find(&msg, TG_OPT_OBSERVE) == NULL);
  if (msg.type == TG_COAP_RST) {
    check_int(sent->len, 4);
    strcpy(out, "rst");
    return;
  }
  check_int(msg.type, TG_COAP_ACK);
  snprintf(out, 32, "%d.%02d%s", msg.code >> 5, msg.code & 31, tg_coap_msg_find(&msg, TG_OPT_SIZE1) ? "+size1" : "");
  check_true(wire_out_bytes(wire) == NULL);
}

static bool is_allowed(char *alternatives, const char *said, bool is_same) {
  char *rest = NULL;
  for (char *word = strtok_r(alternatives, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
    if (strcmp(word, said) == 0 || (is_same && strcmp(word, "same") == 0)) return true;
  }
  return false;
}

static void ping(wire_t *wire) {
  while (wire_out_bytes(wire)) continue;
  wire_in(wire, "4000fffe");
  assert_string_equal(wire_out(wire), "7000fffe");
}

static char *trim(char *text) {
  while (isspace((unsigned char)*text)) text++;
  size_t len = strlen(text);
  while (len && isspace((unsigned char)text[len - 1])) text[--len] = 0;
  return text;
}

static void run_case(char *line) {
  char *rest = NULL, *steps = NULL, *words = NULL;
  const char *id = trim(strtok_r(line, "|", &rest));
  char *allowed = trim(strtok_r(NULL, "|", &rest)), *data = trim(strtok_r(NULL, "|", &rest));
  char last[WIRE_TEXT] = "";
  wire_t *wire = wire_open(NULL);
  wire->on_request = route;
  char *step = strtok_r(allowed, ";", &steps);
  for (char *in = strtok_r(data, " ", &words); in; in = strtok_r(NULL, " ", &words)) {
    char said[32];
    bool is_same = false;
    wire_in(wire, "%s", strcmp(in, "-") == 0 ? "" : in);
    describe(wire, in, said, last, &is_same);
    assert_non_null(step);
    bool is_good = is_allowed(trim(step), said, is_same);
    if (!is_good) print_error("%s: said %s\n", id, said);
    check_true(is_good);
    step = strtok_r(NULL, ";", &steps);
  }
  ping(wire);
  wire_close(wire);
}

static void every_message_of_the_catalogue_gets_what_it_deserves(void **state) {
  (void)state;
  static char line[LINE];
  unsigned count = 0;
  FILE *file = fopen(TG_SOURCE_DIR "/tests/vectors/coap_bad_inputs.txt", "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    if (line[0] == '#' || line[0] == '\n') continue;
    run_case(line);
    count++;
  }
  fclose(file);
  check_true(count >= 45);
}

CHECK_SUITE(every_message_of_the_catalogue_gets_what_it_deserves)
