/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a bundle; called by api.c and by whatever enters scripts (on_event.c, on_mqtt.c, lua_command.c). See bundle.h. */

#include "bindings/api/bundle.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "bindings/api/bundle_open.h"
#include "bindings/api/lua_copy.h"
#include "bindings/api/mod_store.h"
#include "core/base/alloc.h"
#include "core/base/clock.h"

enum { ERRORS_PER_MINUTE = 20, LINES_PER_MINUTE = 600, LINE_BYTES = 800 };

/* Loading and initialising may take this many times the budget of an event. */
static const uint32_t START_FACTOR = 20;

void tg_bundle_source_fini(tg_bundle_source_t *source) {
  tg_alloc_free(source->name);
  tg_alloc_free(source->file);
  tg_alloc_free(source->search);
  tg_alloc_free(source->text);
  tg_alloc_free(source->options);
  *source = (tg_bundle_source_t){0};
}

tg_rc_t tg_bundle_source_copy(const tg_api_bundle_t *from, tg_bundle_source_t *to) {
  *to = (tg_bundle_source_t){.name = tg_alloc_str(tg_slice_str(from->name)),
                             .file = tg_alloc_str(tg_slice_str(from->file)),
                             .search = from->search ? tg_alloc_str(tg_slice_str(from->search)) : NULL,
                             .text = tg_alloc_str(from->source),
                             .text_len = from->source.len,
                             .options = tg_alloc_str(from->options),
                             .options_len = from->options.len,
                             .limits = from->limits};
  if (to->name && to->file && to->text && to->options && (to->search || !from->search)) return TG_OK;
  tg_bundle_source_fini(to);
  return TG_E_NOMEM;
}

static void remember(tg_bundle_t *bundle, const tg_diag_t *diag) {
  const char *file = diag->file[0] ? diag->file : bundle->source.file;
  (void)snprintf(bundle->last_error, sizeof bundle->last_error, "%.80s:%d: %.160s", file, diag->line, diag->message);
  char text[300];
  if (tg_log_allow(&bundle->limit, tg_clock_mono_ms(), ERRORS_PER_MINUTE))
    tg_log("script", TG_LOG_ERROR, "failed script=%s suppressed=%u why=%s", bundle->source.name,
           (unsigned)bundle->limit.suppressed, tg_log_quote(tg_slice_str(bundle->last_error), text, sizeof text));
}

static tg_bundle_streak_t *find_streak(tg_bundle_t *bundle, tg_vm_mark_t mark) {
  for (uint32_t i = 0; i < bundle->streak_count; i++) {
    if (bundle->streaks[i].mark == mark) return &bundle->streaks[i];
  }
  return NULL;
}

/* That of @p mark; where so many fail beside each other, in place of one that has not failed often. */
static tg_bundle_streak_t *streak_of(tg_bundle_t *bundle, tg_vm_mark_t mark) {
  tg_bundle_streak_t *streak = find_streak(bundle, mark);
  if (streak) return streak;
  if (bundle->streak_count < TG_BUNDLE_STREAKS_MAX) {
    streak = &bundle->streaks[bundle->streak_count++];
  } else {
    streak = bundle->streaks;
    for (uint32_t i = 1; i < TG_BUNDLE_STREAKS_MAX; i++) {
      if (bundle->streaks[i].count < streak->count) streak = &bundle->streaks[i];
    }
  }
  *streak = (tg_bundle_streak_t){.mark = mark};
  return streak;
}

