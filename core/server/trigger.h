/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_SERVER_TRIGGER_H
#define TG_CORE_SERVER_TRIGGER_H

/** What people ask a device by name about its account at this server, object 1, as commands (lwm2m.md 3, 4.3). */

#include "core/base/diag.h"
#include "core/device/device.h"

typedef enum tg_trigger_kind {
  TG_TRIGGER_UPDATE,    /* `trigger`: Execute /1/x/8, with a transport letter to come over that one */
  TG_TRIGGER_DISABLE,   /* `disable`: Execute /1/x/4, after a Write of /1/x/5 where seconds are given */
  TG_TRIGGER_BOOTSTRAP, /* `bootstrap`: Execute /1/x/9 */
  TG_TRIGGER_PREFER,    /* `prefer`: Write /1/x/22, a transport letter */
  TG_TRIGGER_MUTE,      /* `mute`: Write /1/x/23 */
  TG_TRIGGER_COUNT
} tg_trigger_kind_t;

/** What is asked; caller's memory. The last two members are filled by tg_trigger_fill(). */
typedef struct tg_trigger {
  tg_trigger_kind_t kind;
  int32_t instance; /* of object 1; -1: the first that the device announced */
  char transport;   /* UPDATE: 0 = where it is; PREFER: one of U T S N M H */
  uint32_t seconds; /* DISABLE: for how long; 0 = as the device is set */
  bool on;          /* MUTE */
  tg_record_t record;
  char text[8];
} tg_trigger_t;

/** Its name: `trigger`, `disable` … */
const char *tg_trigger_name(tg_trigger_kind_t kind);

/** The kind called @p name; TG_E_NOT_FOUND. */
TG_MUST_CHECK tg_rc_t tg_trigger_of(tg_slice_t name, tg_trigger_kind_t *kind);

/** The letter in @p text: one character, upper or lower case. TG_E_ARG. */
TG_MUST_CHECK tg_rc_t tg_trigger_letter(tg_slice_t text, char *letter);

/**
 * Sets device, op, path, text and records of @p command, whose other members stay; it borrows from @p trigger until it is submitted.
 * @return TG_OK; TG_E_NOT_FOUND where the device has no such instance of object 1; TG_E_UNSUPPORTED where it is no LwM2M device, or too old; TG_E_ARG;
 *         with a sentence in @p diag
 */
TG_MUST_CHECK tg_rc_t tg_trigger_fill(tg_trigger_t *trigger, const tg_device_t *device, tg_command_t *command,
                                      tg_diag_t *diag);

/** @p command went out: where it asks its device to another transport, the device may come over it for ten minutes. */
void tg_trigger_sent(tg_twin_t *twin, const tg_command_t *command, uint64_t now_ms);

/** The device refused the command @p id, which has not ended yet: what tg_trigger_sent() opened is closed. */
void tg_trigger_refused(tg_twin_t *twin, tg_id_t id);

#endif
