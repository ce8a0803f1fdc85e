/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: quirks by name, and which profiles and policies a device falls under. See quirk.h; the profiles: objects/quirks.lua. */

#include "core/server/quirk.h"

#include <fnmatch.h>
#include <string.h>

enum { BITS = 32, TAG_MAX = 64 };

static const char *const names[BITS] = {
#define TG_QUIRK(bit, name, text, what) [bit] = (text),
#include "core/server/quirk.def"
#undef TG_QUIRK
};

static const char *const texts[BITS] = {
#define TG_QUIRK(bit, name, text, what) [bit] = (what),
#include "core/server/quirk.def"
#undef TG_QUIRK
};

const char *tg_quirk_name(unsigned bit) {
  return bit < BITS ? names[bit] : NULL;
}

const char *tg_quirk_text(unsigned bit) {
  return bit < BITS ? texts[bit] : NULL;
}

static bool fits(const char *glob, const char *text) {
  return !glob || (text && fnmatch(glob, text, 0) == 0);
}

static bool fits_ep(const char *glob, const tg_quirk_device_t *device) {
  return fits(glob, device->ep) || (device->wire_ep && fits(glob, device->wire_ep));
}

static bool fits_tag(const char *glob, const char *tags) {
  if (!glob) return true;
  for (tg_slice_t rest = tg_slice_str(tags); rest.len;) {
    char text[TAG_MAX + 1];
    tg_slice_t tag = tg_slice_take(&rest, ' ');
    if (tag.len == 0 || tag.len > TAG_MAX) continue;
    memcpy(text, tag.p, tag.len);
    text[tag.len] = '\0';
    if (fnmatch(glob, text, 0) == 0) return true;
  }
  return false;
}

bool tg_quirk_selects(const tg_server_select_t *select, const tg_quirk_device_t *device) {
  for (size_t i = 0; i < TG_SERVER_WHO_COUNT; i++) {
    if (!fits(select->who[i], device->who[i])) return false;
  }
  return fits_ep(select->ep, device) && fits(select->link, device->link) && fits_tag(select->tag, device->tags);
}

unsigned tg_quirk_needs(const tg_server_select_t *select) {
  unsigned needs = 0;
  for (unsigned i = 0; i < TG_SERVER_WHO_COUNT; i++) {
    if (select->who[i]) needs |= 1U << i;
  }
  return needs;
}

void tg_quirk_find(const tg_server_config_t *config, const tg_quirk_device_t *device, tg_server_quirk_t *found) {
  *found = (tg_server_quirk_t){.content_format = TG_CF_NONE, .block_szx = TG_SERVER_SZX_ANY};
  for (size_t i = 0; i < config->quirk_count; i++) {
    const tg_server_quirk_t *profile = &config->quirks[i];
    if (!tg_quirk_selects(&profile->select, device)) continue;
    found->quirks |= profile->quirks;
    if (profile->content_format != TG_CF_NONE) found->content_format = profile->content_format;
    if (profile->block_szx != TG_SERVER_SZX_ANY) found->block_szx = profile->block_szx;
  }
}
