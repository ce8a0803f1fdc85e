/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_REPLY_H
#define TG_BINDINGS_HOST_CONTROL_REPLY_H

/** One line of an answer: a JSON object, the asker's id first, `"end":true` in the last line of an answer. */

#include "bindings/host/control_conn.h"
#include "core/codec/json_write.h"
#include "core/registry/registry.h"

/** Longest id of a request. */
#define TG_CONTROL_TAG_MAX 64

/** The asker's own id of a request, echoed in every line of the answer. */
typedef struct tg_control_tag {
  uint8_t len;
  uint8_t b[TG_CONTROL_TAG_MAX];
} tg_control_tag_t;

/** Caller's memory; members are written through json. */
typedef struct tg_control_reply {
  tg_buf_t line;
  tg_json_out_t json;
} tg_control_reply_t;

/** Begins a line; @p tag may be NULL or empty. */
void tg_control_reply_begin(tg_control_reply_t *reply, const tg_control_tag_t *tag);

/** A text member. */
void tg_control_reply_str(tg_control_reply_t *reply, const char *key, tg_slice_t text);

/** A text member of a C string. */
void tg_control_reply_text(tg_control_reply_t *reply, const char *key, const char *text);

/** A number member. */
void tg_control_reply_int(tg_control_reply_t *reply, const char *key, int64_t value);

/** A member that is true or false. */
void tg_control_reply_bool(tg_control_reply_t *reply, const char *key, bool value);

/** Members `path`, `value`, `type`, and where @p model (may be NULL) knows them `name` and `unit`; what is sensitive has no value but `"hidden":true`. */
void tg_control_reply_record(tg_control_reply_t *reply, const tg_model_t *model, const tg_record_t *record);

/** Closes the object; the line, with its newline, lent until fini. Empty when it did not fit into memory. */
tg_slice_t tg_control_reply_line(tg_control_reply_t *reply, bool last);

/** Frees the line. */
void tg_control_reply_fini(tg_control_reply_t *reply);

/** Closes the object, sends the line to @p conn, frees it. */
void tg_control_reply_send(tg_control_reply_t *reply, tg_control_conn_t *conn, bool last);

/** The last line of an answer that says what went wrong. */
void tg_control_reply_error(tg_control_conn_t *conn, const tg_control_tag_t *tag, tg_rc_t rc, const char *message);

#endif
