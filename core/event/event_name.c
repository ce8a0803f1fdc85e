/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/event: names of types, states and sources as topics, scripts and the command line show them; see event.h. */

#include "core/event/event.h"

const char *tg_event_type_name(tg_event_type_t type) {
  static const char *const names[TG_EVENT_TYPE_COUNT] = {
      [TG_EVENT_REGISTERED] = "registered",
      [TG_EVENT_UPDATED] = "updated",
      [TG_EVENT_DEREGISTERED] = "deregistered",
      [TG_EVENT_EXPIRED] = "expired",
      [TG_EVENT_AWAKE] = "awake",
      [TG_EVENT_ASLEEP] = "asleep",
      [TG_EVENT_RECORDS] = "records",
      [TG_EVENT_COMMAND] = "command",
      [TG_EVENT_OBSERVING] = "observing",
      [TG_EVENT_MODEL_MISSING] = "model_missing",
      [TG_EVENT_MOVED] = "moved",
      [TG_EVENT_REFUSED] = "refused",
      [TG_EVENT_GAP] = "gap",
  };
  return (unsigned)type < TG_EVENT_TYPE_COUNT ? names[type] : "unknown";
}

const char *tg_event_state_name(tg_command_state_t state) {
  static const char *const names[] = {
      [TG_COMMAND_WAITING] = "waiting", [TG_COMMAND_SENT] = "sent",         [TG_COMMAND_DONE] = "done",
      [TG_COMMAND_FAILED] = "failed",   [TG_COMMAND_EXPIRED] = "expired",   [TG_COMMAND_CANCELLED] = "cancelled",
      [TG_COMMAND_UNKNOWN] = "unknown", [TG_COMMAND_ACCEPTED] = "accepted",
  };
  return (unsigned)state < TG_COUNT(names) ? names[state] : "unknown";
}

const char *tg_event_source_name(tg_source_t source) {
  static const char *const names[] = {
      [TG_SOURCE_NOTIFY] = "notify",
      [TG_SOURCE_SEND] = "send",
      [TG_SOURCE_READ] = "read",
      [TG_SOURCE_DRIVER] = "driver",
  };
  return (unsigned)source < TG_COUNT(names) ? names[source] : "unknown";
}
