/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a text, and the word that was probably meant; see diag.h. */

#include "core/base/diag.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LEN = 64, LONG_NAME = 10, SHORT_NAME = 3 };

void tg_diag_set(tg_diag_t *diag, const char *file, int line, const char *format, ...) {
  if (!diag) return;
  if (file && file != diag->file) (void)snprintf(diag->file, sizeof diag->file, "%s", file);
  diag->line = line;
  va_list args;
  va_start(args, format);
  (void)vsnprintf(diag->message, sizeof diag->message, format, args);
  va_end(args);
}

static size_t min3(size_t a, size_t b, size_t c) {
  size_t ab = a < b ? a : b;
  return ab < c ? ab : c;
}

/* Optimal string alignment: insert, delete, replace, swap neighbours; both at most NAME_MAX_LEN long. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len) {
  size_t rows[3][NAME_MAX_LEN + 1];
  size_t *before = rows[0], *above = rows[1], *row = rows[2];
  for (size_t j = 0; j <= b_len; j++) above[j] = j;
  memset(before, 0, sizeof rows[0]);
  for (size_t i = 1; i <= a_len; i++) {
    row[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
      row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j]) {
        row[j] = before[j - 2] + 1;
      }
    }
    size_t *oldest = before;
    before = above;
    above = row;
    row = oldest;
  }
  return above[b_len];
}

const char *tg_diag_nearest(const char *name, const char *const known[]) {
  size_t len = strlen(name);
  if (len > NAME_MAX_LEN) return NULL;
  const char *best = NULL;
  size_t limit = len >= LONG_NAME ? 3 : len > SHORT_NAME ? 2 : 1;
  for (size_t i = 0; known[i]; i++) {
    size_t known_len = strlen(known[i]);
    if (known_len > NAME_MAX_LEN) continue;
    size_t d = distance(name, len, known[i], known_len);
    if (d > limit || (best && d == limit)) continue;
    best = known[i];
    limit = d;
  }
  return best;
}
