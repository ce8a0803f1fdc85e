/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CLI_H
#define TG_BINDINGS_HOST_CLI_H

/** The command line: options in any place, words in order, and how every command ends. */

#include <stdbool.h>

#include "core/base/slice.h"

/** Exit codes; documented in the man page. */
typedef enum tg_cli_exit {
  TG_CLI_OK = 0,
  TG_CLI_FAILED = 1, /* the operation failed: a device answered an error */
  TG_CLI_USAGE = 2,
  TG_CLI_UNREACHABLE = 3, /* no gateway at the control socket */
  TG_CLI_CONFIG = 4,
  TG_CLI_TIMEOUT = 5
} tg_cli_exit_t;

/** Most words after the command. */
#define TG_CLI_WORDS 33

/** Most options that only some commands have. */
#define TG_CLI_MORE 24

/** An option that only some commands have, as it was given. */
typedef struct tg_cli_more {
  const char *name;  /* without its dashes */
  const char *value; /* "" where it takes none */
} tg_cli_more_t;

/** The command line, taken apart; everything borrows from argv. */
typedef struct tg_cli {
  const char *command; /* NULL: none given */
  const char *words[TG_CLI_WORDS];
  int word_count;
  const char *config; /* -c; the default when not given */
  bool config_given;
  const char *socket;    /* --socket, or NULL */
  const char *type;      /* --type of a value, or NULL */
  const char *format;    /* --format of a payload, or NULL */
  const char *transport; /* --transport of a trigger, or NULL */
  long depth;            /* --depth of a discover; -1 = not given, as of the next two */
  long instance;         /* --instance of object 1 */
  long seconds;          /* --for of a disable */
  double timeout;        /* seconds; 0 = as the gateway thinks */
  bool json;
  bool follow;
  bool dump;
  const char *crash_at; /* --crash-at of `run` in a test build, or NULL; core/base/crash.h */
  bool retry;           /* --retry: execute again when no answer came */
  bool help;
  tg_cli_more_t more[TG_CLI_MORE]; /* in the order given; each is checked by the command that takes it */
  int more_count;
} tg_cli_t;

/** Reads @p argv. @return true; false when something is wrong, after saying what on standard error */
bool tg_cli_parse(int argc, char **argv, tg_cli_t *cli);

/** `tidegate run`: the gateway, until it is told to stop. */
tg_cli_exit_t tg_cmd_run(const tg_cli_t *cli);

/** `tidegate check`: reads the configuration and says everything that is wrong with it. */
tg_cli_exit_t tg_cmd_check(const tg_cli_t *cli);

/** Commands that ask a running gateway: devices, all operations on a device, explain, queue, cancel, log, scripts, reload, status. */
tg_cli_exit_t tg_cmd_ask(const tg_cli_t *cli);

/** `tidegate firmware …`: images, updates and campaigns. */
tg_cli_exit_t tg_cmd_firmware(const tg_cli_t *cli);

/** Sends @p request (one line) to the gateway and shows the answer as that of command @p shown, such as `firmware status`. */
tg_cli_exit_t tg_cmd_ask_request(const tg_cli_t *cli, const char *shown, tg_slice_t request);

#endif
