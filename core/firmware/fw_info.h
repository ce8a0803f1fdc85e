/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_INFO_H
#define TG_CORE_FIRMWARE_FW_INFO_H

/** What is kept beside an image, as text of lines `key value`; the reader believes nothing. */

#include "core/firmware/firmware.h"

/** Appends version, size, digest and time of @p image. */
void tg_fw_info_encode(const tg_fw_image_t *image, tg_buf_t *out);

/** Reads what tg_fw_info_encode() wrote; image->version is written into @p version, name and users are left alone. TG_E_CORRUPT. */
TG_MUST_CHECK tg_rc_t tg_fw_info_decode(tg_slice_t text, char version[TG_FW_VERSION_MAX + 1], tg_fw_image_t *image);

/** Whether a version can be kept: at most TG_FW_VERSION_MAX printable bytes without control characters. */
bool tg_fw_info_is_version(tg_slice_t version);

#endif
