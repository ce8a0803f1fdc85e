/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_JSON_H
#define TG_TESTS_FAKE_SCEF_JSON_H

/** json-c with the few habits the fake SCEF needs: strict parsing, short getters, InvalidParam entries. */

#include <stddef.h>
#include <stdint.h>

struct json_object;

/** Parses exactly one JSON value (RFC 8259, UTF-8, nothing behind it); the caller takes it. NULL where it is broken. */
struct json_object *tg_scef_json_parse(const char *text, size_t len);

/** A string member of an object (both borrowed). @return lent until the object changes, or NULL */
const char *tg_scef_json_string(struct json_object *object, const char *name);

/** An integer member, or @p otherwise where it is absent or no integer. */
int64_t tg_scef_json_int(struct json_object *object, const char *name, int64_t otherwise);

/** A deep copy; the caller takes it. NULL copies to NULL. */
struct json_object *tg_scef_json_copy(struct json_object *value);

/** Puts a string member (copied). */
void tg_scef_json_put(struct json_object *object, const char *name, const char *text);

/** Adds `{"param": base/name, "reason": …}` (TS 29.122 InvalidParam) to an array; all texts are copied. */
void tg_scef_json_invalid(struct json_object *invalid, const char *base, const char *name, const char *reason);

/** The value as compact text; lent until the value changes. */
const char *tg_scef_json_text(struct json_object *value);

#endif
