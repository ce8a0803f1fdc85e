/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: schemas by table. See scef_check.h. */

#include "tests/fake/scef/scef_check.h"

#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/scef/scef_json.h"
#include "tests/fake/scef/scef_text.h"
#include "tests/fake/scef/scef_time.h"

/* Returns what is wrong, NULL where nothing is. */
typedef const char *test_fn(struct json_object *value);

struct member {
  const char *name;
  test_fn *test;
  enum { OPTIONAL, REQUIRED, NULLABLE, FORBIDDEN } presence;
};

static const char *test_bool(struct json_object *value) {
  return json_object_is_type(value, json_type_boolean) ? NULL : "must be true or false";
}

static const char *test_string(struct json_object *value) {
  return json_object_is_type(value, json_type_string) ? NULL : "must be a string";
}

static const char *test_int(struct json_object *value) {
  return json_object_is_type(value, json_type_int) ? NULL : "must be an integer";
}

static const char *test_seconds(struct json_object *value) {
  if (!json_object_is_type(value, json_type_int)) return "must be an integer";
  return json_object_get_int64(value) >= 0 ? NULL : "must not be negative";
}

static const char *test_hex(struct json_object *value) {
  if (!json_object_is_type(value, json_type_string)) return "must be a string";
  const char *text = json_object_get_string(value);
  return strspn(text, "0123456789abcdefABCDEF") == strlen(text) ? NULL : "must be hex digits";
}

static bool is_external(const char *id) {
  const char *at = strchr(id, '@');
  return at != NULL && at != id && at[1] != '\0' && strchr(at + 1, '@') == NULL;
}

static bool is_msisdn(const char *id) {
  size_t len = strlen(id);
  return len >= 5 && len <= 15 && strspn(id, "0123456789") == len;
}

static const char *test_external(struct json_object *value) {
  if (!json_object_is_type(value, json_type_string)) return "must be a string";
  return is_external(json_object_get_string(value)) ? NULL : "must be local@domain";
}

static const char *test_msisdn(struct json_object *value) {
  if (!json_object_is_type(value, json_type_string)) return "must be a string";
  return is_msisdn(json_object_get_string(value)) ? NULL : "must be 5 to 15 digits";
}

static const char *test_url(struct json_object *value) {
  if (!json_object_is_type(value, json_type_string)) return "must be a string";
  return tg_scef_check_is_url(json_object_get_string(value)) ? NULL : "must be an absolute http or https URI";
}

static const char *test_time(struct json_object *value) {
  int64_t wall;
  if (!json_object_is_type(value, json_type_string)) return "must be a string";
  return tg_scef_time_parse(json_object_get_string(value), &wall) ? NULL : "must be an RFC 3339 date-time";
}

static const char *test_expiry(struct json_object *value) {
  const char *reason = test_time(value);
  int64_t wall = 0;
  if (reason != NULL || !tg_scef_time_parse(json_object_get_string(value), &wall)) return reason;
  return wall > tg_scef_time_wall() ? NULL : "is in the past";
}

static const char *test_bytes(struct json_object *value) {
  uint8_t *data = NULL;
  size_t size = 0;
  if (!json_object_is_type(value, json_type_string)) return "must be a string";
  const char *text = json_object_get_string(value);
  size_t len = (size_t)json_object_get_string_len(value);
  if (!tg_scef_text_b64_decode(text, len, &data, &size)) return "must be base64";
  free(data);
  return size > 0 ? NULL : "must not be empty";
}

static const char *test_port(struct json_object *value) {
  static const char *const ENDS[] = {"portUE", "portSCEF"};
  if (!json_object_is_type(value, json_type_object)) return "must be an object";
  for (size_t i = 0; i < 2; i++) {
    int64_t port = tg_scef_json_int(value, ENDS[i], -1);
    if (port < 0 || port > 65535) return "must have portUE and portSCEF from 0 to 65535";
  }
  return NULL;
}

static const char *test_ports(struct json_object *value) {
  if (!json_object_is_type(value, json_type_array)) return "must be an array";
  size_t count = json_object_array_length(value);
  if (count == 0) return "must not be empty";
  for (size_t i = 0; i < count; i++) {
    const char *reason = test_port(json_object_array_get_idx(value, i));
    if (reason != NULL) return reason;
  }
  return NULL;
}

static const char *test_objects(struct json_object *value) {
  if (!json_object_is_type(value, json_type_array)) return "must be an array";
  size_t count = json_object_array_length(value);
  for (size_t i = 0; i < count; i++) {
    if (!json_object_is_type(json_object_array_get_idx(value, i), json_type_object)) return "must hold objects";
  }
  return count > 0 ? NULL : "must not be empty";
}

