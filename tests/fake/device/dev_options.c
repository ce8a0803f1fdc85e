/* SPDX-License-Identifier: Apache-2.0 */
/* The command line; see dev_options.h. */

#include "tests/fake/device/dev_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/num.h"

static const char usage[] =
    "usage: tg-fake-device --server HOST:PORT --ep NAME [option...]\n"
    "  --count N --ep-prefix NAME  N devices NAME1 … NAMEN instead of one\n"
    "  --server-n HOST:PORT        instead of --server: it begins on NIDD, through an SCEF's relay …\n"
    "  --server-u HOST:PORT        … and can go over to UDP and back\n"
    "  --move-anew                 over another transport it registers; it updates without\n"
    "  --no-argument               takes any Registration Update Trigger for a plain one\n"
    "  --bind ADDRESS              local address\n"
    "  --lifetime S                registration lifetime (300)\n"
    "  --lwm2m 1.0|1.1             version (1.1)\n"
    "  --queue                     queue mode; --awake S: listens so long after sending (10)\n"
    "  --binding TEXT              the binding as it is registered\n"
    "  --interval S                the temperature moves every S seconds\n"
    "  --no-composite              FETCH and iPATCH get 4.05\n"
    "  --con                       confirmable notifications\n"
    "  --mute                      Send is muted (/1/0/23) at first\n"
    "  --ack-timeout MS            first pause before a repetition (2000); --retransmits N (4)\n"
    "  --restart S                 how long a restart takes (0.5)\n"
    "  --firmware push|pull|both   object 5; the rest is about it:\n"
    "  --fw-version TEXT           what it runs at first (/3/0/3)\n"
    "  --fw-protocols LIST         of coap, http (both), or none: /5/0/8 is not there\n"
    "  --fw-without LIST           resources of object 5 that it has not: 6,7,8,10,11,12,13\n"
    "  --fw-fail WHAT[*N]          space, ram, uri, install or defer fails, N times or always\n"
    "  --fw-install S              how long an update takes (0.5); --fw-defer S: a deferred one comes by itself\n"
    "  --fw-max BYTES              of an image (2097152); --fw-block BYTES: block size it asks for (1024)\n"
    "  --fw-patience S             of a download without progress (120)\n"
    "  --fw-strict-tag             another Request-Tag is another image\n"
    "  --image-out FILE            keeps the image it got last\n"
    "commands on standard input: set PATH VALUE, send PATH, update, restart, deregister, quit; @NAME before one means that device "
    "only\n";

enum {
  SERVER_N = 256,
  SERVER_U,
  MOVE_ANEW,
  NO_ARGUMENT,
  MUTE,
  ACK_TIMEOUT,
  RETRANSMITS,
  RESTART,
  FIRMWARE,
  FW_VERSION,
  FW_PROTOCOLS,
  FW_WITHOUT,
  FW_FAIL,
  FW_INSTALL,
  FW_DEFER,
  FW_MAX,
  FW_BLOCK,
  FW_PATIENCE,
  FW_STRICT_TAG,
  IMAGE_OUT
};

static bool seconds(const char *text, uint32_t scale, uint32_t *out) {
  char *end = NULL;
  double value = strtod(text, &end);
  if (end == text || *end || !(value >= 0) || value * scale > 4e9) return false;
  *out = (uint32_t)(value * scale);
  return true;
}

static bool in_range(const char *text, uint32_t least, uint32_t most, uint32_t *out) {
  uint64_t value;
  if (tg_num_parse_u64(tg_slice_str(text), most, &value) != TG_OK || value < least) return false;
  *out = (uint32_t)value;
  return true;
}

static bool take_method(const char *text, tg_dev_fw_config_t *fw) {
  static const char *const names[] = {"pull", "push", "both"};
  for (int i = 0; i < 3; i++) {
    if (strcmp(text, names[i]) == 0) fw->method = i;
  }
  fw->on = fw->method >= 0;
  return fw->on;
}

