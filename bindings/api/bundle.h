/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_API_BUNDLE_H
#define TG_BINDINGS_API_BUNDLE_H

/** One bundle's life: a generation starts, is entered, fails, ends. Who there is and when they go is api.c's business. */

#include "bindings/api/api_state.h"

/** Makes a bundle of @p source (takes it, also on an error) and starts it. @return TG_OK with @p bundle owned by the caller; as tg_api_load() with @p diag */
TG_MUST_CHECK tg_rc_t tg_bundle_start(tg_api_t *api, tg_bundle_source_t *source, tg_diag_t *diag, tg_bundle_t **bundle);

/** Hands what the script of @p from wants to keep to that of @p to, if both have words for it; a failure is logged. */
void tg_bundle_hand_over(tg_bundle_t *from, tg_bundle_t *to);

/** Ends the generation that runs: deinit, hooks undone, loop closed; the counters stay. */
void tg_bundle_stop(tg_bundle_t *bundle);

/** The generation before has ended: the script finds in its store what that one wrote at last. A failure is logged. */
void tg_bundle_catch_up(tg_bundle_t *bundle);

/** Stops and frees. NULL is allowed. */
void tg_bundle_free(tg_bundle_t *bundle);

/** Runs @p fn in a task of the bundle (tg_vm_spawn_as()); counts, logs and remembers a failure. Failures in a row are those of one @p mark (tg_event_type_t, TG_BUNDLE_KIND_… or one of vm_mark.h). @return false where the system had no memory for it, or for a rule whose failure the script's library caught */
bool tg_bundle_enter(tg_bundle_t *bundle, tg_vm_mark_t mark, lua_CFunction fn, void *arg);

/** What tg_bundle_enter() does after the call, for calls that others made. */
void tg_bundle_account(tg_bundle_t *bundle, tg_vm_mark_t mark, tg_rc_t rc, const tg_diag_t *diag);

/** Counts a failure that the script's own library caught, such as that of one rule among several; @p in_row: how many of that rule's this makes, 0 = not known. */
void tg_bundle_fail(tg_bundle_t *bundle, const char *why, uint32_t in_row);

/** Writes a line of the script's into the log, with @p how it was said (`print`, `text`) as its key; at most 600 a minute, how many were left out is told. */
void tg_bundle_say(tg_bundle_t *bundle, tg_log_level_t level, const char *how, tg_slice_t text);

/** A copy of @p from in @p to. TG_E_NOMEM (then nothing is left allocated). */
TG_MUST_CHECK tg_rc_t tg_bundle_source_copy(const tg_api_bundle_t *from, tg_bundle_source_t *to);

/** Frees what a source holds and clears it. */
void tg_bundle_source_fini(tg_bundle_source_t *source);

#endif
