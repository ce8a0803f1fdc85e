/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the lossy relay: the command line; see lossy_options.h. */

#include "tests/fake/lossy/lossy_options.h"

#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

#include "core/base/num.h"

static const char usage[] = "usage: tg-fake-lossy --to HOST:PORT [option...]\n"
                            "  --listen PORT   on 127.0.0.1 (0, the default: any free port)\n"
                            "  --loss N        per cent of datagrams that are lost, each way\n"
                            "  --dup N         per cent that come twice\n"
                            "  --reorder N     per cent that come late\n"
                            "  --late MS       by up to so much (20)\n"
                            "  --delay MS      of every datagram, each way\n"
                            "  --seed N        of chance (1)\n";

static bool number(const char *text, uint32_t most, uint32_t *out) {
  uint64_t value;
  if (tg_num_parse_u64(tg_slice_str(text), most, &value) != TG_OK) return false;
  *out = (uint32_t)value;
  return true;
}

static bool take_to(const char *text, struct sockaddr_in *to) {
  char host[256];
  const char *colon = strrchr(text, ':');
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *found = NULL;
  if (!colon || (size_t)(colon - text) >= sizeof host) return false;
  snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
  if (getaddrinfo(host, colon + 1, &hints, &found) != 0) return false;
  memcpy(to, found->ai_addr, sizeof *to);
  freeaddrinfo(found);
  return true;
}

static bool take(int option, const char *text, tg_lossy_options_t *options, tg_lossy_fate_t *fate) {
  uint32_t value = 0;
  switch (option) {
  case 'p':
    if (!number(text, 65535, &value)) return false;
    options->port = (uint16_t)value;
    return true;
  case 't': return take_to(text, &options->to);
  case 'l': return number(text, 100, &fate->loss);
  case 'd': return number(text, 100, &fate->dup);
  case 'r': return number(text, 100, &fate->reorder);
  case 'y': return number(text, 60000, &fate->late_ms);
  case 'w': return number(text, 60000, &fate->delay_ms);
  case 's':
    if (!number(text, UINT32_MAX, &value)) return false;
    fate->random.state = value;
    return true;
  default: return false;
  }
}

int tg_lossy_options_read(int argc, char **argv, tg_lossy_options_t *options, tg_lossy_fate_t *fate) {
  static const struct option known[] = {{"listen", 1, NULL, 'p'}, {"to", 1, NULL, 't'},      {"loss", 1, NULL, 'l'},
                                        {"dup", 1, NULL, 'd'},    {"reorder", 1, NULL, 'r'}, {"late", 1, NULL, 'y'},
                                        {"delay", 1, NULL, 'w'},  {"seed", 1, NULL, 's'},    {"help", 0, NULL, 'h'},
                                        {NULL, 0, NULL, 0}};
  int option;
  *options = (tg_lossy_options_t){0};
  *fate = (tg_lossy_fate_t){.late_ms = 20, .random = {1}};
  while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
    if (option == 'h') {
      fputs(usage, stdout);
      return 0;
    }
    if (take(option, optarg, options, fate)) continue;
    fprintf(stderr, "tg-fake-lossy: bad option or value: %s\n%s", argv[optind - 1], usage);
    return 2;
  }
  if (options->to.sin_port && optind == argc) return -1;
  fputs(usage, stderr);
  return 2;
}
