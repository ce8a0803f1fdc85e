/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_DEVICE_TWIN_ANNOUNCED_H
#define TG_CORE_DEVICE_TWIN_ANNOUNCED_H

/** Private to core/device: what a device announced with its registration, as one thing that is there whole or not at all. */

#include "core/device/twin.h"

/** Versions, then objects ascending and each once, in one block that begins where `versions` points; `{0}`: nothing. */
typedef struct tg_twin_announced {
  tg_model_version_t *versions;
  tg_path_t *objects;
  uint16_t version_count;
  uint16_t object_count;
  char *wire_ep; /* NULL where there is none */
  char *tags;
} tg_twin_announced_t;

/** Copies it from @p info; the caller frees or gives it. TG_E_ARG above 65,535 objects or versions, TG_E_NOMEM: nothing is left then. */
TG_MUST_CHECK tg_rc_t tg_twin_announced_make(const tg_device_info_t *info, tg_twin_announced_t *announced);

/** Frees what was made and not given. */
void tg_twin_announced_free(const tg_twin_announced_t *announced);

/** @p device takes it over, instead of what it had. */
void tg_twin_announced_give(const tg_twin_announced_t *announced, tg_twin_device_t *device);

#endif
