/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_LINK_DEC_H
#define TG_CORE_CODEC_LINK_DEC_H

/**
 * CoRE link format (RFC 6690), bytes to links. Lenient: what real devices send is read, and what was odd about it is told as quirks;
 * only text in which no link can be found, and a quote that does not end, is an error.
 */

#include "core/base/rc.h"
#include "core/base/slice.h"

/** What was tolerated; a bit set. */
enum {
  TG_LINK_QUIRK_BLANKS = 1,      /* blanks between parts */
  TG_LINK_QUIRK_NO_BRACKETS = 2, /* /3/0 without <> */
  TG_LINK_QUIRK_QUOTES = 4,      /* a quoted number */
  TG_LINK_QUIRK_EMPTY = 8,       /* empty link; a comma doubled, trailing or missing */
  TG_LINK_QUIRK_ATTRIBUTE = 16,  /* an attribute of odd syntax, ignored */
  TG_LINK_QUIRK_NO_SLASH = 32    /* <3/0> */
};

/** One link, borrowed from the input. */
typedef struct tg_link_item {
  tg_slice_t target; /* between < and > */
  tg_slice_t attrs;  /* what follows, for tg_link_dec_attr(); may be empty */
} tg_link_item_t;

/** Caller's memory; `quirks` may be read after the last link. */
typedef struct tg_link_dec {
  tg_slice_t rest;
  uint32_t quirks;
} tg_link_dec_t;

/** Begins to read @p text (borrowed until the last call). */
void tg_link_dec_init(tg_link_dec_t *dec, tg_slice_t text);

/** The next link. TG_OK, TG_END, TG_E_SYNTAX. */
TG_MUST_CHECK tg_rc_t tg_link_dec_next(tg_link_dec_t *dec, tg_link_item_t *link);

/** Takes the next attribute off link->attrs: name and value without quotes (empty when it has none). TG_OK or TG_END. */
TG_MUST_CHECK tg_rc_t tg_link_dec_attr(tg_link_dec_t *dec, tg_link_item_t *link, tg_slice_t *name, tg_slice_t *value);

#endif
