/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_MQTT_TOPIC_H
#define TG_CORE_MQTT_TOPIC_H

/** Topic names: what may be published, what a filter matches, and foreign names as one topic level (security.md §2.16). */

#include "core/base/buf.h"

/** Levels a topic may have. */
#define TG_TOPIC_LEVELS_MAX 32

/** Checks a topic that is to be published: 1–65535 bytes of UTF-8, no `+ # NUL`, at most TG_TOPIC_LEVELS_MAX levels, first level not `$…`. TG_E_ARG, TG_E_TOO_LONG, TG_E_ENCODING. */
TG_MUST_CHECK tg_rc_t tg_topic_check(tg_slice_t topic);

/** Checks a subscription filter (MQTT 5 §4.7): `+` alone in its level, `#` alone and last. TG_E_ARG, TG_E_TOO_LONG, TG_E_ENCODING. */
TG_MUST_CHECK tg_rc_t tg_topic_check_filter(tg_slice_t filter);

/** Whether @p filter matches @p topic; wildcards at the first level do not match `$…` topics. */
bool tg_topic_matches(tg_slice_t filter, tg_slice_t topic);

/** Appends @p name as one level: every byte outside A–Z a–z 0–9 - . _ ~ : @ becomes %XX (upper case). The empty name becomes `%`. */
void tg_topic_put_level(tg_buf_t *out, tg_slice_t name);

/** The exact inverse. Other spellings (`%2f`, `%41`, an unescaped blank) are TG_E_SYNTAX: one name has one topic. */
TG_MUST_CHECK tg_rc_t tg_topic_get_level(tg_slice_t level, tg_buf_t *name);

#endif
