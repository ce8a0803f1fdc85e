/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_LINK_LINK_NIDD_DELIVERY_H
#define TG_CORE_LINK_LINK_NIDD_DELIVERY_H

/**
 * One datagram's life on its way down: it is QUEUED, then POSTING, and then done with, or BUFFERED until a status notification comes.
 * Every end is told once through tx(), never from inside send() or cancel().
 */

#include "core/link/link_nidd_state.h"
#include "core/link/t8_json.h"

/** Makes one that is QUEUED, the last of its device; the datagram is copied. TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_link_nidd_delivery_new(tg_link_nidd_device_t *device, const tg_link_send_t *send,
                                                tg_link_nidd_delivery_t **delivery);

/** Takes it out of its device and frees it, in silence. */
void tg_link_nidd_delivery_free(tg_link_nidd_delivery_t *delivery);

/** The oldest of a device in that stage, or NULL. */
tg_link_nidd_delivery_t *tg_link_nidd_delivery_first(const tg_link_nidd_device_t *device, tg_link_nidd_stage_t stage);

/** The one whose resource at the SCEF has that URL, or NULL. */
tg_link_nidd_delivery_t *tg_link_nidd_delivery_find(const tg_link_nidd_device_t *device, tg_slice_t url);

/** It waits to be posted; it fails at its deadline. */
void tg_link_nidd_delivery_queue(tg_link_nidd_delivery_t *delivery);

/** The SCEF keeps it as resource @p url (empty: it named none), at most for its latency; when no word has come a minute after that, none will. */
void tg_link_nidd_delivery_buffer(tg_link_nidd_delivery_t *delivery, tg_slice_t url);

/** Tells that the SCEF keeps it until @p retry_at_ms (monotonic, 0 = not said). */
void tg_link_nidd_delivery_tell_held(tg_link_nidd_delivery_t *delivery, uint64_t retry_at_ms);

/** Its end: freed, the pump started, then told of. @p retry_at_ms is monotonic, 0 = not said. */
void tg_link_nidd_delivery_finish(tg_link_nidd_delivery_t *delivery, tg_link_tx_t tx, uint64_t retry_at_ms);

/** FAILED since the device was not reached, which therefore sleeps. */
void tg_link_nidd_delivery_finish_unreached(tg_link_nidd_delivery_t *delivery, uint64_t retry_at_ms);

/** What the SCEF said, in our words. */
tg_link_nidd_news_t tg_link_nidd_delivery_news(const tg_link_nidd_t *nidd, const tg_t8_json_delivery_t *said);

/** Takes news: it is held, or it ends. */
void tg_link_nidd_delivery_take(tg_link_nidd_delivery_t *delivery, const tg_link_nidd_news_t *news);

#endif
