/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_CONF_H
#define TG_CORE_LINK_LINK_NIDD_CONF_H

/** The life of the NIDD configurations: found again after a restart, created, renewed before they expire, made anew when they are lost. */

#include "core/link/link_nidd_state.h"

/** Sets up the timers of a link. */
void tg_link_nidd_conf_init(tg_link_nidd_t *nidd);

/** Begins with a new device: looks for its configuration at the SCEF, soon, together with other new ones. */
void tg_link_nidd_conf_add(tg_link_nidd_device_t *device);

/** The SCEF does not know the configuration any more: it is created anew, at once at first, later with pauses. */
void tg_link_nidd_conf_lost(tg_link_nidd_device_t *device);

/** The network withdrew the device's permission (TERMINATED_UE_NOT_AUTHORIZED): it cannot be reached; tried again after an hour. */
void tg_link_nidd_conf_denied(tg_link_nidd_device_t *device);

/** The network says that the configuration is in force (ACTIVE). */
void tg_link_nidd_conf_active(tg_link_nidd_device_t *device);

/** Deletes the configuration of a device that is being removed. */
void tg_link_nidd_conf_delete(tg_link_nidd_device_t *device);

#endif
