/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_API_STATE_H
#define TG_BINDINGS_API_API_STATE_H

/** The inside of the api, for the files of this folder only: bundles and what each of them runs on. */

#include "bindings/api/api.h"
#include "bindings/api/bundle_loop.h"
#include "bindings/vm/vm_call.h"
#include "bindings/vm/vm_undo.h"
#include "core/base/log.h"

/** Failures in a row after which a bundle is replaced or disabled, and objects whose records it may want one by one. */
enum { TG_BUNDLE_FAILURES_MAX = 5, TG_BUNDLE_WANTED_MAX = 64, TG_BUNDLE_STREAKS_MAX = 32 };

/** What enters a script besides the events of the bus, behind their types: events of other places (the two that tg_bundle_handlers_t.kinds knows too), then the rest. These are marks (vm_mark.h); functions of scripts have marks of their own. */
enum {
  TG_BUNDLE_KIND_FIRMWARE = TG_EVENT_TYPE_COUNT,
  TG_BUNDLE_KIND_CAMPAIGN,
  TG_BUNDLE_KIND_MQTT_STATE,
  TG_BUNDLE_KIND_REGISTER,
  TG_BUNDLE_KIND_START /* the script itself and its init() */
};

/** Failures in a row of one that does not do well. */
typedef struct tg_bundle_streak {
  tg_vm_mark_t mark;
  uint32_t count;
} tg_bundle_streak_t;

/** What a bundle is made of, owned: enough to make it again. */
typedef struct tg_bundle_source {
  char *name;
  char *file;
  char *search; /* NULL = none */
  char *text;
  size_t text_len;
  char *options;
  size_t options_len;
  tg_api_limits_t limits;
} tg_bundle_source_t;

/** What C calls of a running script: registry references, LUA_NOREF where it has none. */
typedef struct tg_bundle_handlers {
  int on_records;
  int on_event;
  int on_mqtt_state;
  int on_register;
  int stop;
  int save;
  int restore;
  uint32_t kinds; /* 1 << tg_event_type_t (or TG_BUNDLE_KIND_…) that on_event wants */
} tg_bundle_handlers_t;

/** A script bundle. What of it runs ends with its generation; name and counters stay. */
typedef struct tg_bundle {
  struct tg_bundle *next; /* in order of loading */
  tg_api_t *api;
  tg_bundle_source_t source;
  tg_bundle_source_t good; /* of the last generation that ran well; name NULL = none */

  tg_vm_t *vm; /* NULL when disabled */
  tg_bundle_loop_t *loop;
  tg_bundle_handlers_t on;
  bool has_policy; /* it has an on_register(), or had one when it last ran */
  int devices;     /* registry: weak table, id -> userdata */
  bool wants_all;
  uint16_t wanted_count;
  uint16_t wanted[TG_BUNDLE_WANTED_MAX]; /* object ids, ascending */

  char version[32];
  uint32_t generation;
  uint32_t
      failures_in_row; /* the most of any function of the script's: what does well elsewhere does not excuse what never does */
  tg_bundle_streak_t streaks[TG_BUNDLE_STREAKS_MAX];
  uint32_t streak_count;
  uint32_t trying;       /* calls in a row that the rule at work has not ended well, as bridge.lua has counted them */
  bool is_failing;       /* the last call failed */
  tg_vm_task_t starting; /* init() is suspended; 0 when it has ended */
  bool has_failed;       /* the call that runs has told a failure of its own, or of what it began, */
  bool has_counted;      /* and that is counted as the call's */
  bool is_starved;       /* and the system had no memory for it */
  tg_vm_stats_t before;  /* of earlier generations, added up */
  uint64_t failures;     /* told by tg_bundle_fail(), which are no errors of the vm */
  uint64_t published;
  char last_error[256];
  tg_log_limit_t limit; /* of errors in the log */
  tg_log_limit_t said;  /* of what the script writes there itself */
} tg_bundle_t;

/** A subscription of a bundle's. */
typedef struct tg_mqtt_sub {
  struct tg_mqtt_sub *next;
  tg_bundle_t *bundle;
  size_t broker;
  uint8_t qos;
  int fn; /* registry */
  tg_vm_undo_t undo;
  size_t filter_len;
  uint8_t filter[];
} tg_mqtt_sub_t;

struct tg_api {
  tg_api_parts_t parts;
  char *gateway_name;
  char *scripts_dir;
  bool refuses_on_error;          /* a Register that a policy could not decide about */
  struct tg_on_register *decided; /* what the last decision is made of; NULL until there is one */
  bool is_attached;
  tg_bundle_t *first;
  tg_bundle_t *coming;      /* new generations that wait in their init(); until they are ready the old ones run on */
  tg_bundle_loop_t *ending; /* loops whose script is gone but which have requests under way */
  tg_mqtt_sub_t *subs;
  tg_mqtt_sub_t *next_sub; /* of the walk that runs: a script may end subscriptions meanwhile */
  tg_timer_t mend;         /* looks after bundles that fail again and again, outside their calls */
};

/** The bundle whose code runs in @p L. */
static inline tg_bundle_t *tg_bundle_of(lua_State *L) {
  return tg_vm_ud(tg_vm_of(L));
}

#endif
