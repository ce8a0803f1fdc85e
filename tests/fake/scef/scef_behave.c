/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: behaviour from and to JSON, by one table. See scef_behave.h. */

#include "tests/fake/scef/scef_behave.h"

#include <json-c/json.h>
#include <stddef.h>
#include <string.h>

#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_text.h"

enum kind { WORD, FLAG, NUMBER };

struct member {
  const char *name;
  size_t at;
  enum kind kind;
  int64_t least, most;
};

#define AT(field) offsetof(tg_scef_behave_t, field)

static const struct member MEMBERS[] = {
    {"mode", AT(mode), WORD, 0, 0},
    {"modeCount", AT(mode_count), NUMBER, -1, INT32_MAX},
    {"deliveryStatus", AT(delivery_status), WORD, 0, 0},
    {"bufferStatus", AT(buffer_status), WORD, 0, 0},
    {"releaseAfterMs", AT(release_after), NUMBER, -1, INT32_MAX},
    {"releaseOnUplink", AT(release_on_uplink), FLAG, 0, 0},
    {"refuseStatus", AT(refuse_status), NUMBER, 400, 599},
    {"refuseCause", AT(refuse_cause), WORD, 0, 0},
    {"retryAfterMs", AT(retry_after), NUMBER, -1, INT32_MAX},
    {"delayMs", AT(delay), NUMBER, 0, INT32_MAX},
    {"uplinkDelayMs", AT(uplink_delay), NUMBER, 0, INT32_MAX},
    {"duplicateUplink", AT(duplicate_uplink), FLAG, 0, 0},
    {"duplicateDownlink", AT(duplicate_downlink), FLAG, 0, 0},
    {"loseUplink", AT(lose_uplink), NUMBER, -1, INT32_MAX},
    {"loseDownlink", AT(lose_downlink), NUMBER, -1, INT32_MAX},
    {"maximumPacketSize", AT(max_packet), NUMBER, 1, INT32_MAX},
    {"maximumDurationMs", AT(max_duration), NUMBER, -1, INT64_C(1) << 40},
    {"noContent", AT(no_content), FLAG, 0, 0},
};

enum { MEMBER_COUNT = sizeof MEMBERS / sizeof MEMBERS[0] };

void tg_scef_behave_init(tg_scef_behave_t *behave) {
  *behave = (tg_scef_behave_t){
      .mode = "deliver",
      .mode_count = -1,
      .delivery_status = "SUCCESS_NEXT_HOP_ACKNOWLEDGED",
      .buffer_status = "BUFFERING_TEMPORARILY_NOT_REACHABLE",
      .release_after = -1,
      .refuse_status = 500,
      .refuse_cause = "TEMPORARILY_NOT_REACHABLE",
      .retry_after = -1,
      .max_packet = 10864, /* 1358 octets, the usual default (spec: TS 29.122 table 5.6.2.1.2-1 leaves it open) */
      .max_duration = -1,
  };
}

static const struct member *find_member(const char *name) {
  for (size_t i = 0; i < MEMBER_COUNT; i++) {
    if (strcmp(MEMBERS[i].name, name) == 0) return &MEMBERS[i];
  }
  return NULL;
}

static const char *set_word(void *at, struct json_object *value, const struct member *member) {
  if (!json_object_is_type(value, json_type_string)) return "must be a string";
  const char *word = json_object_get_string(value);
  if (member->at == AT(mode) && strcmp(word, "deliver") != 0 && strcmp(word, "buffer") != 0 &&
      strcmp(word, "refuse") != 0) {
    return "must be deliver, buffer or refuse";
  }
  return tg_scef_text_put(at, TG_SCEF_WORD, word) ? NULL : "is too long";
}

static const char *set_number(int64_t *at, struct json_object *value, const struct member *member) {
  if (!json_object_is_type(value, json_type_int)) return "must be an integer";
  int64_t number = json_object_get_int64(value);
  if (number < member->least || number > member->most) return "is out of range";
  *at = number;
  return NULL;
}

/* Returns what is wrong with the value, NULL where nothing is. */
static const char *set_member(tg_scef_behave_t *behave, struct json_object *value, const struct member *member) {
  void *at = (char *)behave + member->at;
  switch (member->kind) {
  case WORD: return set_word(at, value, member);
  case NUMBER: return set_number(at, value, member);
  case FLAG: break;
  }
  if (!json_object_is_type(value, json_type_boolean)) return "must be true or false";
  *(bool *)at = json_object_get_boolean(value);
  return NULL;
}

bool tg_scef_behave_apply(tg_scef_behave_t *behave, struct json_object *patch, struct json_object *invalid) {
  tg_scef_behave_t next = *behave;
  size_t wrong = json_object_array_length(invalid);
  json_object_object_foreach(patch, name, value) {
    const struct member *member = find_member(name);
    const char *reason = member == NULL ? "is not a member of behaviour" : set_member(&next, value, member);
    if (reason != NULL) tg_scef_json_invalid(invalid, "/behaviour", name, reason);
  }
  if (json_object_array_length(invalid) > wrong) return false;
  *behave = next;
  return true;
}

struct json_object *tg_scef_behave_show(const tg_scef_behave_t *behave) {
  struct json_object *out = json_object_new_object();
  for (size_t i = 0; i < MEMBER_COUNT; i++) {
    const char *at = (const char *)behave + MEMBERS[i].at;
    struct json_object *value = NULL;
    if (MEMBERS[i].kind == WORD) value = json_object_new_string(at);
    else if (MEMBERS[i].kind == FLAG) value = json_object_new_boolean(*(const bool *)at);
    else value = json_object_new_int64(*(const int64_t *)(const void *)at);
    json_object_object_add(out, MEMBERS[i].name, value);
  }
  return out;
}