/* A bundle that has failed too often is looked after when it is not running; so is one that waited in its init() and then failed. */
static void count_failure(tg_bundle_t *bundle, tg_vm_mark_t mark, uint32_t in_row) {
  tg_bundle_streak_t *streak = streak_of(bundle, mark);
  if (++streak->count > in_row) in_row = streak->count;
  if (bundle->starting && !tg_vm_lives(bundle->vm, bundle->starting)) {
    bundle->starting = 0;
    in_row = TG_BUNDLE_FAILURES_MAX;
  }
  bundle->is_failing = true;
  if (bundle->failures_in_row >= TG_BUNDLE_FAILURES_MAX) return; /* known already */
  if (in_row > bundle->failures_in_row) bundle->failures_in_row = in_row;
  if (bundle->failures_in_row < TG_BUNDLE_FAILURES_MAX) return;
  tg_wheel_add(tg_loop_wheel(bundle->api->parts.loop), &bundle->api->mend, 0);
}

/* One has ended well. */
static void count_success(tg_bundle_t *bundle, tg_vm_mark_t mark) {
  bundle->is_failing = false;
  if (bundle->failures_in_row == 0 || bundle->failures_in_row >= TG_BUNDLE_FAILURES_MAX) return;
  tg_bundle_streak_t *streak = find_streak(bundle, mark);
  if (streak) *streak = bundle->streaks[--bundle->streak_count];
  bundle->failures_in_row = 0;
  for (uint32_t i = 0; i < bundle->streak_count; i++) {
    if (bundle->streaks[i].count > bundle->failures_in_row) bundle->failures_in_row = bundle->streaks[i].count;
  }
}

/* A call that has suspended itself has not ended well yet. */
void tg_bundle_account(tg_bundle_t *bundle, tg_vm_mark_t mark, tg_rc_t rc, const tg_diag_t *diag) {
  tg_bundle_streak_t *streak = find_streak(bundle, mark);
  if (rc != TG_OK) {
    remember(bundle, diag);
    if (bundle->has_counted && streak && streak->count)
      streak->count--; /* one call, however many of its rules failed */
    count_failure(bundle, mark, bundle->trying + 1);
  } else if (!bundle->has_counted && !tg_vm_has_suspended(bundle->vm)) {
    count_success(bundle, mark);
    bundle->is_failing = bundle->has_failed;
  }
  bundle->has_failed = bundle->has_counted = false;
  bundle->trying = 0;
  tg_bundle_loop_poke(bundle->loop);
}

/* The script's own cap is its own fault. What the gateway's functions had no memory for they say. */
static bool is_starved(const tg_bundle_t *bundle, const char *why) {
  return tg_vm_is_starved(bundle->vm) || strstr(why, tg_rc_text(TG_E_NOMEM));
}

void tg_bundle_fail(tg_bundle_t *bundle, const char *why, uint32_t in_row) {
  tg_diag_t diag = {0};
  const char *colon = strchr(why, ':');
  char *end = NULL;
  long line = colon ? strtol(colon + 1, &end, 10) : 0;
  if (colon && end && *end == ':' && line > 0) {
    char file[sizeof diag.file];
    (void)snprintf(file, sizeof file, "%.*s", (int)(colon - why), why);
    tg_diag_set(&diag, file, (int)line, "%s", end + 1 + (end[1] == ' '));
  } else {
    const tg_diag_t *place = tg_vm_place(bundle->vm);
    bool is_there = place->line && strstr(why, "not enough memory"); /* Lua's words for it say no line */
    tg_diag_set(&diag, is_there ? place->file : bundle->source.file, is_there ? place->line : 0, "%s", why);
  }
  bundle->failures++;
  bundle->is_starved = bundle->is_starved || is_starved(bundle, why);
  bundle->has_failed = bundle->has_counted = true;
  remember(bundle, &diag);
  count_failure(bundle, tg_vm_mark(bundle->vm, 0), in_row);
}

bool tg_bundle_enter(tg_bundle_t *bundle, tg_vm_mark_t mark, lua_CFunction fn, void *arg) {
  tg_diag_t diag;
  diag.file[0] = diag.message[0] = 0;
  diag.line = 0;
  bundle->is_starved = false;
  tg_rc_t rc = tg_vm_spawn_as(bundle->vm, mark, fn, arg, &diag);
  bool is_lost = bundle->is_starved || (rc != TG_OK && is_starved(bundle, diag.message));
  tg_bundle_account(bundle, mark, rc, &diag);
  return !is_lost;
}

