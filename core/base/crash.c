/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the process of a test at a place that it named; see crash.h. Called through TG_CRASH_PASS from the steps that crash.def lists. */

#include "core/base/crash.h"

#include "core/base/attr.h"
#include "core/base/slice.h"

static const struct {
  const char *name, *what;
} sites[] = {
#define X(constant, name, what) {name, what},
#include "core/base/crash.def"
#undef X
};

const char *tg_crash_name(size_t site) {
  return site < TG_COUNT(sites) ? sites[site].name : NULL;
}

const char *tg_crash_what(size_t site) {
  return site < TG_COUNT(sites) ? sites[site].what : NULL;
}

#ifdef TG_CRASH

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { PASSES_MAX = 1000000000 };

/* state: the one site that is armed, of the process as its end is; the store's thread and paho's pass sites too. */
static struct {
  int site; /* -1: none; does not change while threads run */
  atomic_long left;
} armed = {.site = -1};

bool tg_crash_is_built(void) {
  return true;
}

bool tg_crash_setup(const char *text) {
  const char *colon = strchr(text, ':');
  if (!colon) return false;
  tg_slice_t name = tg_slice(text, (size_t)(colon - text));
  char *end = NULL;
  long passes = strtol(colon + 1, &end, 10);
  if (end == colon + 1 || *end || passes < 1 || passes > PASSES_MAX) return false;
  for (size_t i = 0; i < TG_COUNT(sites); i++) {
    if (!tg_slice_is(name, sites[i].name)) continue;
    armed.site = (int)i;
    atomic_store(&armed.left, passes);
    return true;
  }
  return false;
}

void tg_crash_pass(tg_crash_site_t site) {
  if ((int)site == armed.site && atomic_fetch_sub(&armed.left, 1) == 1) _exit(TG_CRASH_EXIT);
}

#else

bool tg_crash_is_built(void) {
  return false;
}

bool tg_crash_setup(const char *text) {
  (void)text;
  return false;
}

void tg_crash_pass(tg_crash_site_t site) {
  (void)site;
}

#endif
