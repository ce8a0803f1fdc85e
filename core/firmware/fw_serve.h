/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_SERVE_H
#define TG_CORE_FIRMWARE_FW_SERVE_H

/** Which update a device fetches, by the path that only it was told; for the file servers of CoAP and HTTP. */

#include "core/firmware/fw_job.h"

/** Makes the secret part of the path of update @p id: `ID.RANDOM`, both hexadecimal; found without an index, guessed by nobody. */
void tg_fw_serve_token(tg_firmware_t *firmware, tg_fw_row_t *row, uint64_t id);

/** The update that @p path (`/fw/TOKEN`) belongs to, while it may be fetched; NULL: none. @param ud the tg_firmware_t */
tg_fw_job_t *tg_fw_serve_find(void *ud, tg_slice_t path);

/** Bytes up to @p end are on their way to the device. */
void tg_fw_serve_fetched(tg_fw_job_t *job, uint64_t end);

/** Opens the HTTP file server where one is configured. The errors of tg_fw_http_open(). */
TG_MUST_CHECK tg_rc_t tg_fw_serve_open(tg_firmware_t *firmware, tg_diag_t *diag);

#endif
