/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: the command line. See scef_options.h. */

#include "tests/fake/scef/scef_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/scef/scef_text.h"

enum { PORT = 1, PREFIX, LOG, RELAY, AUTO, OAUTH, LIFETIME, FEATURES, PACKET, DURATION, QUEUE, RETRY, CONTROL, HELP };

static const struct option LONG[] = {
    {"http-port", required_argument, NULL, PORT},
    {"prefix", required_argument, NULL, PREFIX},
    {"log", required_argument, NULL, LOG},
    {"relay", required_argument, NULL, RELAY},
    {"auto-relay", no_argument, NULL, AUTO},
    {"oauth", required_argument, NULL, OAUTH},
    {"token-lifetime", required_argument, NULL, LIFETIME},
    {"features", required_argument, NULL, FEATURES},
    {"max-packet", required_argument, NULL, PACKET},
    {"max-duration", required_argument, NULL, DURATION},
    {"queue", required_argument, NULL, QUEUE},
    {"retry-max", required_argument, NULL, RETRY},
    {"control", required_argument, NULL, CONTROL},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

void tg_scef_options_usage(void) {
  puts("usage: tg-fake-scef [option…]\n"
       "  --http-port PORT        T8, /oauth2/token and /control on 127.0.0.1:PORT (0, the default: any free port)\n"
       "  --relay ID[=PORT]       a device with a UDP port on 127.0.0.1 (repeatable); ID is local@domain or an MSISDN\n"
       "  --auto-relay            a configuration for an unknown ID makes its device\n"
       "  --prefix /PATH          path part of apiRoot\n"
       "  --oauth ID:SECRET       ask for OAuth2 bearer tokens, given out to this client\n"
       "  --token-lifetime S      expires_in of a token (default 3600)\n"
       "  --features HEX          supportedFeatures we have (default 0)\n"
       "  --max-packet BITS       maximumPacketSize (default 10864)\n"
       "  --max-duration S        configurations live at most this long\n"
       "  --queue N               notifications held per device while the SCS/AS is away (default 1024)\n"
       "  --retry-max MS          longest pause between attempts to deliver a notification (default 2000)\n"
       "  --control JSON          a control request carried out at the start (repeatable)\n"
       "  --log FILE              append every HTTP exchange as a JSON line\n"
       "README.md beside the source tells what goes through /control.");
}

static bool read_number(const char *name, int64_t least, int64_t most, int64_t *value) {
  char *end = NULL;
  errno = 0;
  long long number = strtoll(optarg, &end, 10);
  if (errno == 0 && end != optarg && *end == '\0' && number >= least && number <= most) {
    *value = number;
    return true;
  }
  fprintf(stderr, "tg-fake-scef: --%s must be a number from %lld to %lld\n", name, (long long)least, (long long)most);
  return false;
}

static void add(const char ***list, size_t *count, const char *text) {
  const char **longer = tg_scef_text_alloc((*count + 1) * sizeof *longer);
  if (*count > 0) memcpy(longer, *list, *count * sizeof *longer);
  longer[(*count)++] = text;
  free(*list);
  *list = longer;
}

static bool complain(const char *text) {
  fprintf(stderr, "tg-fake-scef: %s\n", text);
  return false;
}

static bool set_prefix(tg_scef_options_t *options) {
  size_t len = strlen(optarg);
  if (len > 0 && (optarg[0] != '/' || optarg[len - 1] == '/')) {
    return complain("--prefix must begin with a slash and not end with one");
  }
  options->prefix = optarg;
  return true;
}

static bool set_oauth(tg_scef_options_t *options) {
  if (strchr(optarg, ':') == NULL) return complain("--oauth must be ID:SECRET");
  options->client = optarg;
  return true;
}

static bool set_features(tg_scef_options_t *options) {
  if (strspn(optarg, "0123456789abcdefABCDEF") != strlen(optarg)) return complain("--features must be hex digits");
  options->features = optarg;
  return true;
}

static bool set_number(tg_scef_options_t *options, int option) {
  int64_t value = 0;
  switch (option) {
  case PORT:
    if (!read_number("http-port", 0, 65535, &value)) return false;
    options->http_port = (uint16_t)value;
    return true;
  case LIFETIME: return read_number("token-lifetime", 1, INT32_MAX, &options->token_lifetime);
  case PACKET: return read_number("max-packet", 1, INT32_MAX, &options->behave.max_packet);
  case DURATION:
    if (!read_number("max-duration", 1, INT32_MAX, &value)) return false;
    options->behave.max_duration = value * 1000;
    return true;
  case QUEUE: return read_number("queue", 1, 1000000, &options->queue);
  case RETRY: return read_number("retry-max", 1, 3600000, &options->retry_max);
  default: return false; /* getopt has complained */
  }
}

static bool set_option(tg_scef_options_t *options, int option) {
  switch (option) {
  case PREFIX: return set_prefix(options);
  case LOG: options->log = optarg; return true;
  case RELAY: add(&options->relays, &options->relay_count, optarg); return true;
  case AUTO: options->auto_relay = true; return true;
  case OAUTH: return set_oauth(options);
  case FEATURES: return set_features(options);
  case CONTROL: add(&options->controls, &options->control_count, optarg); return true;
  case HELP: options->help = true; return true;
  default: return set_number(options, option);
  }
}

bool tg_scef_options_parse(tg_scef_options_t *options, int argc, char **argv) {
  *options =
      (tg_scef_options_t){.prefix = "", .token_lifetime = 3600, .features = "0", .queue = 1024, .retry_max = 2000};
  tg_scef_behave_init(&options->behave);
  int option;
  while ((option = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
    if (!set_option(options, option)) return false;
  }
  if (optind < argc) return complain("arguments other than options are not understood (--help)");
  return true;
}

void tg_scef_options_fini(tg_scef_options_t *options) {
  free(options->relays);
  free(options->controls);
}
