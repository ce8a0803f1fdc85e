/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_REGISTRY_VALUE_H
#define TG_CORE_REGISTRY_VALUE_H

/** Typed values and records: the common currency of the program (LwM2M Core 1.1 Appendix C). */

#include "core/base/slice.h"
#include "core/registry/path.h"

typedef enum tg_type {
  TG_TYPE_NONE, /* no value: an executable resource, a name in a path list, SenML null */
  TG_TYPE_STRING,
  TG_TYPE_INTEGER,
  TG_TYPE_UNSIGNED,
  TG_TYPE_FLOAT,
  TG_TYPE_BOOLEAN,
  TG_TYPE_OPAQUE,
  TG_TYPE_TIME, /* Unix seconds */
  TG_TYPE_OBJLNK,
  TG_TYPE_CORELNK,
  TG_TYPE_COUNT
} tg_type_t;

/** An object link; 65535:65535 is the null link. */
typedef struct tg_objlnk {
  uint16_t oid;
  uint16_t iid;
} tg_objlnk_t;

/** One value. Bytes are borrowed from where the value came from. */
typedef struct tg_value {
  tg_type_t type;
  union {
    int64_t i;  /* INTEGER, TIME */
    uint64_t u; /* UNSIGNED */
    double f;
    bool b;
    tg_slice_t s; /* STRING, OPAQUE, CORELNK */
    tg_objlnk_t link;
  };
} tg_value_t;

/** Where a record's time comes from. */
typedef enum tg_time_source { TG_TIME_UNKNOWN, TG_TIME_RECEIVED, TG_TIME_DEVICE } tg_time_source_t;

/** A path, a typed value, a time. */
typedef struct tg_record {
  tg_path_t path;
  tg_value_t value;
  int64_t time_ms; /* Unix milliseconds; relative times are resolved when the message is received */
  tg_time_source_t time_source;
} tg_record_t;

/** The name scripts and files use: none string integer unsigned float boolean opaque time objlnk corelnk. Never NULL. */
const char *tg_value_type_name(tg_type_t type);

/** The type of @p name; TG_E_NOT_FOUND. */
TG_MUST_CHECK tg_rc_t tg_value_type_of(tg_slice_t name, tg_type_t *type);

/** Whether both have the same type and value (floats by value, NaN equal to NaN). */
bool tg_value_eq(const tg_value_t *a, const tg_value_t *b);

/**
 * Converts @p value to @p type where nothing is lost: integral float to integer, integer to unsigned, float, time or back, integer 0/1
 * to boolean, string to corelnk, `oid:iid` text to objlnk; the same type passes. TG_E_TYPE, TG_E_RANGE. Bytes stay borrowed.
 */
TG_MUST_CHECK tg_rc_t tg_value_convert(const tg_value_t *value, tg_type_t type, tg_value_t *out);

/** Reads `oid:iid`. TG_E_SYNTAX, TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_value_parse_objlnk(tg_slice_t text, tg_objlnk_t *link);

/** Appends the value as people read it: numbers plainly, true/false, text as it is, opaque as hexadecimal, times in ISO 8601, `oid:iid`. */
void tg_value_put_text(tg_buf_t *out, const tg_value_t *value);

#endif
