/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_FOLDER_H
#define TG_CORE_FIRMWARE_FW_FOLDER_H

/** The files of images: a copy becomes an image by two renames, the second of which (NAME.info) makes it one. What is found half made goes. */

#include "core/firmware/firmware.h"

typedef struct tg_fw_folder tg_fw_folder_t;

/** Opens @p path and makes it (0700) where it is missing. TG_E_IO with @p diag, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_fw_folder_open(const char *path, tg_diag_t *diag, tg_fw_folder_t **folder);

/** Closes it. NULL is allowed. */
void tg_fw_folder_close(tg_fw_folder_t *folder);

/** An image that was found; members but name and users are set. Other than TG_OK ends the walk. */
typedef tg_rc_t (*tg_fw_folder_fn)(void *ud, tg_slice_t name, const tg_fw_image_t *image);

/** Reads all images, checks their digests, sets damaged ones aside and removes leavings. Blocks. @return TG_OK, or what @p fn said */
TG_MUST_CHECK tg_rc_t tg_fw_folder_read(tg_fw_folder_t *folder, tg_fw_folder_fn fn, void *ud);

/** Copies @p file to a temporary name, on disk when it returns, and sets size and sha256 of @p image. An empty file is TG_E_ARG; more than @p size_max TG_E_TOO_LONG; TG_E_IO, TG_E_NOMEM; all with @p diag. */
TG_MUST_CHECK tg_rc_t tg_fw_folder_copy(tg_fw_folder_t *folder, const char *file, uint64_t size_max,
                                        tg_fw_image_t *image, tg_diag_t *diag);

/** Removes what tg_fw_folder_copy() made. */
void tg_fw_folder_discard(tg_fw_folder_t *folder);

/** Makes the copy the image that @p image says. TG_E_IO with @p diag: nothing is left. */
TG_MUST_CHECK tg_rc_t tg_fw_folder_commit(tg_fw_folder_t *folder, const tg_fw_image_t *image, tg_diag_t *diag);

/** Removes the files of image @p name. */
void tg_fw_folder_del(tg_fw_folder_t *folder, const char *name);

/** Opens the bytes of image @p name for reading; -1 with errno. Owned by the caller. */
int tg_fw_folder_fd(const tg_fw_folder_t *folder, const char *name);

#endif