static bool take_protocols(const char *text, tg_dev_fw_config_t *fw) {
  tg_slice_t rest = tg_slice_str(text);
  fw->protocols = 0;
  while (rest.len) {
    tg_slice_t word = tg_slice_take(&rest, ',');
    if (tg_slice_is(word, "coap")) fw->protocols |= TG_DEV_FETCH_COAP;
    else if (tg_slice_is(word, "http")) fw->protocols |= TG_DEV_FETCH_HTTP;
    else if (!tg_slice_is(word, "none")) return false;
  }
  return true;
}

static bool take_without(const char *text, tg_dev_fw_config_t *fw) {
  static const uint32_t optional = 1U << 6 | 1U << 7 | 1U << 8 | 1U << 10 | 1U << 11 | 1U << 12 | 1U << 13;
  tg_slice_t rest = tg_slice_str(text);
  while (rest.len) {
    uint64_t rid;
    if (tg_num_parse_strict(tg_slice_take(&rest, ','), 31, &rid) != TG_OK || !(optional >> rid & 1)) return false;
    fw->without |= 1U << rid;
  }
  return true;
}

static bool take_fail(const char *text, tg_dev_fw_config_t *fw) {
  static const char *const names[] = {"nothing", "space", "ram", "uri", "install", "defer"};
  tg_slice_t times = tg_slice_str(text), what = tg_slice_take(&times, '*');
  uint64_t count = UINT32_MAX;
  if (times.len && tg_num_parse_u64(times, UINT32_MAX, &count) != TG_OK) return false;
  fw->fail_count = (uint32_t)count;
  for (size_t i = 0; i < TG_COUNT(names); i++) {
    if (!tg_slice_is(what, names[i])) continue;
    fw->fail = (tg_dev_fail_t)i;
    return true;
  }
  return false;
}

static bool take_firmware(int option, const char *text, tg_dev_fw_config_t *fw) {
  uint32_t bytes = 0;
  switch (option) {
  case FIRMWARE: return take_method(text, fw);
  case FW_VERSION: fw->version = text; return strlen(text) < TG_DEV_TEXT_MAX;
  case FW_PROTOCOLS: return take_protocols(text, fw);
  case FW_WITHOUT: return take_without(text, fw);
  case FW_FAIL: return take_fail(text, fw);
  case FW_INSTALL: return seconds(text, 1000, &fw->install_ms);
  case FW_DEFER: return seconds(text, 1000, &fw->defer_ms);
  case FW_MAX:
    if (!in_range(text, 1, 64U << 20, &bytes)) return false;
    fw->max = bytes;
    return true;
  case FW_BLOCK: return in_range(text, 16, 1024, &fw->block);
  case FW_PATIENCE: return seconds(text, 1000, &fw->patience_ms);
  case FW_STRICT_TAG: fw->strict_tag = true; return true;
  case IMAGE_OUT: fw->image_out = text; return true;
  default: return false;
  }
}

static bool take_more(int option, const char *text, tg_dev_config_t *config) {
  switch (option) {
  case SERVER_N: config->server_n = text; return true;
  case SERVER_U: config->server_u = text; return true;
  case MOVE_ANEW: config->move_anew = true; return true;
  case NO_ARGUMENT: config->plain_trigger = true; return true;
  case MUTE: config->mute = true; return true;
  case ACK_TIMEOUT: return in_range(text, 1, 100000, &config->ack_timeout_ms);
  case RETRANSMITS: return in_range(text, 0, 20, &config->retransmits);
  case RESTART: return seconds(text, 1000, &config->restart_ms);
  default: return take_firmware(option, text, &config->fw);
  }
}

