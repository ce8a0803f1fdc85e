/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_RC_H
#define TG_CORE_BASE_RC_H

/**
 * Results. One enumeration for the whole program, from rc.def: constant, name (what scripts and logs show), sentence, CoAP code.
 * Functions return a tg_rc_t; data leaves through out-parameters; the variable that holds one is called `rc`.
 */

#include <stdint.h>

#include "core/base/attr.h"

typedef enum tg_rc {
#define TG_RC(constant, name, sentence, coap) TG_##constant,
#include "core/base/rc.def"
#undef TG_RC
  TG_RC_COUNT
} tg_rc_t;

/** Short name of @p rc, such as `not_found`; "unknown" for a number outside the list. Never NULL. */
const char *tg_rc_name(tg_rc_t rc);

/** One sentence for people. Never NULL. */
const char *tg_rc_text(tg_rc_t rc);

/** The CoAP response code (class << 5 | detail) that tells a peer of @p rc: the only place that translates (RFC 7252 §5.9). */
uint8_t tg_rc_coap(tg_rc_t rc);

#endif
