/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_API_API_HARNESS_H
#define TG_TESTS_UNIT_API_API_HARNESS_H

/**
 * The Lua face on a real loop with a twin, an event bus, a registry and a store; real brokers where a test asks for them. Devices
 * are made up, and what they are asked is written down. What scripts print and log is kept as text.
 */

#include "bindings/api/api.h"
#include "tests/unit/check.h"

enum { API_HARNESS_WAIT_MS = 20000, API_HARNESS_BROKERS = 2 };

typedef struct api_harness {
  tg_loop_t *loop;
  tg_event_bus_t *events;
  tg_registry_t *registry;
  tg_twin_t *twin;
  tg_store_t *store;
  tg_mqtt_t *mqtt;
  tg_api_t *api;
  tg_random_seeded_t random;
  tg_diag_t diag;   /* of the last load */
  uint64_t turns;   /* in which something happened */
  char scripts[64]; /* a folder for `require`, "" = none */

  tg_rc_t start_rc; /* what the devices' backend answers at once */
  size_t started;
  size_t cancelled;
  tg_command_t asked; /* the last command started, without its slices */
  char question[512]; /* and as text: `write /3303/0/5601=7 tag=t` */

  bool has_said;
  char said[8192]; /* what scripts printed, joined by `; ` */
  char out[8192];
  char log[16384]; /* warnings and errors of the areas script and driver, one a line */
  char error[256]; /* last_error of the last api_harness_status() */
} api_harness_t;

/** Opens everything, without a broker; the store is in memory. */
void api_harness_open(api_harness_t *h);

/** The same with a store at @p path, the folder of scripts @p scripts (both may be NULL) and @p count brokers called `main` and `second` on loopback ports. */
void api_harness_open_with(api_harness_t *h, const char *path, const char *scripts, const uint16_t *ports,
                           size_t count);

/** Puts a fresh api in place of the one there is: without brokers and without a store. Scripts are gone. */
void api_harness_bare(api_harness_t *h);

/** Unloads all scripts and frees everything. */
void api_harness_close(api_harness_t *h);

/** Loads @p source as bundle @p name from the file `NAME.lua`; what is wrong is in h->diag. */
tg_rc_t api_harness_try(api_harness_t *h, const char *name, const char *source);

/** The same with everything that a bundle may have. */
tg_rc_t api_harness_try_bundle(api_harness_t *h, const tg_api_bundle_t *bundle);

/** The same; fails the test unless it loads. */
void api_harness_load(api_harness_t *h, const char *name, const char *source);

/** Unloads @p name, which must be there. */
void api_harness_unload(api_harness_t *h, const char *name);

/** Runs @p code as a script of its own, in which `tg` is known and say(…) prints what tostring() makes of each value; @return what it said, or what went wrong. Lent until the next call. */
const char *api_harness_eval(api_harness_t *h, const char *code);

/** What was said since the last call. Lent until the next. */
const char *api_harness_said(api_harness_t *h);

/** Drains events and turns the loop until nothing is left to do at once. */
void api_harness_settle(api_harness_t *h);

/** Turns the loop until scripts have said @p text (as a part); fails the test after 20 s. */
void api_harness_wait_said(api_harness_t *h, const char *text);

/** Turns the loop for @p ms. */
void api_harness_pass(api_harness_t *h, unsigned ms);

/** The status of bundle @p name, which must be there; its strings are lent until the next call. */
tg_api_status_t api_harness_status(api_harness_t *h, const char *name);

/** A device with /3/0, /3303/0 and /3303/1 comes online. */
tg_id_t api_harness_device(api_harness_t *h, const char *ep);

/** A LwM2M device of @p version with /1/0, /1/2, /3/0 and /3303/0 comes online: what it is asked is judged before. */
tg_id_t api_harness_lwm2m(api_harness_t *h, const char *ep, tg_version_t version);

/** It reports one value. */
void api_harness_put(api_harness_t *h, tg_id_t device, const char *path, tg_value_t value);

/** A device answers what it was asked last. */
void api_harness_answer(api_harness_t *h, const tg_command_result_t *result);

/** It answers with success: code 2.04, or @p count records (2.05). */
void api_harness_answer_records(api_harness_t *h, const tg_record_t *records, size_t count);

/** Emits @p event and lets it arrive. */
void api_harness_emit(api_harness_t *h, const tg_event_t *event);

/** Fails unless scripts have said exactly @p want since the last look. */
#define check_said(h, want) check_bytes_at(tg_slice_str(api_harness_said(h)), tg_slice_str(want), __FILE__, __LINE__)

/** Fails unless @p text contains @p part. */
#define check_has(text, part) check_has_at((text), (part), __FILE__, __LINE__)
void check_has_at(const char *text, const char *part, const char *file, int line);

/** A row of a table of things to evaluate and what they say. */
typedef struct api_harness_row {
  const char *code;
  const char *says;
} api_harness_row_t;

/** Evaluates every row; fails unless each says exactly what it should. */
void api_harness_check_rows(api_harness_t *h, const api_harness_row_t *rows, size_t count);

/** The same where each must only contain it: for messages of errors. */
void api_harness_check_parts(api_harness_t *h, const api_harness_row_t *rows, size_t count);

/** The backend of the devices. */
extern const tg_backend_ops_t api_harness_backend;

#endif
