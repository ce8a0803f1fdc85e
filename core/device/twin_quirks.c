/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/device: what a source tolerates of its devices, and how often it had to. The twin does not know what the bits mean. See device.h. */

#include "core/base/alloc.h"
#include "core/device/twin.h"

enum { BITS = 32 };

void tg_twin_quirks_set(tg_twin_t *twin, tg_id_t id, uint32_t quirks) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (device) device->pub.quirks = quirks;
}

/* Counting is a service to people: without memory for it nothing is lost but a number. */
void tg_twin_quirks_count(tg_twin_t *twin, tg_id_t id, uint32_t quirks) {
  tg_twin_device_t *device = tg_twin_device_of(twin, id);
  if (!device || !quirks) return;
  device->pub.quirks |= quirks;
  if (!device->pub.quirk_counts) device->pub.quirk_counts = tg_alloc_array(BITS, sizeof(uint32_t));
  uint32_t *counts = (uint32_t *)(uintptr_t)device->pub.quirk_counts; /* the twin's own, lent to others as const */
  for (unsigned i = 0; counts && i < BITS; i++) {
    if ((quirks >> i & 1) && counts[i] != UINT32_MAX) counts[i]++;
  }
}