/* Seam tg_vm_end_fn: the vm has counted a failure already. A call that runs is not excused by what it has begun and that went well. */
static void on_end(void *ud, tg_vm_mark_t mark, tg_rc_t rc, const tg_diag_t *diag, bool inside) {
  tg_bundle_t *bundle = ud;
  if (rc == TG_OK) {
    if (mark != tg_vm_mark(bundle->vm, 0)) count_success(bundle, mark);
    return;
  }
  bundle->has_failed = bundle->has_failed || inside;
  bundle->has_counted = bundle->has_counted || (inside && mark == tg_vm_mark(bundle->vm, 0));
  remember(bundle, diag);
  count_failure(bundle, mark, 0);
}

/* Seam tg_bundle_loop_done_fn. */
static void on_callback(void *ud, tg_vm_mark_t mark, tg_rc_t rc, const tg_diag_t *diag) {
  tg_bundle_account(ud, mark, rc, diag);
}

void tg_bundle_say(tg_bundle_t *bundle, tg_log_level_t level, const char *how, tg_slice_t text) {
  if (!tg_log_wants(level) || !tg_log_allow(&bundle->said, tg_clock_mono_ms(), LINES_PER_MINUTE)) return;
  char shown[LINE_BYTES];
  if (bundle->said.suppressed)
    tg_log("script", TG_LOG_WARN, "said_too_much script=%s suppressed=%u", bundle->source.name,
           (unsigned)bundle->said.suppressed);
  tg_log("script", level, "said script=%s %s=%s", bundle->source.name, how, tg_log_text(text, shown, sizeof shown));
}

static void on_print(void *ud, const char *text) {
  tg_bundle_say(ud, TG_LOG_INFO, "print", tg_slice_str(text));
}

static tg_rc_t make_vm(tg_bundle_t *bundle, tg_diag_t *diag) {
  const tg_api_limits_t *limits = &bundle->source.limits;
  const tg_vm_config_t config = {.memory = limits->memory,
                                 .instructions = limits->instructions,
                                 .burst_ms = limits->burst_ms,
                                 .on_print = on_print,
                                 .module = tg_bundle_open_module,
                                 .on_end = on_end,
                                 .ud = bundle};
  tg_diag_set(diag, bundle->source.file, 0, "%s", tg_rc_text(TG_E_NOMEM));
  bundle->vm = tg_vm_new(&config);
  if (!bundle->vm) return TG_E_NOMEM;
  bundle->loop = tg_bundle_loop_new(bundle->api->parts.loop, bundle->vm, on_callback, bundle);
  if (bundle->loop) return TG_OK;
  tg_vm_free(bundle->vm);
  bundle->vm = NULL;
  return TG_E_NOMEM;
}

/* What bundle.lua raises is about the table that the script has returned: no line of the script's runs any more. */
static void name_script(const tg_bundle_t *bundle, tg_diag_t *diag) {
  bool is_own = strcmp(diag->file, "scripts/tidegate/bundle.lua") == 0;
  if (is_own) diag->line = 0;
  if (is_own || !diag->file[0]) (void)snprintf(diag->file, sizeof diag->file, "%s", bundle->source.file);
}

