/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: states, methods and results in words; see fw_name.h and firmware.h. */

#include "core/firmware/fw_name.h"

static const char *const states[TG_FW_STATE_COUNT] = {
    [TG_FW_WAITING] = "waiting",           [TG_FW_ASKING] = "asking",   [TG_FW_MOVING] = "moving",
    [TG_FW_TRANSFERRING] = "transferring", [TG_FW_READY] = "ready",     [TG_FW_APPLYING] = "applying",
    [TG_FW_RETURNING] = "returning",       [TG_FW_DONE] = "done",       [TG_FW_FAILED] = "failed",
    [TG_FW_CANCELLED] = "cancelled",       [TG_FW_UNKNOWN] = "unknown",
};

static const char *const methods[TG_FW_METHOD_COUNT] = {
    [TG_FW_AUTO] = "auto",
    [TG_FW_PUSH] = "push",
    [TG_FW_PULL_COAP] = "pull-coap",
    [TG_FW_PULL_HTTP] = "pull-http",
};

/* LwM2M Core 1.1 Appendix E.6, /5/0/5. */
static const char *const results[] = {
    "it has no result yet",
    "it was updated",
    "it has not enough flash memory for the image",
    "it ran out of memory during the download",
    "it lost its connection during the download",
    "its check of the image's integrity failed",
    "it does not support this type of image",
    "it could not use the URI of the image",
    "the update failed on it",
    "it does not support the protocol of the URI",
    "the update was cancelled on it",
    "the update was deferred on it",
};

const char *tg_fw_name_state(tg_fw_state_t state) {
  return (unsigned)state < TG_FW_STATE_COUNT ? states[state] : "?";
}

const char *tg_fw_name_method(tg_fw_method_t method) {
  return (unsigned)method < TG_FW_METHOD_COUNT ? methods[method] : "?";
}

const char *tg_fw_name_result(int result) {
  bool known = result >= 0 && (size_t)result < sizeof results / sizeof *results;
  return known ? results[result] : "it gives a result that is not known";
}

tg_rc_t tg_fw_name_method_of(tg_slice_t name, tg_fw_method_t *method) {
  for (size_t i = 0; i < TG_FW_METHOD_COUNT; i++) {
    if (!tg_slice_is(name, methods[i])) continue;
    *method = (tg_fw_method_t)i;
    return TG_OK;
  }
  return TG_E_NOT_FOUND;
}

bool tg_fw_name_is_valid(tg_slice_t name) {
  if (name.len == 0 || name.len > TG_FW_NAME_MAX) return false;
  for (size_t i = 0; i < name.len; i++) {
    uint8_t c = name.p[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}
