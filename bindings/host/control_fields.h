/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_FIELDS_H
#define TG_BINDINGS_HOST_CONTROL_FIELDS_H

/** Members of a request, checked: what is wrong with the first bad one is kept as a sentence. For control_*.c only. */

#include "bindings/host/control_state.h"

/** Caller's memory. */
typedef struct tg_control_fields {
  const tg_json_node_t *body;
  tg_rc_t rc; /* TG_OK, or the first error */
  char why[160];
} tg_control_fields_t;

/** Begins to read @p request (borrowed as long as the fields are read). */
void tg_control_fields_init(tg_control_fields_t *fields, const tg_control_request_t *request);

/** Text member @p name; the empty text where it is missing, an error where it is no text. */
tg_slice_t tg_control_fields_text(tg_control_fields_t *fields, const char *name);

/** The same, that must be there. */
tg_slice_t tg_control_fields_need(tg_control_fields_t *fields, const char *name);

/** The same into @p out (@p cap bytes) as a C string. */
const char *tg_control_fields_cstr(tg_control_fields_t *fields, const char *name, char *out, size_t cap);

/** Integer member @p name from @p least to @p most; @p otherwise where it is missing. */
int64_t tg_control_fields_int(tg_control_fields_t *fields, const char *name, int64_t least, int64_t most,
                              int64_t otherwise);

/** Member @p name that is true or false; false where it is missing. */
bool tg_control_fields_bool(tg_control_fields_t *fields, const char *name);

/** Member `method`: how an image travels; AUTO where it is missing. */
tg_fw_method_t tg_control_fields_method(tg_control_fields_t *fields);

/** Sets an error that the caller found, unless there is one already. */
void tg_control_fields_fail(tg_control_fields_t *fields, tg_rc_t rc, const char *why);

/** Where there is an error: tells the asker. @return whether there was one */
bool tg_control_fields_refused(const tg_control_fields_t *fields, const tg_control_request_t *request);

#endif
