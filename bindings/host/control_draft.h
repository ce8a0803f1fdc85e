/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_DRAFT_H
#define TG_BINDINGS_HOST_CONTROL_DRAFT_H

/** From a JSON request of the control socket to a command. */

#include "bindings/host/control_state.h"
#include "core/server/trigger.h"

/** Most paths or values of one request. */
#define TG_CONTROL_DRAFT_MAX 32

/** A command while it is being made: what it borrows. Caller's memory, `{0}` to begin. */
typedef struct tg_control_draft {
  tg_command_t command;
  const tg_device_t *device; /* lent by the twin */
  tg_record_t records[TG_CONTROL_DRAFT_MAX];
  size_t record_count;
  tg_trigger_t trigger;
  tg_buf_t scratch;
  void *memory; /* of scratch; owned */
  char text[128];
  tg_diag_t diag; /* what is wrong, for people */
} tg_control_draft_t;

/** Reads @p request, and asks whether its device can do it. Errors of what is wrong with it, with draft->diag. Lent by @p request and @p draft. */
TG_MUST_CHECK tg_rc_t tg_control_draft_read(const tg_control_t *control, const tg_control_request_t *request,
                                            tg_control_draft_t *draft);

/** Frees what it holds. */
void tg_control_draft_fini(tg_control_draft_t *draft);

#endif
