/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_FW_H
#define TG_TESTS_FAKE_DEVICE_DEV_FW_H

/**
 * Object 5 of a simulated device: the state machine of LwM2M Core 1.1 Appendix E.6, with what is told to go wrong. Images come by push
 * (dev_push.h) or pull (dev_pull.h). Everything but tg_dev_fw_new() is only for devices that have it (dev->fw).
 */

#include "tests/fake/device/dev.h"

/** Values of /5/0/3. */
enum { TG_DEV_FW_IDLE, TG_DEV_FW_DOWNLOADING, TG_DEV_FW_DOWNLOADED, TG_DEV_FW_UPDATING };

/** Gives @p dev its object 5 where the command line wants one; false without memory. */
bool tg_dev_fw_new(tg_dev_t *dev);

/** Takes it away again. */
void tg_dev_fw_free(tg_dev_t *dev);

/** The value of /5/0/3. */
int tg_dev_fw_state(const tg_dev_t *dev);

/** Whether the device is fetching an image itself. */
bool tg_dev_fw_is_pulling(const tg_dev_t *dev);

/** The bytes of the image that are there. */
tg_slice_t tg_dev_fw_image(const tg_dev_t *dev);

/** An image is about to be pushed: Downloading, with nothing of it there. */
void tg_dev_fw_begin(tg_dev_t *dev);

/** Adds pushed bytes. TG_E_TOO_LONG (more than an image may have), TG_E_IO (told to fail): it is Idle again then, with a result. */
TG_MUST_CHECK tg_rc_t tg_dev_fw_append(tg_dev_t *dev, tg_slice_t bytes);

/** The image is there: keeps it in a file where one is wanted, checks it; Downloaded, or Idle with a result. */
void tg_dev_fw_complete(tg_dev_t *dev);

/** Drops image and URI: Idle, result 0. */
void tg_dev_fw_reset(tg_dev_t *dev);

/** Whether the Package URI may be written. TG_E_METHOD in this state, or where it is for push only; TG_E_TOO_LONG. */
TG_MUST_CHECK tg_rc_t tg_dev_fw_check_uri(const tg_dev_t *dev, tg_slice_t uri);

/** Takes the Package URI: begins to download, or with an empty one forgets everything. */
void tg_dev_fw_set_uri(tg_dev_t *dev, tg_slice_t uri);

/** Whether Update (2) or Cancel (10) may be executed now. TG_E_METHOD. */
TG_MUST_CHECK tg_rc_t tg_dev_fw_check_execute(const tg_dev_t *dev, uint16_t rid);

/** Executes Update (2) or Cancel (10). */
void tg_dev_fw_execute(tg_dev_t *dev, uint16_t rid);

/** The device restarts: a push that was under way is lost, a pull begins anew, a whole image stays. */
void tg_dev_fw_restarted(tg_dev_t *dev);

/** Downloads, installs, ends a deferral. */
void tg_dev_fw_tick(tg_dev_t *dev, uint64_t now_ms);

/** The descriptor that a download waits for; -1: none. */
int tg_dev_fw_fd(const tg_dev_t *dev);

#endif
