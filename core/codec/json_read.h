/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_JSON_READ_H
#define TG_CORE_CODEC_JSON_READ_H

/**
 * Reads whole JSON documents (T8, commands, control requests) through json-c, with the rules of this house: UTF-8, depth at most 16,
 * duplicate names refused, 1 and 1.0 kept apart, int64 and uint64 exact. Not for SenML, which has its own reader.
 */

#include "core/base/diag.h"
#include "core/base/rc.h"
#include "core/base/slice.h"

typedef struct tg_json tg_json_t; /* a document */
typedef struct json_object
    tg_json_node_t; /* a node in it, lent as long as the document; NULL is JSON null or "not there" */

typedef enum tg_json_kind {
  TG_JSON_NULL,
  TG_JSON_BOOL,
  TG_JSON_INT,
  TG_JSON_UINT,
  TG_JSON_DOUBLE,
  TG_JSON_STRING,
  TG_JSON_ARRAY,
  TG_JSON_OBJECT
} tg_json_kind_t;

/** Parses @p text (up to @p max bytes). TG_E_SYNTAX, TG_E_TOO_LONG, TG_E_DUPLICATE, TG_E_ENCODING, TG_E_RANGE (a number) with the offset in @p diag (may be NULL). Free with tg_json_read_free(). */
TG_MUST_CHECK tg_rc_t tg_json_read(tg_slice_t text, size_t max, tg_diag_t *diag, tg_json_t **doc);

/** Frees a document and all its nodes; NULL is allowed. */
void tg_json_read_free(tg_json_t *doc);

/** The top node. */
const tg_json_node_t *tg_json_read_root(const tg_json_t *doc);

/** What a node is; UINT only for integers above INT64_MAX. */
tg_json_kind_t tg_json_read_kind(const tg_json_node_t *node);

/** Member @p name of an object; NULL when absent, null, or @p node is no object. */
const tg_json_node_t *tg_json_read_get(const tg_json_node_t *node, const char *name);

/** Number of elements or members; 0 for anything else. */
size_t tg_json_read_count(const tg_json_node_t *node);

/** Element @p index of an array, or NULL. */
const tg_json_node_t *tg_json_read_at(const tg_json_node_t *node, size_t index);

/** A string's bytes; the empty slice for anything else. */
tg_slice_t tg_json_read_str(const tg_json_node_t *node);

/** An integer; TG_E_TYPE, TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_json_read_int(const tg_json_node_t *node, int64_t *value);

/** An integer that is not negative; TG_E_TYPE, TG_E_RANGE. */
TG_MUST_CHECK tg_rc_t tg_json_read_uint(const tg_json_node_t *node, uint64_t *value);

/** Any number as a double; TG_E_TYPE. */
TG_MUST_CHECK tg_rc_t tg_json_read_double(const tg_json_node_t *node, double *value);

/** true or false; TG_E_TYPE. */
TG_MUST_CHECK tg_rc_t tg_json_read_bool(const tg_json_node_t *node, bool *value);

/** Walks an object's members in order; return false to stop. */
void tg_json_read_each(const tg_json_node_t *node, bool (*fn)(void *ud, tg_slice_t name, const tg_json_node_t *value),
                       void *ud);

#endif
