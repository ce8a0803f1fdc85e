/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_JSON_WRITE_H
#define TG_CORE_CODEC_JSON_WRITE_H

/** Writes compact JSON (RFC 8259) front to back; commas and escapes are its business. Errors are sticky in the buffer. */

#include "core/base/buf.h"
#include "core/registry/value.h"

/** Caller's memory. */
typedef struct tg_json_out {
  tg_buf_t *out;
  bool comma; /* the next thing needs a comma before it */
} tg_json_out_t;

/** Begins to write at the end of @p out (kept). */
void tg_json_write_begin(tg_json_out_t *json, tg_buf_t *out);

/** Opens an object or array: '{' or '['. */
void tg_json_write_open(tg_json_out_t *json, char bracket);

/** Closes one: '}' or ']'. */
void tg_json_write_close(tg_json_out_t *json, char bracket);

/** A member's name; its value must follow. */
void tg_json_write_key(tg_json_out_t *json, const char *key);

/** A string. Bytes that are not UTF-8 are replaced by U+FFFD. */
void tg_json_write_str(tg_json_out_t *json, tg_slice_t text);

/** A signed integer. */
void tg_json_write_int(tg_json_out_t *json, int64_t value);

/** An unsigned integer. */
void tg_json_write_uint(tg_json_out_t *json, uint64_t value);

/** A number that reads back as the same double; `1.0` keeps its fraction; not finite becomes null. */
void tg_json_write_double(tg_json_out_t *json, double value);

/** The member @p key with milliseconds as seconds: whole ones as an integer, others with three digits (a float would show its rounding). */
void tg_json_write_seconds(tg_json_out_t *json, const char *key, int64_t ms);

/** true or false. */
void tg_json_write_bool(tg_json_out_t *json, bool value);

/** null. */
void tg_json_write_null(tg_json_out_t *json);

/** A value of the twin: numbers, booleans and strings plainly; opaque as {"base64": …}; objlnk as "oid:iid"; time as Unix seconds; none as null. */
void tg_json_write_value(tg_json_out_t *json, const tg_value_t *value);

#endif