static bool take(int option, const char *text, tg_dev_config_t *config) {
  switch (option) {
  case 's': config->server = text; return true;
  case 'e': config->ep = text; return true;
  case 'p': config->prefix = text; return true;
  case 'a': config->bind = text; return true;
  case 'b': config->binding = text; return true;
  case 'n': return in_range(text, 1, 100000, &config->count);
  case 'l': return seconds(text, 1, &config->lifetime_s);
  case 'i': return seconds(text, 1000, &config->interval_ms);
  case 'w': return seconds(text, 1000, &config->awake_ms);
  case 'v': config->version_1_0 = strcmp(text, "1.0") == 0; return config->version_1_0 || strcmp(text, "1.1") == 0;
  case 'q': config->queue = true; return true;
  case 'o': config->no_composite = true; return true;
  case 'c': config->con = true; return true;
  default: return take_more(option, text, config);
  }
}

static bool is_whole(const tg_dev_config_t *config) {
  size_t len = strlen(config->ep ? config->ep : config->prefix ? config->prefix : "");
  bool somewhere = config->server_n || (config->server && !config->server_u);
  return somewhere && len && len < TG_DEV_EP_MAX - 8;
}

int tg_dev_options_read(int argc, char **argv, tg_dev_config_t *config) {
  static const struct option options[] = {{"server", 1, NULL, 's'},
                                          {"ep", 1, NULL, 'e'},
                                          {"count", 1, NULL, 'n'},
                                          {"ep-prefix", 1, NULL, 'p'},
                                          {"bind", 1, NULL, 'a'},
                                          {"lifetime", 1, NULL, 'l'},
                                          {"lwm2m", 1, NULL, 'v'},
                                          {"queue", 0, NULL, 'q'},
                                          {"awake", 1, NULL, 'w'},
                                          {"binding", 1, NULL, 'b'},
                                          {"con", 0, NULL, 'c'},
                                          {"interval", 1, NULL, 'i'},
                                          {"no-composite", 0, NULL, 'o'},
                                          {"help", 0, NULL, 'h'},
                                          {"server-n", 1, NULL, SERVER_N},
                                          {"server-u", 1, NULL, SERVER_U},
                                          {"move-anew", 0, NULL, MOVE_ANEW},
                                          {"no-argument", 0, NULL, NO_ARGUMENT},
                                          {"mute", 0, NULL, MUTE},
                                          {"ack-timeout", 1, NULL, ACK_TIMEOUT},
                                          {"retransmits", 1, NULL, RETRANSMITS},
                                          {"restart", 1, NULL, RESTART},
                                          {"firmware", 1, NULL, FIRMWARE},
                                          {"fw-version", 1, NULL, FW_VERSION},
                                          {"fw-protocols", 1, NULL, FW_PROTOCOLS},
                                          {"fw-without", 1, NULL, FW_WITHOUT},
                                          {"fw-fail", 1, NULL, FW_FAIL},
                                          {"fw-install", 1, NULL, FW_INSTALL},
                                          {"fw-defer", 1, NULL, FW_DEFER},
                                          {"fw-max", 1, NULL, FW_MAX},
                                          {"fw-block", 1, NULL, FW_BLOCK},
                                          {"fw-patience", 1, NULL, FW_PATIENCE},
                                          {"fw-strict-tag", 0, NULL, FW_STRICT_TAG},
                                          {"image-out", 1, NULL, IMAGE_OUT},
                                          {NULL, 0, NULL, 0}};
  *config = (tg_dev_config_t){.count = 1,
                              .lifetime_s = 300,
                              .awake_ms = 10000,
                              .restart_ms = 500,
                              .ack_timeout_ms = 2000,
                              .retransmits = 4,
                              .fw = {.method = -1,
                                     .protocols = TG_DEV_FETCH_COAP | TG_DEV_FETCH_HTTP,
                                     .install_ms = 500,
                                     .patience_ms = 120000,
                                     .max = 2U << 20,
                                     .block = 1024}};
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
  if (is_whole(config) && optind == argc) return -1;
  fputs(usage, stderr);
  return 2;
}
