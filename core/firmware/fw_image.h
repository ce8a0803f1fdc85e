/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_IMAGE_H
#define TG_CORE_FIRMWARE_FW_IMAGE_H

/**
 * Images in a folder: NAME.img with the bytes, NAME.info with version, size and digest as text. Both come by rename after they are on disk; what
 * does not fit its digest when the folder is read is set aside (NAME.img.damaged) and logged. Bytes are mapped when they are first lent.
 */

#include "core/firmware/firmware.h"

enum { TG_FW_IMAGES_MAX = 256 };

typedef struct tg_fw_images tg_fw_images_t;
typedef struct tg_fw_image_slot tg_fw_image_slot_t;

/** Reads @p folder (made where it is missing; NULL: an empty set that takes none). @p size_max: bytes of one image. TG_E_IO with @p diag, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_fw_image_open(const char *folder, uint64_t size_max, tg_diag_t *diag, tg_fw_images_t **images);

/** Unmaps and frees all. NULL is allowed. */
void tg_fw_image_close(tg_fw_images_t *images);

/** Whether @p as (its name is) could be added. @p known: an image of that name is there. TG_E_STATE (no folder), TG_E_FULL; with @p diag. */
TG_MUST_CHECK tg_rc_t tg_fw_image_check(const tg_fw_images_t *images, tg_slice_t name, bool *known, tg_diag_t *diag);

/** Writes the files of @p image, whose name and version are set, from @p file, sets its size and digest; where it is @p known nothing stays written. Blocks; may run in another thread, one at a time, while images are added by nobody else. As tg_fw_added_fn tells, with @p diag. */
TG_MUST_CHECK tg_rc_t tg_fw_image_write(const tg_fw_images_t *images, bool known, const char *file,
                                        tg_fw_image_t *image, tg_diag_t *diag);

/** Takes what was written well into the set or, where it was @p known, compares. TG_E_EXISTS, TG_E_AGAIN, TG_E_NOMEM; with @p diag. */
TG_MUST_CHECK tg_rc_t tg_fw_image_take(tg_fw_images_t *images, bool known, const tg_fw_image_t *image, tg_diag_t *diag);

/** Removes an image. TG_E_NOT_FOUND; TG_E_STATE while it has users. */
TG_MUST_CHECK tg_rc_t tg_fw_image_del(tg_fw_images_t *images, tg_slice_t name);

/** The image called @p name, or NULL; lent until images change. */
tg_fw_image_slot_t *tg_fw_image_find(const tg_fw_images_t *images, tg_slice_t name);

/** What is known of it; lent until images change. */
const tg_fw_image_t *tg_fw_image_get(const tg_fw_image_slot_t *slot);

/** Walks the images by name; return false to stop. */
void tg_fw_image_each(const tg_fw_images_t *images, bool (*fn)(void *ud, const tg_fw_image_t *image), void *ud);

/** One user more (@p by 1) or less (-1). */
void tg_fw_image_use(tg_fw_image_slot_t *slot, int by);

/** Its bytes, lent as long as it has users and otherwise until images change. TG_E_IO where they can't be mapped. */
TG_MUST_CHECK tg_rc_t tg_fw_image_bytes(tg_fw_images_t *images, tg_fw_image_slot_t *slot, tg_slice_t *bytes);

/** An open descriptor of its file, owned by the caller; -1 where it can't be opened. */
int tg_fw_image_fd(const tg_fw_images_t *images, const tg_fw_image_slot_t *slot);

#endif
