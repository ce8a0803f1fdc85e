/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_SERVER_COMMAND_HARNESS_H
#define TG_TESTS_UNIT_SERVER_COMMAND_HARNESS_H

/** Commands for device `a` of a server's bench: what it is sent, what it answers, how they ended. */

#include "tests/unit/server/server_harness.h"

/** How the last command ended. */
typedef struct command_end {
  int count;                  /* of ends since it was submitted; not 1: something is wrong */
  tg_command_result_t result; /* without its slices */
  char text[256];
  char values[256]; /* `/3/0/9=1 ` …; `?` for what is no text */
  double number;    /* the first record, where it is a number */
} command_end_t;

extern command_end_t command_end;

/** A bench whose device `a` has registered with @p query and @p links; events are forgotten. Lent until the next call. */
server_bench_t *command_bench_open(const char *query, const char *links);

/** What is asked for. */
tg_command_t command_bench_ask(const server_bench_t *bench, tg_op_t op, tg_path_t path);

/** Seam tg_command_done_fn: keeps the end in command_end. */
void command_bench_done(void *ud, const tg_command_t *command, const tg_command_result_t *result);

/** Submits; fails unless it is taken. What the device was sent before is forgotten. */
tg_id_t command_bench_submit(server_bench_t *bench, const tg_command_t *command);

/** The same; @return what the device gets, or NULL. Lent until the next message. */
const far_msg_t *command_bench_try(server_bench_t *bench, const tg_command_t *command);

/** The next message to the device; fails where there is none. */
const far_msg_t *command_bench_out(server_bench_t *bench);

/** Submits; @return what the device gets, which must be something. */
const far_msg_t *command_bench_send(server_bench_t *bench, const tg_command_t *command);

/** The device answers @p request with @p code alone. */
void command_bench_answer(server_bench_t *bench, const far_msg_t *request, uint8_t code);

/** It answers with @p body in @p format; -1: none is given. */
void command_bench_answer_with(server_bench_t *bench, const far_msg_t *request, uint8_t code, int format,
                               const char *body);

/** The body in hexadecimal; lent until the next call. */
const char *command_bench_hex(const far_msg_t *msg);

#endif
