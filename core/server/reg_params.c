/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/server: the query of Register and Update (LwM2M Core 1.1 §6.2.1, lwm2m.md 1.2.2). Unknown names are tolerated. Values
 * are taken as they stand: percent-encoding belongs to URIs, an option holds what was decoded (RFC 7252 §6.4 step 9), and decoding
 * again would let `a%2Fb` speak for `a/b`. See reg.h.
 */

#include "core/base/num.h"
#include "core/base/utf8.h"
#include "core/server/reg.h"

enum { EP_MAX = 255, SMS_MAX = 128 };

static tg_rc_t take_ep(tg_slice_t value, tg_reg_params_t *params) {
  if (params->has_ep) return TG_E_DUPLICATE;
  if (value.len == 0) return TG_E_SYNTAX;
  if (value.len > EP_MAX) return TG_E_RANGE;
  if (!tg_utf8_valid(value) || tg_slice_find(value, 0) != value.len) return TG_E_ENCODING;
  params->has_ep = true;
  params->ep = value;
  return TG_OK;
}

static tg_rc_t take_lifetime(tg_slice_t value, tg_reg_params_t *params) {
  if (params->has_lt) return TG_E_DUPLICATE;
  uint64_t seconds;
  tg_rc_t rc = tg_num_parse_u64(value, UINT32_MAX, &seconds);
  if (rc != TG_OK) return rc;
  params->has_lt = true;
  params->lifetime_s = (uint32_t)seconds;
  return TG_OK;
}

/* coap-node says 1.0.0: a third number is read and means nothing. */
static tg_rc_t take_version(tg_slice_t value, tg_reg_params_t *params) {
  if (params->has_version) return TG_E_DUPLICATE;
  params->has_version = true;
  tg_slice_t rest = value;
  (void)tg_slice_take(&rest, '.');
  tg_slice_t minor = tg_slice_take(&rest, '.');
  size_t two = (size_t)(minor.p - value.p) + minor.len;
  if (!minor.len || two == value.len) return tg_objdef_parse_version(value, &params->version);
  uint64_t patch;
  params->long_version = true;
  tg_rc_t rc = tg_num_parse_u64(rest, UINT16_MAX, &patch);
  return rc == TG_OK ? tg_objdef_parse_version(tg_slice(value.p, two), &params->version) : rc;
}

static tg_rc_t take_binding(tg_slice_t value, tg_reg_params_t *params) {
  if (params->has_binding) return TG_E_DUPLICATE;
  params->has_binding = true;
  params->binding = value;
  return value.len ? TG_OK : TG_E_SYNTAX;
}

static tg_rc_t take_sms(tg_slice_t value, tg_reg_params_t *params) {
  if (params->has_sms) return TG_E_DUPLICATE;
  if (value.len == 0 || value.len > SMS_MAX) return TG_E_SYNTAX;
  for (size_t i = 0; i < value.len; i++) {
    if (value.p[i] <= ' ' || value.p[i] > '~') return TG_E_SYNTAX;
  }
  params->has_sms = true;
  params->sms = value;
  return TG_OK;
}

static tg_rc_t take(tg_slice_t text, tg_reg_params_t *params) {
  tg_slice_t value = text;
  tg_slice_t name = tg_slice_take(&value, '=');
  bool has_value = name.len < text.len;
  if (tg_slice_is(name, "ep")) return take_ep(value, params);
  if (tg_slice_is(name, "lt")) return take_lifetime(value, params);
  if (tg_slice_is(name, "lwm2m")) return take_version(value, params);
  if (tg_slice_is(name, "b")) return take_binding(value, params);
  if (tg_slice_is(name, "sms")) return take_sms(value, params);
  if (!tg_slice_is(name, "Q")) return TG_OK;
  if (params->queue) return TG_E_DUPLICATE;
  params->queue = true;
  return has_value ? TG_E_SYNTAX : TG_OK;
}

tg_rc_t tg_reg_params_parse(const tg_coap_msg_t *msg, tg_reg_params_t *params) {
  *params = (tg_reg_params_t){0};
  for (size_t i = 0; i < msg->option_count; i++) {
    if (msg->options[i].number != TG_OPT_URI_QUERY) continue;
    tg_slice_t text = tg_coap_msg_value(&msg->options[i]);
    tg_rc_t rc = take(text, params);
    if (rc == TG_OK) continue;
    params->wrong = text;
    return rc;
  }
  return TG_OK;
}

/* 1.0 knows a closed list, with Q inside. */
static tg_rc_t binding_1_0(tg_slice_t binding, bool *queue_mode) {
  static const struct {
    const char *text;
    bool queue;
  } known[] = {{"U", false}, {"UQ", true}, {"S", false}, {"SQ", true}, {"US", false}, {"UQS", true}};
  for (size_t i = 0; i < TG_COUNT(known); i++) {
    if (!tg_slice_is(binding, known[i].text)) continue;
    *queue_mode = known[i].queue;
    return TG_OK;
  }
  return TG_E_ARG;
}

tg_rc_t tg_reg_params_binding(const tg_reg_params_t *params, tg_version_t version, bool *queue_mode) {
  if (version < TG_VERSION_1_1) {
    if (params->queue) return TG_E_ARG;
    return params->has_binding ? binding_1_0(params->binding, queue_mode) : TG_OK;
  }
  if (params->queue) *queue_mode = true;
  static const char letters[] = "UTSNMH"; /* the last two since 1.2 */
  size_t count = version < TG_VERSION_OF(1, 2) ? 4 : 6;
  unsigned seen = 0;
  for (size_t i = 0; i < params->binding.len; i++) {
    const char *at = memchr(letters, params->binding.p[i], count);
    if (!at) return TG_E_ARG;
    unsigned bit = 1u << (at - letters);
    if (seen & bit) return TG_E_ARG;
    seen |= bit;
  }
  return TG_OK;
}
