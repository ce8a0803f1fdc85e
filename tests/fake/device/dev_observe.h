/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_OBSERVE_H
#define TG_TESTS_FAKE_DEVICE_DEV_OBSERVE_H

/** Observations of a simulated device: attributes, when to notify, and the notifications (RFC 7641, LwM2M Core 1.1 §5.1.2, §6.4). */

#include "tests/fake/device/dev.h"

/** Takes one attribute, `pmin=5` or, to remove it, `pmin`. TG_E_SYNTAX for an unknown one, TG_E_FULL. */
TG_MUST_CHECK tg_rc_t tg_dev_observe_attribute(tg_dev_t *dev, const tg_path_t *path, tg_slice_t text);

/** The attributes given at @p path itself, or NULL. */
const tg_dev_attributes_t *tg_dev_observe_attributes(const tg_dev_t *dev, const tg_path_t *path);

/** Begins or replaces (same token or path) an observation; NULL when there are too many. */
tg_dev_observation_t *tg_dev_observe_add(tg_dev_t *dev, const tg_coap_msg_t *request, const tg_path_t *path,
                                         int format);

/** Ends the observation with this token. */
void tg_dev_observe_cancel(tg_dev_t *dev, const uint8_t *token, size_t len);

/** Ends the observation whose last notification had this message id: it was reset. */
void tg_dev_observe_reset(tg_dev_t *dev, uint16_t mid);

/** Ends all. */
void tg_dev_observe_clear(tg_dev_t *dev);

/** Says that the value at @p path changed. */
void tg_dev_observe_changed(tg_dev_t *dev, const tg_path_t *path);

/** Sends the notifications that are due. */
void tg_dev_observe_tick(tg_dev_t *dev, uint64_t now_ms);

/** Encodes the readable values at or below @p path; the format may be TG_CF_NONE (picked by version and depth) and is told back. */
TG_MUST_CHECK tg_rc_t tg_dev_observe_encode(const tg_dev_t *dev, const tg_path_t *path, int *format, tg_buf_t *out);

/** Tells that a confirmable notification was acknowledged. */
void tg_dev_observe_acknowledged(const tg_dev_t *dev, const tg_dev_flight_t *flight);

#endif
