/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a received message: known, within RFC 7252 table 4, single. See coap_opts.h. Called by the spine for every message. */

#include "core/coap/coap_opts.h"

/* What is known of an option; rows are found by number. */
typedef struct rule {
  uint16_t min;
  uint16_t max;
  bool is_known;
  bool may_repeat;
} rule_t;

static bool is_critical(uint16_t number) {
  return number & 1;
}

/*
 * RFC 7252 table 4; RFC 7641 §2; RFC 7959 §2.1 and §4; RFC 9175 §2.2 and §3.2; RFC 7967 §2. OSCORE (9) is not known here, nor are
 * If-Match and If-None-Match: a condition that nobody checks must not be taken for one that holds.
 */
static rule_t rule_of(uint16_t number) {
  switch (number) { // NOLINTBEGIN(bugprone-branch-clone): a table, one row an option
  case TG_OPT_URI_HOST: return (rule_t){1, 255, true, false};
  case TG_OPT_ETAG: return (rule_t){1, 8, true, true};
  case TG_OPT_OBSERVE: return (rule_t){0, 3, true, false};
  case TG_OPT_URI_PORT: return (rule_t){0, 2, true, false};
  case TG_OPT_LOCATION_PATH: return (rule_t){0, 255, true, true};
  case TG_OPT_URI_PATH: return (rule_t){0, 255, true, true};
  case TG_OPT_CONTENT_FORMAT: return (rule_t){0, 2, true, false};
  case TG_OPT_MAX_AGE: return (rule_t){0, 4, true, false};
  case TG_OPT_URI_QUERY: return (rule_t){0, 255, true, true};
  case TG_OPT_ACCEPT: return (rule_t){0, 2, true, false};
  case TG_OPT_LOCATION_QUERY: return (rule_t){0, 255, true, true};
  case TG_OPT_BLOCK2: return (rule_t){0, 3, true, false};
  case TG_OPT_BLOCK1: return (rule_t){0, 3, true, false};
  case TG_OPT_SIZE2: return (rule_t){0, 4, true, false};
  case TG_OPT_PROXY_URI: return (rule_t){1, 1034, true, false};
  case TG_OPT_PROXY_SCHEME: return (rule_t){1, 255, true, false};
  case TG_OPT_SIZE1: return (rule_t){0, 4, true, false};
  case TG_OPT_ECHO: return (rule_t){1, 40, true, false};
  case TG_OPT_NO_RESPONSE: return (rule_t){0, 1, true, false};
  case TG_OPT_REQUEST_TAG: return (rule_t){0, 8, true, true};
  default: return (rule_t){0, 0, false, false};
  } // NOLINTEND(bugprone-branch-clone)
}

/* A number of at most four bytes; the length was checked. */
static uint32_t number_of(const tg_coap_opt_t *opt) {
  uint32_t value = 0;
  for (uint16_t i = 0; i < opt->len; i++) value = value << 8 | opt->p[i];
  return value;
}

static tg_coap_block_t block_of(const tg_coap_opt_t *opt) {
  uint32_t value = number_of(opt);
  return (tg_coap_block_t){.is_there = true, .more = (value & 8) != 0, .szx = value & 7, .num = value >> 4};
}

static void take_location(tg_coap_opts_t *opts, const tg_coap_opt_t *opt) {
  tg_slice_t *at = opts->location[0].p ? opts->location + 1 : opts->location;
  if (!at->p) *at = tg_coap_msg_value(opt);
}

