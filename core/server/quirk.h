/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_SERVER_QUIRK_H
#define TG_CORE_SERVER_QUIRK_H

/** What a device does that the specification doesn't say and the server tolerates: bits of tg_device_t.quirks. */

#include "core/codec/link_dec.h"

enum {
  TG_QUIRK_LINKS = 0xFF,              /* TG_LINK_QUIRK_… of its object list */
  TG_QUIRK_NO_FORMAT = 1 << 8,        /* object list without Content-Format */
  TG_QUIRK_INSTANCE_VERSION = 1 << 9, /* `ver` on an instance */
  TG_QUIRK_DEEP_LINKS = 1 << 10,      /* links to resources in the object list */
  TG_QUIRK_SECURITY_LISTED = 1 << 11, /* /0, /21 or /23 in the object list */
  TG_QUIRK_UNSIGNED_TLV = 1 << 16     /* integers in TLV are unsigned (users say so, it can't be seen) */
};

#endif
