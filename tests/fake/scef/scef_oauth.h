/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_OAUTH_H
#define TG_TESTS_FAKE_SCEF_OAUTH_H

/** OAuth2 client credentials (RFC 6749 §4.4) and bearer tokens (RFC 6750), on where `--oauth` was given. */

#include <stdbool.h>

#include "tests/fake/scef/scef_reply.h"
#include "tests/fake/scef/scef_state.h"

/** POST /oauth2/token. */
void tg_scef_oauth_grant(tg_scef_t *scef, const tg_scef_request_t *request, tg_scef_reply_t *reply);

/** Checks the request's bearer token. @return false with 401 in @p reply; true also where no token is asked for */
bool tg_scef_oauth_check(tg_scef_t *scef, const tg_scef_request_t *request, tg_scef_reply_t *reply);

/** Makes every token given out so far invalid; also frees them. */
void tg_scef_oauth_revoke(tg_scef_t *scef);

#endif
