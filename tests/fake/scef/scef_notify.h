/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_NOTIFY_H
#define TG_TESTS_FAKE_SCEF_NOTIFY_H

/**
 * Notifications to the SCS/AS (TS 29.122 §5.6.3): one queue per device, one POST of it in flight, so order is kept.
 * No answer, 408, 429 and 5xx are tried again with growing pauses until the queue's bound makes new ones fall; any
 * other answer ends a notification.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fake/scef/scef_state.h"

struct json_object;

/** Sets libcurl up. @return false where it can't be */
bool tg_scef_notify_init(tg_scef_t *scef);

/** Ends everything in flight and frees libcurl's handles; queues stay for tg_scef_state_fini(). */
void tg_scef_notify_fini(tg_scef_t *scef);

/** NiddUplinkDataNotification with bytes (borrowed); late or twice where the behaviour says so. */
void tg_scef_notify_uplink(tg_scef_config_t *config, const uint8_t *data, size_t size);

/** NiddDownlinkDataDeliveryStatusNotification; @p retry_at is a wall clock or -1. */
void tg_scef_notify_delivery(tg_scef_delivery_t *delivery, int64_t retry_at);

/** NiddConfigurationStatusNotification with @p status (borrowed). */
void tg_scef_notify_configuration(tg_scef_config_t *config, const char *status);

/** TestNotification. */
void tg_scef_notify_test(tg_scef_config_t *config);

/** Waits up to @p limit ms for libcurl's sockets, the loop's or the HTTP server's descriptor (-1: none). */
void tg_scef_notify_wait(tg_scef_t *scef, int http_fd, int limit);

/** Moves transfers on and deals with the finished ones. Never blocks. */
void tg_scef_notify_run(tg_scef_t *scef);

#endif
