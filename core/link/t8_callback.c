/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/link: notifications of an SCEF. See t8_callback.h. */

#include "core/link/t8_callback.h"

enum { TEXT_MAX = 256 * 1024 };

/* First match counts. */
static const struct {
  const char *member;
  tg_json_kind_t type;
  tg_t8_callback_kind_t kind;
} kinds[] = {
    {"data", TG_JSON_STRING, TG_T8_CALLBACK_UPLINK},
    {"gmdResults", TG_JSON_ARRAY, TG_T8_CALLBACK_GROUP},
    {"deliveryStatus", TG_JSON_STRING, TG_T8_CALLBACK_DELIVERY},
    {"status", TG_JSON_STRING, TG_T8_CALLBACK_STATUS},
    {"managedPorts", TG_JSON_ARRAY, TG_T8_CALLBACK_PORTS},
    {"subscription", TG_JSON_STRING, TG_T8_CALLBACK_TEST},
};

static tg_rc_t classify(const tg_json_node_t *root, tg_t8_callback_kind_t *kind) {
  for (size_t i = 0; i < TG_COUNT(kinds); i++) {
    const tg_json_node_t *node = tg_json_read_get(root, kinds[i].member);
    if (!node) continue;
    *kind = kinds[i].kind;
    return tg_json_read_kind(node) == kinds[i].type ? TG_OK : TG_E_TYPE;
  }
  return TG_E_TYPE;
}

static tg_rc_t get_members(const tg_json_node_t *root, tg_t8_callback_t *callback) {
  if (tg_json_read_kind(root) != TG_JSON_OBJECT) return TG_E_TYPE;
  tg_rc_t rc = classify(root, &callback->kind);
  if (rc != TG_OK) return rc;
  tg_slice_t msisdn = tg_json_read_str(tg_json_read_get(root, "msisdn"));
  callback->id = tg_json_read_str(tg_json_read_get(root, "externalId"));
  if (callback->id.len && msisdn.len) return TG_E_TYPE;
  if (!callback->id.len) callback->id = msisdn;
  callback->configuration = tg_json_read_str(tg_json_read_get(root, "niddConfiguration"));
  callback->transfer = tg_json_read_str(tg_json_read_get(root, "niddDownlinkDataTransfer"));
  callback->data = tg_json_read_str(tg_json_read_get(root, "data"));
  callback->status = tg_json_read_str(tg_json_read_get(root, "status"));
  tg_t8_json_get_delivery(root, &callback->delivery);
  return TG_OK;
}

tg_rc_t tg_t8_callback_read(tg_slice_t text, tg_t8_callback_t *callback) {
  *callback = (tg_t8_callback_t){0};
  tg_rc_t rc = tg_json_read(text, TEXT_MAX, NULL, &callback->doc);
  if (rc != TG_OK) return rc;
  rc = get_members(tg_json_read_root(callback->doc), callback);
  if (rc != TG_OK) tg_t8_callback_free(callback);
  return rc;
}

void tg_t8_callback_free(tg_t8_callback_t *callback) {
  tg_json_read_free(callback->doc);
  *callback = (tg_t8_callback_t){0};
}
