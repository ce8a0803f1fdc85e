/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_CONF_H
#define TG_CORE_LINK_LINK_NIDD_CONF_H

/** The life of the NIDD configurations: found again after a restart, created, renewed before they expire, made anew when they are lost. */

#include "core/link/link_nidd_state.h"
#include "core/link/t8_json.h"

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

/** Takes over the configuration @p conf, whose URL is the device's already; its destination is corrected when it is not ours of now. */
void tg_link_nidd_conf_adopt(tg_link_nidd_device_t *device, const tg_t8_json_conf_t *conf);

/** The list has nothing for a new device: its remembered configuration is read, or one created. */
void tg_link_nidd_conf_begin(tg_link_nidd_device_t *device);

/** Deletes a configuration at the SCEF that nobody needs. */
void tg_link_nidd_conf_delete_url(tg_link_nidd_t *nidd, const char *url);

#endif
