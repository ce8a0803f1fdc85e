/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: records of objects 5 and 3 to facts; see fw_facts.h. */

#include "core/firmware/fw_facts.h"

enum { OID_DEVICE = 3, OID_FIRMWARE = 5, PROTOCOLS_MAX = 32, RESULT_MAX = 254 };

void tg_fw_facts_init(tg_fw_facts_t *facts) {
  *facts = (tg_fw_facts_t){.state = -1, .result = -1, .delivery = -1};
}

/* A number from 0 to @p max, or -1: devices say what they like. */
static int number(const tg_value_t *value, int64_t max) {
  tg_value_t as;
  if (tg_value_convert(value, TG_TYPE_INTEGER, &as) != TG_OK || as.i < 0 || as.i > max) return -1;
  return (int)as.i;
}

static void text(const tg_value_t *value, char *out, size_t cap) {
  bool bytes = value->type == TG_TYPE_STRING || value->type == TG_TYPE_OPAQUE || value->type == TG_TYPE_CORELNK;
  if (bytes) tg_fw_row_text(out, cap, value->s);
}

static unsigned take_firmware(tg_fw_facts_t *facts, const tg_record_t *record) {
  int n = number(&record->value, RESULT_MAX);
  switch (record->path.id[2]) {
  case 3:
    if (n < 0 || n > TG_FW_UPDATING) return 0;
    facts->state = n;
    return TG_FW_SAW_STATE;
  case 5:
    if (n < 0) return 0;
    facts->result = n;
    return TG_FW_SAW_RESULT;
  case 7: text(&record->value, facts->pkg_version, sizeof facts->pkg_version); break;
  case 8:
    if (n >= 0 && n < PROTOCOLS_MAX) facts->protocols |= 1u << n;
    break;
  case 9: facts->delivery = n >= 0 && n <= 2 ? n : -1; break;
  case 11: facts->has_severity = true; break;
  case 13: facts->has_defer = true; break;
  default: break;
  }
  return 0;
}

unsigned tg_fw_facts_take(tg_fw_facts_t *facts, const tg_record_t *records, size_t count) {
  unsigned saw = 0;
  for (size_t i = 0; i < count; i++) {
    const tg_path_t *path = &records[i].path;
    if (path->len < TG_PATH_RESOURCE || path->id[1] != 0) continue;
    if (path->id[0] == OID_FIRMWARE) saw |= take_firmware(facts, &records[i]);
    if (path->id[0] != OID_DEVICE || path->id[2] != 3) continue;
    facts->version[0] = '\0';
    text(&records[i].value, facts->version, sizeof facts->version);
    saw |= TG_FW_SAW_VERSION;
  }
  return saw;
}
