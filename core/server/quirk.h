/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_SERVER_QUIRK_H
#define TG_CORE_SERVER_QUIRK_H

/** What a device does that the specification doesn't say and the server tolerates: bits of tg_device_t.quirks, and profiles that tell of them beforehand. */

#include "core/codec/link_dec.h"
#include "core/server/server.h"

/** TG_QUIRK_…: one bit each. */
enum {
#define TG_QUIRK(bit, name, text, what) TG_QUIRK_##name = 1 << (bit),
#include "core/server/quirk.def"
#undef TG_QUIRK
  TG_QUIRK_LINKS = 0xFF /* TG_LINK_QUIRK_… of its object list */
};

/** Those that profiles tell: most of it can't be seen. */
#define TG_QUIRK_PROFILES UINT32_C(0xFFFF0000)

/** Those that are learned from answers: they hold until the device registers anew. */
#define TG_QUIRK_LEARNED                                                                                               \
  ((uint32_t)(TG_QUIRK_ATTRIBUTES_IGNORED | TG_QUIRK_ATTRIBUTES_REFUSED | TG_QUIRK_COMPOSITE_REFUSED))

/** The name of quirk number @p bit for people and programs, `unsigned_tlv`; NULL when there is none. */
const char *tg_quirk_name(unsigned bit);

/** What is tolerated with quirk number @p bit, a phrase; NULL when there is none. */
const char *tg_quirk_text(unsigned bit);

/** What one is to know of a device in order to choose; borrowed. NULL where it is not known. */
typedef struct tg_quirk_device {
  const char *ep;      /* as the gateway calls it */
  const char *wire_ep; /* as it calls itself; NULL: the same */
  const char *who[TG_SERVER_WHO_COUNT];
  const char *link;
  const char *tags; /* separated by blanks; NULL: none */
} tg_quirk_device_t;

/** Whether @p device is one that @p select means: each glob given fits; what is not known fits none. */
bool tg_quirk_selects(const tg_server_select_t *select, const tg_quirk_device_t *device);

/** Which of TG_SERVER_WHO_… @p select asks for; a bit set. */
unsigned tg_quirk_needs(const tg_server_select_t *select);

/** All that the profiles of @p config say of @p device together; in @p found, whose select is empty. Of formats and block sizes the last one counts. */
void tg_quirk_find(const tg_server_config_t *config, const tg_quirk_device_t *device, tg_server_quirk_t *found);

#endif
