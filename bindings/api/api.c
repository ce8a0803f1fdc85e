/* SPDX-License-Identifier: Apache-2.0 */
/* Which bundles there are: loaded, replaced, mended, unloaded. Called by bindings/host; what happens inside one is in bundle.c. See api.h. */

#include "bindings/api/api.h"

#include "bindings/api/bundle.h"
#include "bindings/api/on_event.h"
#include "bindings/api/on_firmware.h"
#include "core/base/alloc.h"

enum { SETTLE_MS = 2000, NAME_MAX_LEN = 64 };

static void on_mend(tg_timer_t *timer, void *ud);

tg_api_t *tg_api_new(const tg_api_config_t *config) {
  tg_api_t *api = tg_alloc_array(1, sizeof *api);
  if (!api) return NULL;
  api->gateway_name = tg_alloc_str(tg_slice_str(config->gateway_name));
  api->scripts_dir = tg_alloc_str(tg_slice_str(config->scripts_dir));
  api->refuses_on_error = config->refuses_on_error;
  api->mend.fn = on_mend;
  api->mend.ud = api;
  if (api->gateway_name && api->scripts_dir) return api;
  tg_api_free(api);
  return NULL;
}

void tg_api_attach(tg_api_t *api, const tg_api_parts_t *parts) {
  api->parts = *parts;
  uint32_t all = (1U << TG_EVENT_TYPE_COUNT) - 1;
  api->is_attached = tg_event_subscribe(parts->events, all, tg_on_event, api) == TG_OK;
  if (!api->is_attached) tg_log("script", TG_LOG_ERROR, "not_attached why=\"too many subscribers\"");
  tg_on_firmware_open(api);
}

/* Frees the first of the coming ones, or only that of the name. */
static bool drop_coming(tg_api_t *api, const char *name) {
  tg_bundle_t **at = &api->coming;
  while (*at && name && strcmp((*at)->source.name, name) != 0) at = &(*at)->next;
  tg_bundle_t *bundle = *at;
  if (!bundle) return false;
  *at = bundle->next;
  tg_bundle_free(bundle);
  return true;
}

void tg_api_free(tg_api_t *api) {
  if (!api) return;
  while (drop_coming(api, NULL)) continue;
  while (api->first) {
    tg_bundle_t **last = &api->first;
    while ((*last)->next) last = &(*last)->next;
    tg_bundle_t *bundle = *last;
    *last = NULL;
    tg_bundle_free(bundle);
  }
  if (api->is_attached) {
    tg_event_unsubscribe(api->parts.events, tg_on_event, api);
    tg_on_firmware_close(api);
    tg_wheel_del(tg_loop_wheel(api->parts.loop), &api->mend);
    tg_bundle_loop_settle(&api->ending, SETTLE_MS);
  }
  tg_alloc_free(api->gateway_name);
  tg_alloc_free(api->scripts_dir);
  tg_alloc_free(api->decided);
  tg_alloc_free(api);
}

/* Where @p name is, or where a new one belongs. */
static tg_bundle_t **place_of(tg_api_t *api, const char *name) {
  tg_bundle_t **at = &api->first;
  while (*at && strcmp((*at)->source.name, name) != 0) at = &(*at)->next;
  return at;
}

