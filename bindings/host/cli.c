/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of main.c: words and options. See cli.h. */

#include "bindings/host/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  OPT_SOCKET = 256,
  OPT_TIMEOUT,
  OPT_JSON,
  OPT_TYPE,
  OPT_FORMAT,
  OPT_DUMP,
  OPT_TRANSPORT,
  OPT_DEPTH,
  OPT_INSTANCE,
  OPT_FOR,
  OPT_RETRY,
  OPT_CRASH_AT,
  OPT_MORE
};

enum { DEPTH_MAX = 3, INSTANCE_MAX = 65534 };

static bool set_timeout(tg_cli_t *cli, const char *text) {
  char *end = NULL;
  cli->timeout = strtod(text, &end);
  if (end != text && !*end && cli->timeout >= 1 && cli->timeout <= 2592000) return true;
  (void)fprintf(stderr, "tidegate: --timeout %s: seconds from 1 to 2592000 are wanted\n", text);
  return false;
}

static bool set_whole(const tg_cli_t *cli, const char *text, long max, long *number) {
  char *end = NULL;
  errno = 0;
  *number = strtol(text, &end, 10);
  long min = number == &cli->seconds ? 1 : 0;
  if (end != text && !*end && errno == 0 && *number >= min && *number <= max) return true;
  const char *name = number == &cli->depth ? "depth" : number == &cli->instance ? "instance" : "for";
  (void)fprintf(stderr, "tidegate: --%s %s: a whole number from %ld to %ld is wanted\n", name, text, min, max);
  return false;
}

/* One that only some commands have: they say what it may be. */
static bool add_more(tg_cli_t *cli, const char *name) {
  if (cli->more_count == TG_CLI_MORE) {
    (void)fprintf(stderr, "tidegate: too many options, from --%s on\n", name);
    return false;
  }
  cli->more[cli->more_count++] = (tg_cli_more_t){name, optarg ? optarg : ""};
  return true;
}

static bool take_option(tg_cli_t *cli, int option) {
  switch (option) {
  case 'c':
    cli->config = optarg;
    cli->config_given = true;
    return true;
  case 'f': cli->follow = true; return true;
  case 'h': cli->help = true; return true;
  case OPT_SOCKET: cli->socket = optarg; return true;
  case OPT_TYPE: cli->type = optarg; return true;
  case OPT_FORMAT: cli->format = optarg; return true;
  case OPT_JSON: cli->json = true; return true;
  case OPT_DUMP: cli->dump = true; return true;
  case OPT_TRANSPORT: cli->transport = optarg; return true;
  case OPT_DEPTH: return set_whole(cli, optarg, DEPTH_MAX, &cli->depth);
  case OPT_INSTANCE: return set_whole(cli, optarg, INSTANCE_MAX, &cli->instance);
  case OPT_FOR: return set_whole(cli, optarg, INT32_MAX, &cli->seconds);
  case OPT_RETRY: cli->retry = true; return true;
  case OPT_CRASH_AT: cli->crash_at = optarg; return true;
  case OPT_TIMEOUT: return set_timeout(cli, optarg);
  default: return false;
  }
}

bool tg_cli_parse(int argc, char **argv, tg_cli_t *cli) {
  static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                          {"follow", no_argument, NULL, 'f'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"socket", required_argument, NULL, OPT_SOCKET},
                                          {"timeout", required_argument, NULL, OPT_TIMEOUT},
                                          {"json", no_argument, NULL, OPT_JSON},
                                          {"type", required_argument, NULL, OPT_TYPE},
                                          {"format", required_argument, NULL, OPT_FORMAT},
                                          {"dump", no_argument, NULL, OPT_DUMP},
                                          {"transport", required_argument, NULL, OPT_TRANSPORT},
                                          {"depth", required_argument, NULL, OPT_DEPTH},
                                          {"instance", required_argument, NULL, OPT_INSTANCE},
                                          {"for", required_argument, NULL, OPT_FOR},
                                          {"retry", no_argument, NULL, OPT_RETRY},
                                          {"crash-at", required_argument, NULL, OPT_CRASH_AT},
                                          {"name", required_argument, NULL, OPT_MORE},
                                          {"version", required_argument, NULL, OPT_MORE},
                                          {"method", required_argument, NULL, OPT_MORE},
                                          {"hold", no_argument, NULL, OPT_MORE},
                                          {"force", no_argument, NULL, OPT_MORE},
                                          {"severity", required_argument, NULL, OPT_MORE},
                                          {"defer", required_argument, NULL, OPT_MORE},
                                          {"expiry", required_argument, NULL, OPT_MORE},
                                          {"wait", no_argument, NULL, OPT_MORE},
                                          {"ep", required_argument, NULL, OPT_MORE},
                                          {"link", required_argument, NULL, OPT_MORE},
                                          {"manufacturer", required_argument, NULL, OPT_MORE},
                                          {"model", required_argument, NULL, OPT_MORE},
                                          {"from-version", required_argument, NULL, OPT_MORE},
                                          {"tag", required_argument, NULL, OPT_MORE},
                                          {"wave", required_argument, NULL, OPT_MORE},
                                          {"growth", required_argument, NULL, OPT_MORE},
                                          {"parallel", required_argument, NULL, OPT_MORE},
                                          {"limit", required_argument, NULL, OPT_MORE},
                                          {"stop-failures", required_argument, NULL, OPT_MORE},
                                          {"stop-percent", required_argument, NULL, OPT_MORE},
                                          {NULL, 0, NULL, 0}};
  *cli = (tg_cli_t){.config = "/etc/tidegate/tidegate.lua", .depth = -1, .instance = -1, .seconds = -1};
  optind = 0; /* begins anew, whatever was parsed before */
  int at = 0;
  for (int option; (option = getopt_long(argc, argv, "c:fh", options, &at)) != -1;) {
    bool taken = option == OPT_MORE ? add_more(cli, options[at].name) : take_option(cli, option);
    if (!taken) return false;
  }
  if (optind < argc) cli->command = argv[optind++];
  for (; optind < argc; optind++) {
    if (cli->word_count == TG_CLI_WORDS) {
      (void)fprintf(stderr, "tidegate: too many words, from \"%s\" on\n", argv[optind]);
      return false;
    }
    cli->words[cli->word_count++] = argv[optind];
  }
  return true;
}
