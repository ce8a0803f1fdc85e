/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_RECALL_H
#define TG_CORE_LINK_LINK_NIDD_RECALL_H

/** What an earlier process left at the SCEF for a device: nobody waits for its answer any more, and it must not arrive behind what is sent now. */

#include "core/link/link_nidd_state.h"

/** Asks for the deliveries of @p device, whose configuration is in force, and takes them back. device->recalling is not 0 until that is done, then its pump is started. Where it can't be asked nothing happens. */
void tg_link_nidd_recall_begin(tg_link_nidd_device_t *device);

#endif
