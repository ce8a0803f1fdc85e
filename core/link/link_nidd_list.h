/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_LIST_H
#define TG_CORE_LINK_LINK_NIDD_LIST_H

/** The list of configurations that the SCEF keeps for us (T8 operation N1): read whenever there are new devices. */

#include "core/link/link_nidd_state.h"

/** Sets up the timer that reads the list; tg_link_nidd_conf_add() starts it. */
void tg_link_nidd_list_init(tg_link_nidd_t *nidd);

#endif
