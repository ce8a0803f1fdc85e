/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_VM_VM_MATCH_H
#define TG_BINDINGS_VM_VM_MATCH_H

/**
 * The matcher of Lua 5.4's patterns (Reference Manual §6.4.1), with a step counter: Lua's own runs without a hook call, and one
 * unlucky pattern holds the process for seconds (security.md §2.17).
 */

#include "bindings/vm/vm.h"

/** As in Lua. */
#define TG_VM_MATCH_CAPTURES_MAX 32

/** One capture; a position capture has len TG_VM_MATCH_POSITION. */
typedef struct tg_vm_capture {
  const char *start;
  ptrdiff_t len;
} tg_vm_capture_t;

enum { TG_VM_MATCH_OPEN = -1, TG_VM_MATCH_POSITION = -2 };

/** One subject and pattern; set up by tg_vm_match_init(). */
typedef struct tg_vm_match {
  lua_State *L;
  const char *subject;
  const char *subject_end;
  const char *pattern_end;
  uint32_t steps; /* since they were last charged to the script's budget */
  uint64_t total;
  int depth;
  int captures;
  tg_vm_capture_t capture[TG_VM_MATCH_CAPTURES_MAX];
} tg_vm_match_t;

/** Borrows both texts until the last tg_vm_match_at(). */
void tg_vm_match_init(tg_vm_match_t *match, lua_State *L, tg_slice_t subject, tg_slice_t pattern);

/**
 * Matches @p pattern (inside the pattern given to init, an anchor already skipped) at exactly @p at.
 * @return the end of the match, or NULL. Raises a Lua error for a malformed pattern, and the budget error after 100,000 steps.
 */
const char *tg_vm_match_at(tg_vm_match_t *match, const char *at, const char *pattern);

/** Pushes capture @p index of the last match (from 0); without captures index 0 is the whole match @p start to @p end. */
void tg_vm_match_push(const tg_vm_match_t *match, int index, const char *start, const char *end);

/** Pushes all captures (the whole match when there are none and @p start is not NULL) and returns how many. */
int tg_vm_match_push_all(const tg_vm_match_t *match, const char *start, const char *end);

#endif
