/* SPDX-License-Identifier: Apache-2.0 */
/* The command line; see dev_options.h. */

#include "tests/fake/device/dev_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: tg-fake-device --server HOST:PORT --ep NAME [option...]\n"
    "  --count N --ep-prefix NAME  N devices NAME1 … NAMEN instead of one\n"
    "  --bind ADDRESS              local address\n"
    "  --lifetime S                registration lifetime (300)\n"
    "  --lwm2m 1.0|1.1             version (1.1)\n"
    "  --queue                     queue mode; --awake S: listens so long after sending (10)\n"
    "  --binding TEXT              the binding as it is registered\n"
    "  --interval S                the temperature moves every S seconds\n"
    "  --no-composite              FETCH and iPATCH get 4.05\n"
    "  --con                       confirmable notifications\n"
    "commands on standard input: set PATH VALUE, send PATH, update, deregister, quit; @NAME before one means that device only\n";

static bool seconds(const char *text, uint32_t scale, uint32_t *out) {
  char *end = NULL;
  double value = strtod(text, &end);
  if (end == text || *end || !(value >= 0) || value * scale > 4e9) return false;
  *out = (uint32_t)(value * scale);
  return true;
}

static bool take(int option, const char *text, tg_dev_config_t *config) {
  uint32_t count = 0;
  switch (option) {
  case 's': config->server = text; return true;
  case 'e': config->ep = text; return true;
  case 'p': config->prefix = text; return true;
  case 'a': config->bind = text; return true;
  case 'b': config->binding = text; return true;
  case 'n':
    if (!seconds(text, 1, &count) || count < 1 || count > 100000) return false;
    config->count = count;
    return true;
  case 'l': return seconds(text, 1, &config->lifetime_s);
  case 'i': return seconds(text, 1000, &config->interval_ms);
  case 'w': return seconds(text, 1000, &config->awake_ms);
  case 'v': config->version_1_0 = strcmp(text, "1.0") == 0; return config->version_1_0 || strcmp(text, "1.1") == 0;
  case 'q': config->queue = true; return true;
  case 'o': config->no_composite = true; return true;
  case 'c': config->con = true; return true;
  default: return false;
  }
}

int tg_dev_options_read(int argc, char **argv, tg_dev_config_t *config) {
  static const struct option options[] = {
      {"server", 1, NULL, 's'},       {"ep", 1, NULL, 'e'},       {"count", 1, NULL, 'n'}, {"ep-prefix", 1, NULL, 'p'},
      {"bind", 1, NULL, 'a'},         {"lifetime", 1, NULL, 'l'}, {"lwm2m", 1, NULL, 'v'}, {"queue", 0, NULL, 'q'},
      {"awake", 1, NULL, 'w'},        {"binding", 1, NULL, 'b'},  {"con", 0, NULL, 'c'},   {"interval", 1, NULL, 'i'},
      {"no-composite", 0, NULL, 'o'}, {"help", 0, NULL, 'h'},     {NULL, 0, NULL, 0}};
  *config = (tg_dev_config_t){.count = 1, .lifetime_s = 300, .awake_ms = 10000};
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'h') {
      fputs(usage, stdout);
      return 0;
    }
    if (take(option, optarg, config)) continue;
    fprintf(stderr, "tg-fake-device: bad option or value: %s\n%s", argv[optind - 1], usage);
    return 2;
  }
  size_t len = strlen(config->ep ? config->ep : config->prefix ? config->prefix : "");
  if (config->server && (config->ep || config->prefix) && len && len < TG_DEV_EP_MAX - 8 && optind == argc) return -1;
  fputs(usage, stderr);
  return 2;
}
