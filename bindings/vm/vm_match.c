/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backtracking matcher for Lua patterns with a bound on steps and on depth. Called by vm_pattern.c only; raises Lua errors, holds
 * nothing that needs freeing. See vm_match.h.
 */

#include "bindings/vm/vm_match.h"

#include <ctype.h>
#include <lauxlib.h>

enum { STEPS_MAX = 100000, CHARGE_EVERY = 1000, DEPTH_MAX = 200, ESCAPE = '%' };

static const char *run(tg_vm_match_t *m, const char *s, const char *p);

static void step(tg_vm_match_t *m) {
  if (++m->steps < CHARGE_EVERY) return;
  m->total += m->steps;
  tg_vm_charge(m->L, m->steps);
  m->steps = 0;
  if (m->total >= STEPS_MAX) tg_vm_overrun(m->L, "steps of a pattern");
}

void tg_vm_match_init(tg_vm_match_t *match, lua_State *L, tg_slice_t subject, tg_slice_t pattern) {
  match->L = L;
  match->subject = (const char *)subject.p;
  match->subject_end = (const char *)subject.p + subject.len;
  match->pattern_end = (const char *)pattern.p + pattern.len;
  match->steps = 0;
  match->total = 0;
  match->depth = 0;
  match->captures = 0;
}

static int byte_at(const char *p) {
  return (unsigned char)*p;
}