static bool is_name(const char *name) {
  size_t len = strlen(name);
  return len >= 1 && len <= NAME_MAX_LEN &&
         strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

/* The old generation ends. The new one has its history; its text is what to return to, if it did well. */
static void succeed(tg_bundle_t *bundle, tg_bundle_t *old) {
  bool did_well = old->vm && !old->is_failing && old->failures_in_row < TG_BUNDLE_FAILURES_MAX;
  tg_bundle_hand_over(old, bundle);
  tg_bundle_stop(old);
  tg_bundle_catch_up(bundle);
  bundle->generation = old->generation + 1;
  bundle->before = old->before;
  bundle->failures = old->failures;
  bundle->published += old->published;
  tg_bundle_source_t *good = did_well ? &old->source : &old->good;
  bundle->good = *good;
  *good = (tg_bundle_source_t){0};
  tg_bundle_free(old);
}

/* Puts a bundle among those that run, where the one before it was. */
static void put(tg_api_t *api, tg_bundle_t *bundle) {
  tg_bundle_t **place = place_of(api, bundle->source.name);
  tg_bundle_t *old = *place;
  bundle->next = old ? old->next : NULL;
  *place = bundle;
  if (old) succeed(bundle, old);
}

/* Takes @p source. What waits in its init() takes over when it is ready: nothing that happens meanwhile must pass unheard. */
static tg_rc_t load(tg_api_t *api, tg_bundle_source_t *source, tg_diag_t *diag, tg_bundle_t **bundle) {
  tg_rc_t rc = tg_bundle_start(api, source, diag, bundle);
  if (rc != TG_OK) return rc;
  const char *name = (*bundle)->source.name;
  (void)drop_coming(api, name);
  const tg_bundle_t *old = *place_of(api, name);
  if (old && old->vm && (*bundle)->starting) {
    (*bundle)->next = api->coming;
    api->coming = *bundle;
  } else {
    put(api, *bundle);
  }
  return TG_OK;
}

/* The new one failed while it waited: the old one runs on and shows why. */
static void give_up(tg_bundle_t *old, tg_bundle_t *bundle) {
  tg_log("script", TG_LOG_ERROR, "not_replaced script=%s", bundle->source.name);
  if (old) memcpy(old->last_error, bundle->last_error, sizeof old->last_error);
  tg_bundle_free(bundle);
}

/* Those that have come take their places; those that failed on the way go, and the ones before them stay. */
static void settle_coming(tg_api_t *api) {
  for (tg_bundle_t **at = &api->coming; *at;) {
    tg_bundle_t *bundle = *at;
    bool has_failed = bundle->failures_in_row >= TG_BUNDLE_FAILURES_MAX;
    if (bundle->starting && !has_failed) {
      at = &bundle->next;
      continue;
    }
    *at = bundle->next;
    if (has_failed) give_up(*place_of(api, bundle->source.name), bundle);
    else put(api, bundle);
  }
}

tg_rc_t tg_api_load(tg_api_t *api, const tg_api_bundle_t *given, tg_diag_t *diag) {
  tg_diag_t own;
  if (!diag) diag = &own;
  *diag = (tg_diag_t){0};
  tg_diag_set(diag, given->file, 0, "scripts can't be loaded yet");
  if (!api->is_attached) return TG_E_STATE;
  tg_diag_set(diag, given->file, 0, "a script's name has 1 to 64 letters, digits, dots, dashes and underscores");
  if (!is_name(given->name)) return TG_E_ARG;
  tg_bundle_source_t source;
  tg_diag_set(diag, given->file, 0, "%s", tg_rc_text(TG_E_NOMEM));
  if (tg_bundle_source_copy(given, &source) != TG_OK) return TG_E_NOMEM;
  tg_bundle_t *bundle;
  return load(api, &source, diag, &bundle);
}

tg_rc_t tg_api_unload(tg_api_t *api, const char *name) {
  tg_bundle_t **place = place_of(api, name);
  tg_bundle_t *bundle = *place;
  if (!bundle) return TG_E_NOT_FOUND;
  *place = bundle->next;
  tg_bundle_free(bundle);
  (void)drop_coming(api, name);
  return TG_OK;
}

/* One that fails again and again goes back to what ran well before, once; without that it ends. */
static void mend(tg_api_t *api, tg_bundle_t *bundle) {
  tg_diag_t diag = {0};
  tg_bundle_source_t good = bundle->good;
  bundle->good = (tg_bundle_source_t){0};
  const char *name = bundle->source.name;
  if (good.name) {
    char error[sizeof bundle->last_error];
    memcpy(error, bundle->last_error, sizeof error);
    tg_bundle_t *mended;
    if (load(api, &good, &diag, &mended) == TG_OK) {
      memcpy(mended->last_error, error, sizeof error);
      tg_log("script", TG_LOG_ERROR, "went_back script=%s failures=%d", mended->source.name, TG_BUNDLE_FAILURES_MAX);
      return;
    }
  }
  tg_log("script", TG_LOG_ERROR, "disabled script=%s failures=%d", name, TG_BUNDLE_FAILURES_MAX);
  tg_bundle_stop(bundle);
}

static void on_mend(tg_timer_t *timer, void *ud) {
  (void)timer;
  tg_api_t *api = ud;
  settle_coming(api);
  for (tg_bundle_t *bundle = api->first, *next; bundle; bundle = next) {
    next = bundle->next;
    if (bundle->vm && bundle->failures_in_row >= TG_BUNDLE_FAILURES_MAX) mend(api, bundle);
  }
}

static tg_api_status_t status_of(const tg_bundle_t *bundle) {
  tg_vm_stats_t now = {0};
  tg_uv_call_use_t use = {0};
  if (bundle->vm) {
    tg_vm_stats(bundle->vm, &now);
    use = tg_bundle_loop_use(bundle->loop);
  }
  tg_api_status_t status = {.name = bundle->source.name,
                            .file = bundle->source.file,
                            .version = bundle->version,
                            .generation = bundle->generation,
                            .state = bundle->vm ? TG_API_RUNNING : TG_API_DISABLED,
                            .calls = bundle->before.calls + now.calls,
                            .errors = bundle->before.errors + now.errors + bundle->failures,
                            .overruns = bundle->before.overruns + now.overruns,
                            .over_instructions = bundle->before.over_instructions + now.over_instructions,
                            .over_memory = bundle->before.over_memory + now.over_memory,
                            .published = bundle->published,
                            .failures_in_row = bundle->failures_in_row,
                            .memory = now.memory,
                            .memory_peak = now.memory_peak,
                            .handles = use.handles,
                            .sockets = use.sockets,
                            .requests = use.requests,
                            .tasks = bundle->vm ? tg_vm_waiting(bundle->vm) : 0,
                            .last_error = bundle->last_error};
  if (bundle->before.memory_peak > now.memory_peak) status.memory_peak = bundle->before.memory_peak;
  return status;
}

void tg_api_each(const tg_api_t *api, bool (*fn)(void *ud, const tg_api_status_t *status), void *ud) {
  for (const tg_bundle_t *bundle = api->first; bundle; bundle = bundle->next) {
    tg_api_status_t status = status_of(bundle);
    if (!fn(ud, &status)) return;
  }
}

const tg_embedded_file_t *tg_api_embedded(const char *name) {
  for (const tg_embedded_file_t *file = tg_embedded_scripts; file->name; file++) {
    if (strcmp(file->name, name) == 0) return file;
  }
  return NULL;
}
