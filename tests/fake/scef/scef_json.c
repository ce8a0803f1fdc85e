/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: JSON habits. See scef_json.h. */

#include "tests/fake/scef/scef_json.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fake/scef/scef_text.h"

enum { DEPTH = 16 };

struct json_object *tg_scef_json_parse(const char *text, size_t len) {
  if (len == 0 || len > INT_MAX) return NULL;
  struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
  if (tokener == NULL) return NULL;
  json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
  struct json_object *value = json_tokener_parse_ex(tokener, text, (int)len);
  enum json_tokener_error error = json_tokener_get_error(tokener);
  size_t used = json_tokener_get_parse_end(tokener);
  json_tokener_free(tokener);
  while (used < len && (text[used] == ' ' || text[used] == '\n' || text[used] == '\r' || text[used] == '\t')) used++;
  if (error == json_tokener_success && used == len) return value;
  json_object_put(value);
  return NULL;
}

const char *tg_scef_json_string(struct json_object *object, const char *name) {
  struct json_object *value = json_object_object_get(object, name);
  return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

int64_t tg_scef_json_int(struct json_object *object, const char *name, int64_t otherwise) {
  struct json_object *value = json_object_object_get(object, name);
  return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : otherwise;
}

struct json_object *tg_scef_json_copy(struct json_object *value) {
  struct json_object *copy = NULL;
  if (value != NULL && json_object_deep_copy(value, &copy, NULL) != 0) abort(); /* only when memory is out */
  return copy;
}

void tg_scef_json_put(struct json_object *object, const char *name, const char *text) {
  json_object_object_add(object, name, json_object_new_string(text));
}

void tg_scef_json_invalid(struct json_object *invalid, const char *base, const char *name, const char *reason) {
  char *param = tg_scef_text_format("%s/%s", base, name);
  struct json_object *entry = json_object_new_object();
  tg_scef_json_put(entry, "param", param);
  tg_scef_json_put(entry, "reason", reason);
  json_object_array_add(invalid, entry);
  free(param);
}

const char *tg_scef_json_text(struct json_object *value) {
  return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