tg_rc_t tg_bundle_start(tg_api_t *api, tg_bundle_source_t *source, tg_diag_t *diag, tg_bundle_t **out) {
  tg_bundle_t *bundle = tg_alloc_array(1, sizeof *bundle);
  if (!bundle) {
    tg_bundle_source_fini(source);
    return TG_E_NOMEM;
  }
  bundle->api = api;
  bundle->source = *source;
  *source = (tg_bundle_source_t){0};
  bundle->on = (tg_bundle_handlers_t){.on_records = LUA_NOREF,
                                      .on_event = LUA_NOREF,
                                      .on_mqtt_state = LUA_NOREF,
                                      .on_register = LUA_NOREF,
                                      .stop = LUA_NOREF,
                                      .save = LUA_NOREF,
                                      .restore = LUA_NOREF};
  bundle->generation = 1;
  tg_rc_t rc = make_vm(bundle, diag);
  if (rc == TG_OK) {
    *diag = (tg_diag_t){0};
    tg_vm_stretch(bundle->vm, START_FACTOR);
    rc = tg_vm_spawn_as(bundle->vm, TG_BUNDLE_KIND_START, tg_bundle_open, bundle, diag);
    tg_vm_stretch(bundle->vm, 1);
  }
  if (rc != TG_OK) {
    name_script(bundle, diag);
    bundle->on.stop = LUA_NOREF; /* what has not begun needs no end */
    tg_bundle_free(bundle);
    return rc;
  }
  tg_bundle_loop_poke(bundle->loop);
  *out = bundle;
  return TG_OK;
}

static int call_stop(lua_State *L) {
  const tg_bundle_t *bundle = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, bundle->on.stop);
  lua_call(L, 0, 0);
  return 0;
}

static void add_stats(tg_bundle_t *bundle) {
  tg_vm_stats_t now;
  tg_vm_stats(bundle->vm, &now);
  bundle->before.calls += now.calls;
  bundle->before.errors += now.errors;
  bundle->before.overruns += now.overruns;
  bundle->before.over_instructions += now.over_instructions;
  bundle->before.over_memory += now.over_memory;
  if (now.memory_peak > bundle->before.memory_peak) bundle->before.memory_peak = now.memory_peak;
}

void tg_bundle_stop(tg_bundle_t *bundle) {
  if (!bundle->vm) return;
  tg_diag_t diag = {0};
  if (bundle->on.stop != LUA_NOREF && tg_vm_call(bundle->vm, call_stop, bundle, &diag) != TG_OK)
    remember(bundle, &diag);
  add_stats(bundle);
  tg_vm_undo_all(bundle->vm);
  tg_bundle_loop_end(bundle->loop, &bundle->api->ending); /* frees the vm too, maybe later */
  bundle->loop = NULL;
  bundle->vm = NULL;
}

void tg_bundle_catch_up(tg_bundle_t *bundle) {
  tg_diag_t diag = {0};
  if (tg_vm_call(bundle->vm, tg_mod_store_refresh, NULL, &diag) != TG_OK) remember(bundle, &diag);
}

void tg_bundle_free(tg_bundle_t *bundle) {
  if (!bundle) return;
  tg_bundle_stop(bundle);
  tg_bundle_source_fini(&bundle->source);
  tg_bundle_source_fini(&bundle->good);
  tg_alloc_free(bundle);
}

/* What one script keeps for the next: taken in the old machine, copied, given in the new one. */
typedef struct handing {
  tg_bundle_t *from;
  tg_bundle_t *to;
  lua_State *saved; /* has the data on top while the new one is called */
} handing_t;

static int give_saved(lua_State *L) {
  const handing_t *handing = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, handing->to->on.restore);
  tg_lua_copy(handing->saved, -1, L);
  return tg_vm_tail_call(L, 1);
}

static int take_saved(lua_State *L) {
  handing_t *handing = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, handing->from->on.save);
  lua_call(L, 0, 1);
  if (lua_isnil(L, -1)) return 0;
  handing->saved = L;
  tg_diag_t diag = {0};
  if (tg_vm_spawn(handing->to->vm, give_saved, handing, &diag) != TG_OK) remember(handing->to, &diag);
  return 0;
}

void tg_bundle_hand_over(tg_bundle_t *from, tg_bundle_t *to) {
  if (!from->vm || from->on.save == LUA_NOREF || to->on.restore == LUA_NOREF) return;
  handing_t handing = {.from = from, .to = to};
  tg_diag_t diag = {0};
  if (tg_vm_call(from->vm, take_saved, &handing, &diag) != TG_OK) remember(from, &diag);
}
