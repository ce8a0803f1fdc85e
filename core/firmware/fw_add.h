/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_ADD_H
#define TG_CORE_FIRMWARE_FW_ADD_H

/** Images on their way in, one after the other, each copied by a thread of its own: the loop has other traffic to see to. For core/firmware only. */

#include "core/firmware/fw_job.h"

/** Makes one that adds to @p images (kept) beside @p loop (kept; NULL: in the caller's time). NULL without memory. */
tg_fw_adder_t *tg_fw_add_new(tg_loop_t *loop, tg_fw_images_t *images);

/** Waits for the image that is being copied; those behind it are not begun, nobody is told. Images may be closed afterwards. NULL is allowed. */
void tg_fw_add_free(tg_fw_adder_t *adder);

/** See tg_firmware_image_add(). */
TG_MUST_CHECK tg_rc_t tg_fw_add(tg_fw_adder_t *adder, const tg_fw_addition_t *addition, tg_diag_t *diag);

/** See tg_firmware_image_forget(). */
void tg_fw_add_forget(tg_fw_adder_t *adder, const void *ud);

#endif