/* Where the single-character item that begins at p ends. */
static const char *item_end(const tg_vm_match_t *m, const char *p) {
  if (*p == ESCAPE) {
    if (p + 1 >= m->pattern_end) luaL_error(m->L, "malformed pattern (ends with '%%')");
    return p + 2;
  }
  if (*p != '[') return p + 1;
  p++;
  if (p < m->pattern_end && *p == '^') p++;
  bool first = true; /* a ] right after [ or [^ stands for itself */
  for (; first || p >= m->pattern_end || *p != ']'; first = false) {
    if (p >= m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
    p += *p == ESCAPE && p + 1 < m->pattern_end ? 2 : 1;
  }
  return p + 1;
}

static bool in_class(int c, int class_) {
  bool in;
  switch (tolower(class_)) {
  case 'a': in = isalpha(c); break;
  case 'c': in = iscntrl(c); break;
  case 'd': in = isdigit(c); break;
  case 'g': in = isgraph(c); break;
  case 'l': in = islower(c); break;
  case 'p': in = ispunct(c); break;
  case 's': in = isspace(c); break;
  case 'u': in = isupper(c); break;
  case 'w': in = isalnum(c); break;
  case 'x': in = isxdigit(c); break;
  case 'z': in = c == 0; break; /* deprecated in the manual, kept by Lua */
  default: return class_ == c;
  }
  return isupper(class_) ? !in : in;
}

/* p is at '[', end behind the closing ']'. */
static bool in_set(int c, const char *p, const char *end) {
  const char *last = end - 1;
  bool found_means = true;
  p++;
  if (*p == '^') {
    found_means = false;
    p++;
  }
  while (p < last) {
    if (*p == ESCAPE) {
      if (in_class(c, byte_at(p + 1))) return found_means;
      p += 2;
    } else if (p + 2 < last && p[1] == '-') {
      if (byte_at(p) <= c && c <= byte_at(p + 2)) return found_means;
      p += 3;
    } else {
      if (byte_at(p) == c) return found_means;
      p++;
    }
  }
  return !found_means;
}

static bool item_matches(tg_vm_match_t *m, const char *s, const char *p, const char *end) {
  step(m);
  if (s >= m->subject_end) return false;
  int c = byte_at(s);
  switch (*p) {
  case '.': return true;
  case ESCAPE: return in_class(c, byte_at(p + 1));
  case '[': return in_set(c, p, end);
  default: return byte_at(p) == c;
  }
}

/* %bxy: from x to the y that balances it. */
static const char *balanced(tg_vm_match_t *m, const char *s, const char *p) {
  if (p + 1 >= m->pattern_end) luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
  if (s >= m->subject_end || *s != *p) return NULL;
  int open = 1;
  while (++s < m->subject_end) {
    step(m);
    if (*s == p[1]) {
      if (--open == 0) return s + 1;
    } else if (*s == *p) {
      open++;
    }
  }
  return NULL;
}

static const char *begin_capture(tg_vm_match_t *m, const char *s, const char *p, ptrdiff_t len) {
  if (m->captures >= TG_VM_MATCH_CAPTURES_MAX) luaL_error(m->L, "too many captures");
  m->capture[m->captures] = (tg_vm_capture_t){s, len};
  m->captures++;
  const char *end = run(m, s, p);
  if (!end) m->captures--;
  return end;
}

static const char *end_capture(tg_vm_match_t *m, const char *s, const char *p) {
  int open = m->captures - 1;
  while (open >= 0 && m->capture[open].len != TG_VM_MATCH_OPEN) open--;
  if (open < 0) luaL_error(m->L, "invalid pattern capture");
  m->capture[open].len = s - m->capture[open].start;
  const char *end = run(m, s, p);
  if (!end) m->capture[open].len = TG_VM_MATCH_OPEN;
  return end;
}

/* %1 to %9: the same text again. */
static const char *repeated_capture(tg_vm_match_t *m, const char *s, int digit) {
  int index = digit - '1';
  if (index < 0 || index >= m->captures || m->capture[index].len == TG_VM_MATCH_OPEN) {
    luaL_error(m->L, "invalid capture index %%%d", index + 1);
  }
  if (m->capture[index].len == TG_VM_MATCH_POSITION) return NULL; /* as in Lua: no text is the same as a place */
  size_t len = m->capture[index].len > 0 ? (size_t)m->capture[index].len : 0;
  m->steps += (uint32_t)(len / 16);
  step(m);
  if ((size_t)(m->subject_end - s) < len || memcmp(m->capture[index].start, s, len) != 0) return NULL;
  return s + len;
}

/* %f[set]: the border between what is not in the set and what is. */
static bool at_frontier(const tg_vm_match_t *m, const char *s, const char *p, const char *end) {
  int before = s == m->subject ? 0 : byte_at(s - 1);
  int here = s < m->subject_end ? byte_at(s) : 0;
  return !in_set(before, p, end) && in_set(here, p, end);
}

static const char *greedy(tg_vm_match_t *m, const char *s, const char *p, const char *end) {
  ptrdiff_t count = 0;
  while (item_matches(m, s + count, p, end)) count++;
  for (; count >= 0; count--) {
    step(m);
    const char *found = run(m, s + count, end + 1);
    if (found) return found;
  }
  return NULL;
}

static const char *lazy(tg_vm_match_t *m, const char *s, const char *p, const char *end) {
  for (;;) {
    const char *found = run(m, s, end + 1);
    if (found) return found;
    if (!item_matches(m, s, p, end)) return NULL;
    s++;
  }
}

/* One escape that is no class. Sets *s and *p to where matching goes on; false when it failed; *special false when it is an ordinary item. */
static bool escape(tg_vm_match_t *m, const char **s, const char **p, bool *special) {
  *special = true;
  int c = *p + 1 < m->pattern_end ? byte_at(*p + 1) : 0;
  if (c == 'b') {
    *s = balanced(m, *s, *p + 2);
    *p += 4;
    return *s != NULL;
  }
  if (c == 'f') {
    const char *set = *p + 2;
    if (set >= m->pattern_end || *set != '[') luaL_error(m->L, "missing '[' after '%%f' in pattern");
    const char *end = item_end(m, set);
    bool there = at_frontier(m, *s, set, end);
    *p = end;
    return there;
  }
  if (isdigit(c)) {
    *s = repeated_capture(m, *s, c);
    *p += 2;
    return *s != NULL;
  }
  *special = false;
  return true;
}

/* One item with its suffix. *again: go on at *s, *p; else the result is final. */
static const char *item(tg_vm_match_t *m, const char **s, const char **p, bool *again) {
  const char *end = item_end(m, *p);
  char suffix = end < m->pattern_end ? *end : 0;
  *again = false;
  if (suffix == '*') return greedy(m, *s, *p, end);
  if (suffix == '-') return lazy(m, *s, *p, end);
  bool here = item_matches(m, *s, *p, end);
  if (suffix == '+') return here ? greedy(m, *s + 1, *p, end) : NULL;
  if (suffix == '?') {
    const char *found = here ? run(m, *s + 1, end + 1) : NULL;
    if (found) return found;
    *p = end + 1;
    *again = true;
    return NULL;
  }
  if (!here) return NULL;
  (*s)++;
  *p = end;
  *again = true;
  return NULL;
}

static const char *run_items(tg_vm_match_t *m, const char *s, const char *p) {
  while (p < m->pattern_end) {
    step(m);
    if (*p == '(') {
      bool position = p + 1 < m->pattern_end && p[1] == ')';
      return begin_capture(m, s, p + (position ? 2 : 1), position ? TG_VM_MATCH_POSITION : TG_VM_MATCH_OPEN);
    }
    if (*p == ')') return end_capture(m, s, p + 1);
    if (*p == '$' && p + 1 == m->pattern_end) return s == m->subject_end ? s : NULL;
    if (*p == ESCAPE) {
      bool special;
      if (!escape(m, &s, &p, &special)) return NULL;
      if (special) continue;
    }
    bool again;
    const char *end = item(m, &s, &p, &again);
    if (!again) return end;
  }
  return s;
}

/* Recursion is bounded: the depth grows with the pattern's items, never with the subject. */
static const char *run(tg_vm_match_t *m, const char *s, const char *p) {
  if (++m->depth > DEPTH_MAX) luaL_error(m->L, "pattern too complex");
  const char *end = run_items(m, s, p);
  m->depth--;
  return end;
}

const char *tg_vm_match_at(tg_vm_match_t *match, const char *at, const char *pattern) {
  match->captures = 0;
  match->depth = 0;
  return run(match, at, pattern);
}

void tg_vm_match_push(const tg_vm_match_t *match, int index, const char *start, const char *end) {
  if (index >= match->captures) {
    if (index != 0) luaL_error(match->L, "invalid capture index %%%d", index + 1);
    lua_pushlstring(match->L, start, (size_t)(end - start));
    return;
  }
  const tg_vm_capture_t *capture = &match->capture[index];
  if (capture->len == TG_VM_MATCH_OPEN) luaL_error(match->L, "unfinished capture");
  if (capture->len == TG_VM_MATCH_POSITION) {
    lua_pushinteger(match->L, capture->start - match->subject + 1);
  } else {
    lua_pushlstring(match->L, capture->start, (size_t)capture->len);
  }
}

int tg_vm_match_push_all(const tg_vm_match_t *match, const char *start, const char *end) {
  int count = match->captures == 0 && start ? 1 : match->captures;
  luaL_checkstack(match->L, count, "too many captures");
  for (int i = 0; i < count; i++) tg_vm_match_push(match, i, start, end);
  return count;
}
