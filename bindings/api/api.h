/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_API_H
#define TG_BINDINGS_API_API_H

/**
 * The Lua face of the core, as its host sees it: script bundles are loaded, replaced, listed and unloaded here. Each bundle has a
 * Lua state, budgets and a nested uv loop of its own; what it hooked into the core is undone when it goes. One thread, the loop's.
 */

#include "core/base/embed.h"
#include "core/device/device.h"
#include "core/firmware/campaign.h"
#include "core/gateway/gateway_clock.h"
#include "core/mqtt/mqtt.h"
#include "core/server/server.h"

typedef struct tg_api tg_api_t;

/** Parts of the core that scripts reach; all kept until tg_api_free(). mqtt and store may be NULL: what needs them then fails with `state`. */
typedef struct tg_api_parts {
  tg_loop_t *loop;
  tg_twin_t *twin;
  tg_event_bus_t *events;
  tg_registry_t *registry;
  tg_store_t *store;
  tg_mqtt_t *mqtt;
  tg_coap_t *coap;         /* may be NULL: policies are told no addresses then */
  tg_firmware_t *firmware; /* may be NULL, as the campaigns */
  tg_campaigns_t *campaigns;
  const tg_gateway_clock_t *clock; /* may be NULL: times are believed then */
} tg_api_parts_t;

/** How an api is made. Strings are copied. */
typedef struct tg_api_config {
  const char *gateway_name; /* `tg.name()` */
  const char *scripts_dir;  /* where `require "x.y"` looks after the embedded scripts; NULL or "" = nowhere */
  bool refuses_on_error;    /* a device whose on_register() failed is turned away; else it is taken as it is */
} tg_api_config_t;

/** What a bundle may use up; 0 = the default. */
typedef struct tg_api_limits {
  size_t memory;         /* bytes, default 32 MiB */
  uint64_t instructions; /* per call, default 5,000,000 */
  uint32_t burst_ms;     /* wall time per call, default 50 */
} tg_api_limits_t;

/** One script bundle; borrowed for the call, copied. */
typedef struct tg_api_bundle {
  const char *name;   /* unique, `[A-Za-z0-9._-]+`; the same name again is a new generation */
  const char *file;   /* name for messages, such as `rules/my.lua` */
  tg_slice_t source;  /* Lua text (never bytecode) */
  tg_slice_t options; /* Lua data such as `{ port = 502 }`, handed to the script as `...` and to init(); empty = `{}` */
  const char *search; /* further folder for `require`, of a bundle that is a folder; NULL = none */
  tg_api_limits_t limits;
} tg_api_bundle_t;

/** Makes an api without bundles; NULL without memory. */
tg_api_t *tg_api_new(const tg_api_config_t *config);

/** Gives it the parts of the core; bundles can be loaded from then on. Not NULL: loop, twin, events, registry. */
void tg_api_attach(tg_api_t *api, const tg_api_parts_t *parts);

/** Unloads all bundles in reverse order of loading (deinit, hooks undone, nested loops drained) and frees. Before the parts go. NULL is allowed. */
void tg_api_free(tg_api_t *api);

/**
 * Loads and starts a bundle. One of the same name that runs is replaced: the new one is loaded and initialised first, then the old
 * one's deinit is called and its hooks are undone. On an error the old one runs on as if nothing had happened.
 * @return TG_OK; TG_E_SCRIPT (load or run-time error), TG_E_BUDGET, TG_E_NOMEM, TG_E_ARG, TG_E_STATE before tg_api_attach(), with @p diag naming file, line and why
 */
TG_MUST_CHECK tg_rc_t tg_api_load(tg_api_t *api, const tg_api_bundle_t *bundle, tg_diag_t *diag);

/** Stops and removes a bundle: deinit, hooks undone. TG_E_NOT_FOUND. */
TG_MUST_CHECK tg_rc_t tg_api_unload(tg_api_t *api, const char *name);

typedef enum tg_api_state {
  TG_API_RUNNING,
  TG_API_DISABLED /* five failures in a row, and no older generation to return to; tg_api_load() starts it again */
} tg_api_state_t;

/** What is known of a bundle; lent for the call. */
typedef struct tg_api_status {
  const char *name;
  const char *file;
  const char *version; /* as the script says, "" when it doesn't */
  uint32_t generation; /* 1 = as first loaded */
  tg_api_state_t state;
  uint64_t calls;             /* C into Lua */
  uint64_t errors;            /* of them, failed */
  uint64_t overruns;          /* of those, over budget */
  uint64_t over_instructions; /* of these, by instructions; the others took too long */
  uint64_t over_memory;       /* of the errors, by the cap of memory */
  uint64_t published;
  uint32_t failures_in_row;
  size_t memory; /* bytes now */
  size_t memory_peak;
  size_t handles;         /* of uv, open; each of these is bounded (uv_call.h, vm_call.c) */
  size_t sockets;         /* of them, with a descriptor: sockets, pipes, watches, children */
  size_t requests;        /* of uv, under way */
  size_t tasks;           /* that wait */
  const char *last_error; /* "" when none */
} tg_api_status_t;

/** Walks the bundles in order of loading; return false to stop. */
void tg_api_each(const tg_api_t *api, bool (*fn)(void *ud, const tg_api_status_t *status), void *ud);

/** Seam function for tg_mqtt_config_t.on_message; @p ud is the api. Safe before tg_api_attach(). */
void tg_api_on_mqtt_message(void *ud, const tg_mqtt_incoming_t *message);

/** Seam function for tg_mqtt_config_t.on_state; @p ud is the api. */
void tg_api_on_mqtt_state(void *ud, size_t broker, bool connected, const char *why);

/** Seam function for tg_server_config_t.admit; @p ud is the api. Asks each bundle's on_register() in order of loading: the first that refuses decides, of names, formats and observations the last, tags add up. Safe before tg_api_attach(). TG_OK; TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_api_on_register(void *ud, const tg_server_candidate_t *candidate,
                                         tg_server_decision_t *decision);

/** Appends every function that `require "tidegate"` gives, as `tg.area.name`, sorted, one a line. Needs no tg_api_t. TG_E_SCRIPT, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_api_dump(tg_buf_t *out);

/**
 * Reads one object definition file (objects/README.md: one definition or a list) in an empty environment and adds what it defines.
 * @return TG_OK; TG_E_SYNTAX, TG_E_TYPE, TG_E_RANGE, TG_E_DUPLICATE, TG_E_BUDGET, TG_E_NOMEM with @p diag (file, line where known, what)
 */
TG_MUST_CHECK tg_rc_t tg_api_objects_load(tg_registry_t *registry, const char *file, tg_slice_t source,
                                          tg_diag_t *diag);

/** The scripts and object definitions in the program: `scripts/…`, `objects/…`, ended by a row without a name. */
extern const tg_embedded_file_t tg_embedded_scripts[];

/** The embedded file called @p name, or NULL. */
const tg_embedded_file_t *tg_api_embedded(const char *name);

#endif
