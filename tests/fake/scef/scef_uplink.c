/* SPDX-License-Identifier: Apache-2.0 */
/* The fake SCEF's uplink: relay -> here -> notify and carry. See scef_uplink.h. */

#include "tests/fake/scef/scef_uplink.h"

#include "tests/fake/scef/scef_carry.h"
#include "tests/fake/scef/scef_notify.h"

void tg_scef_uplink_take(tg_scef_device_t *device, const uint8_t *data, size_t size) {
  tg_scef_config_t *config = tg_scef_state_find_config(device->scef, device);
  if (config == NULL) {
    device->counts.uplinks_unconfigured++;
    return;
  }
  tg_scef_notify_uplink(config, data, size);
  for (config = device->scef->configs; config != NULL; config = config->next) {
    if (config->device == device) tg_scef_carry_on_uplink(config);
  }
}