static void take_value(tg_coap_opts_t *opts, const tg_coap_opt_t *opt) {
  switch (opt->number) {
  case TG_OPT_ETAG:
    if (!opts->etag.p) opts->etag = tg_coap_msg_value(opt);
    break;
  case TG_OPT_OBSERVE:
    opts->has_observe = true;
    opts->observe = number_of(opt);
    break;
  case TG_OPT_LOCATION_PATH: take_location(opts, opt); break;
  case TG_OPT_URI_PATH: opts->segments++; break;
  case TG_OPT_CONTENT_FORMAT: opts->content_format = (int)number_of(opt); break;
  case TG_OPT_ACCEPT: opts->accept = (int)number_of(opt); break;
  case TG_OPT_BLOCK2: opts->block2 = block_of(opt); break;
  case TG_OPT_BLOCK1: opts->block1 = block_of(opt); break;
  case TG_OPT_SIZE1:
    opts->has_size1 = true;
    opts->size1 = number_of(opt);
    break;
  case TG_OPT_ECHO: opts->echo = tg_coap_msg_value(opt); break;
  case TG_OPT_NO_RESPONSE: opts->no_response = (uint8_t)number_of(opt); break;
  default: break;
  }
}

/* Takes what is good; counts a critical option that is not (RFC 7252 §5.4.1, §5.4.3, §5.4.5). */
static bool read_all(const tg_coap_msg_t *msg, tg_coap_opts_t *opts) {
  bool is_good = true;
  *opts = (tg_coap_opts_t){.content_format = TG_CF_NONE, .accept = TG_CF_NONE};
  for (uint16_t i = 0; i < msg->option_count; i++) {
    const tg_coap_opt_t *opt = msg->options + i;
    rule_t rule = rule_of(opt->number);
    bool is_again = i > 0 && msg->options[i - 1].number == opt->number;
    if (rule.is_known && opt->len >= rule.min && opt->len <= rule.max && (rule.may_repeat || !is_again))
      take_value(opts, opt);
    else if (is_critical(opt->number)) is_good = false;
  }
  return is_good;
}

uint8_t tg_coap_opts_request(const tg_coap_msg_t *msg, tg_coap_opts_t *opts) {
  if (!read_all(msg, opts)) return TG_COAP_402;
  for (uint16_t i = msg->option_count; i-- > 0 && msg->options[i].number >= TG_OPT_PROXY_URI;) {
    uint16_t number = msg->options[i].number;
    if (number == TG_OPT_PROXY_URI || number == TG_OPT_PROXY_SCHEME) return TG_COAP_505;
  }
  return 0;
}

bool tg_coap_opts_response(const tg_coap_msg_t *msg, tg_coap_opts_t *opts) {
  return read_all(msg, opts);
}

static uint64_t mix(const tg_hash_key_t *key, uint64_t sum, const tg_coap_opt_t *opt) {
  tg_hash_key_t chained = {key->k0 ^ sum, key->k1 + opt->number};
  return tg_hash(&chained, tg_coap_msg_value(opt));
}

uint64_t tg_coap_opts_digest(const tg_hash_key_t *key, const tg_coap_msg_t *msg, bool with_tag) {
  uint64_t sum = (uint64_t)msg->code << 32 | (with_tag ? 1 : 0);
  for (uint16_t i = 0; i < msg->option_count; i++) {
    const tg_coap_opt_t *opt = msg->options + i;
    bool is_name = opt->number == TG_OPT_URI_PATH || opt->number == TG_OPT_URI_QUERY || opt->number == TG_OPT_ACCEPT;
    if (is_name || (with_tag && opt->number == TG_OPT_REQUEST_TAG)) sum = mix(key, sum, opt);
  }
  return sum;
}

uint64_t tg_coap_opts_variant(const tg_hash_key_t *key, const tg_coap_msg_t *msg, bool in_blocks) {
  uint64_t sum = 0;
  for (uint16_t i = 0; i < msg->option_count; i++) {
    if (msg->options[i].number == TG_OPT_REQUEST_TAG) sum = mix(key, sum, msg->options + i) | 1;
  }
  if (msg->code != TG_COAP_FETCH || in_blocks || !msg->payload.len) return sum;
  tg_hash_key_t chained = {key->k0 ^ sum, key->k1};
  return tg_hash(&chained, msg->payload) | 1;
}