static const struct member CONFIGURATION[] = {
    {"notificationDestination", test_url, REQUIRED},
    {"supportedFeatures", test_hex, OPTIONAL},
    {"mtcProviderId", test_string, OPTIONAL},
    {"externalId", test_external, OPTIONAL},
    {"msisdn", test_msisdn, OPTIONAL},
    {"externalGroupId", test_external, OPTIONAL},
    {"duration", test_expiry, OPTIONAL},
    {"reliableDataService", test_bool, OPTIONAL},
    {"rdsPorts", test_ports, OPTIONAL},
    {"pdnEstablishmentOption", test_string, OPTIONAL},
    {"requestTestNotification", test_bool, OPTIONAL},
    {"niddDownlinkDataTransfers", test_objects, OPTIONAL},
    {NULL, NULL, OPTIONAL},
};

static const struct member CONFIGURATION_PATCH[] = {
    {"duration", test_expiry, NULLABLE},
    {"reliableDataService", test_bool, NULLABLE},
    {"rdsPorts", test_ports, OPTIONAL},
    {"pdnEstablishmentOption", test_string, NULLABLE},
    {"notificationDestination", test_url, OPTIONAL},
    {"externalId", NULL, FORBIDDEN},
    {"msisdn", NULL, FORBIDDEN},
    {"externalGroupId", NULL, FORBIDDEN},
    {NULL, NULL, OPTIONAL},
};

static const struct member TRANSFER[] = {
    {"data", test_bytes, REQUIRED},
    {"externalId", test_external, OPTIONAL},
    {"msisdn", test_msisdn, OPTIONAL},
    {"externalGroupId", test_external, OPTIONAL},
    {"reliableDataService", test_bool, OPTIONAL},
    {"rdsPort", test_port, OPTIONAL},
    {"maximumLatency", test_seconds, OPTIONAL},
    {"priority", test_int, OPTIONAL},
    {"pdnEstablishmentOption", test_string, OPTIONAL},
    {NULL, NULL, OPTIONAL},
};

static const struct member TRANSFER_PATCH[] = {
    {"data", test_bytes, OPTIONAL},       {"reliableDataService", test_bool, OPTIONAL},
    {"rdsPort", test_port, OPTIONAL},     {"maximumLatency", test_seconds, OPTIONAL},
    {"priority", test_int, OPTIONAL},     {"pdnEstablishmentOption", test_string, OPTIONAL},
    {"externalId", NULL, FORBIDDEN},      {"msisdn", NULL, FORBIDDEN},
    {"externalGroupId", NULL, FORBIDDEN}, {NULL, NULL, OPTIONAL},
};

static const struct member *const SCHEMAS[] = {
    [TG_SCEF_CONFIGURATION] = CONFIGURATION,
    [TG_SCEF_CONFIGURATION_PATCH] = CONFIGURATION_PATCH,
    [TG_SCEF_TRANSFER] = TRANSFER,
    [TG_SCEF_TRANSFER_PATCH] = TRANSFER_PATCH,
};

static const char *test_member(const struct member *member, struct json_object *body) {
  struct json_object *value = NULL;
  if (!json_object_object_get_ex(body, member->name, &value)) {
    return member->presence == REQUIRED ? "is required" : NULL;
  }
  if (member->presence == FORBIDDEN) return "can't be modified";
  if (value == NULL) return member->presence == NULLABLE ? NULL : "must not be null";
  return member->test(value);
}

static size_t count_identities(struct json_object *body) {
  static const char *const NAMES[] = {"externalId", "msisdn", "externalGroupId"};
  size_t count = 0;
  for (size_t i = 0; i < 3; i++) count += json_object_object_get_ex(body, NAMES[i], NULL) ? 1 : 0;
  return count;
}

struct json_object *tg_scef_check_body(tg_scef_schema_t schema, struct json_object *body, const char *base) {
  struct json_object *invalid = json_object_new_array();
  for (const struct member *member = SCHEMAS[schema]; member->name != NULL; member++) {
    const char *reason = test_member(member, body);
    if (reason != NULL) tg_scef_json_invalid(invalid, base, member->name, reason);
  }
  bool whole = schema == TG_SCEF_CONFIGURATION || schema == TG_SCEF_TRANSFER;
  if (whole && count_identities(body) != 1) {
    tg_scef_json_invalid(invalid, base, "externalId", "exactly one of externalId, msisdn, externalGroupId is required");
  }
  return invalid;
}

const char *tg_scef_check_identity(struct json_object *body) {
  const char *id = tg_scef_json_string(body, "externalId");
  if (id == NULL) id = tg_scef_json_string(body, "msisdn");
  if (id == NULL) id = tg_scef_json_string(body, "externalGroupId");
  return id;
}

bool tg_scef_check_is_identity(const char *id) {
  return is_external(id) || is_msisdn(id);
}

bool tg_scef_check_is_url(const char *url) {
  const char *host = strncmp(url, "http://", 7) == 0 ? url + 7 : strncmp(url, "https://", 8) == 0 ? url + 8 : NULL;
  if (host == NULL || *host == '\0' || strchr("/:?#@", *host) != NULL) return false;
  for (const char *p = host; *p != '\0'; p++) {
    if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f || strchr("\"<>\\^`{|}", *p) != NULL) return false;
  }
  return true;
}
