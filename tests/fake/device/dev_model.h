/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_DEVICE_DEV_MODEL_H
#define TG_TESTS_FAKE_DEVICE_DEV_MODEL_H

/** What a simulated device has: objects 1, 3, 3303, 3311 and, where it is asked for, 5, their definitions and values. */

#include "tests/fake/device/dev.h"

/** Definitions for the codecs, owned by the caller (tg_registry_free()); NULL without memory. */
tg_registry_t *tg_dev_model_new(void);

/** Gives @p dev its first values. */
void tg_dev_model_init(tg_dev_t *dev);

/** Operations (TG_OPS_…) of the resource at @p path, which may name a resource instance; -1 where there is none. */
int tg_dev_model_ops(const tg_dev_t *dev, const tg_path_t *path);

/** Whether anything lies at or below @p path. */
bool tg_dev_model_exists(const tg_dev_t *dev, const tg_path_t *path);

/** The i-th path of the device in ascending order; false behind the last one. Executables are among them. */
bool tg_dev_model_path(const tg_dev_t *dev, size_t i, tg_path_t *path);

/** Copies the readable records at or below @p path to @p records (room for TG_DEV_RESOURCES_MAX); values are lent from @p dev. */
size_t tg_dev_model_select(const tg_dev_t *dev, const tg_path_t *path, tg_record_t *records);

/** Sets a value of the right type. TG_E_NOT_FOUND, TG_E_TYPE, TG_E_TOO_LONG. */
TG_MUST_CHECK tg_rc_t tg_dev_model_set(tg_dev_t *dev, const tg_path_t *path, const tg_value_t *value);

/** Sets a value from text as LwM2M spells it. TG_E_NOT_FOUND, TG_E_SYNTAX … */
TG_MUST_CHECK tg_rc_t tg_dev_model_set_text(tg_dev_t *dev, const tg_path_t *path, tg_slice_t text);

/** Sets a text that may be long: its bytes stay the caller's (kept until the next one). Not for paths that are not there. */
void tg_dev_model_lend(tg_dev_t *dev, const tg_path_t *path, tg_slice_t text);

/** Sets a number from inside the device and tells observers' side nothing; the path must be there. */
void tg_dev_model_put(tg_dev_t *dev, const tg_path_t *path, int64_t number);

/** Whether the boolean at @p path is there and true. */
bool tg_dev_model_is(const tg_dev_t *dev, const tg_path_t *path);

/** The number at @p path, NAN where there is none. */
double tg_dev_model_number(const tg_dev_t *dev, const tg_path_t *path);

#endif
