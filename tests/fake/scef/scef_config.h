/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_CONFIG_H
#define TG_TESTS_FAKE_SCEF_CONFIG_H

/** NIDD configurations: N1 to N5 (TS 29.122 §4.4.5.2), and what the network does to them by itself. */

#include "tests/fake/scef/scef_reply.h"
#include "tests/fake/scef/scef_state.h"

/** N1: the configurations of one SCS/AS (decoded id, borrowed). */
void tg_scef_config_list(tg_scef_t *scef, const char *scs, tg_scef_reply_t *reply);

/** N2: creates one from a NiddConfiguration (borrowed, a JSON object). */
void tg_scef_config_create(tg_scef_t *scef, const char *scs, const tg_scef_request_t *request, struct json_object *body,
                           tg_scef_reply_t *reply);

/** N3: one configuration. */
void tg_scef_config_read(tg_scef_config_t *config, tg_scef_reply_t *reply);

/** N4: applies a NiddConfigurationPatch (borrowed) as merge patch (RFC 7396). */
void tg_scef_config_patch(tg_scef_config_t *config, struct json_object *patch, tg_scef_reply_t *reply);

/** N5: removes it. */
void tg_scef_config_delete(tg_scef_config_t *config, tg_scef_reply_t *reply);

/** Lets the configuration end in @p ms from now; its `duration` tells. */
void tg_scef_config_shorten(tg_scef_config_t *config, int64_t ms);

/** The NiddConfiguration as it is answered; the caller takes it. */
struct json_object *tg_scef_config_show(tg_scef_config_t *config);

#endif
