/* SPDX-License-Identifier: Apache-2.0 */
/* The table of results, expanded from rc.def. Leaf: everybody calls it, it calls nobody. */

#include "core/base/rc.h"

typedef struct row {
  const char *name;
  const char *text;
  uint8_t coap;
} row_t;

static const row_t rows[TG_RC_COUNT] = {
#define TG_RC(constant, name, sentence, coap) {name, sentence, coap},
#include "core/base/rc.def"
#undef TG_RC
};

static const row_t unknown = {"unknown", "unknown result", 0xA0};

static const row_t *row_of(tg_rc_t rc) {
  return (unsigned)rc < TG_RC_COUNT ? &rows[rc] : &unknown;
}

const char *tg_rc_name(tg_rc_t rc) {
  return row_of(rc)->name;
}

const char *tg_rc_text(tg_rc_t rc) {
  return row_of(rc)->text;
}

uint8_t tg_rc_coap(tg_rc_t rc) {
  return row_of(rc)->coap;
}
