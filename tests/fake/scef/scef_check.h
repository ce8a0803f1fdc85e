/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_CHECK_H
#define TG_TESTS_FAKE_SCEF_CHECK_H

/** The schemas of TS 29.122 §5.6.2 that a request body must meet. Unknown members pass, as 3GPP asks. */

#include <stdbool.h>

struct json_object;

/** Which schema. */
typedef enum tg_scef_schema {
  TG_SCEF_CONFIGURATION,       /* NiddConfiguration */
  TG_SCEF_CONFIGURATION_PATCH, /* NiddConfigurationPatch */
  TG_SCEF_TRANSFER,            /* NiddDownlinkDataTransfer */
  TG_SCEF_TRANSFER_PATCH,      /* NiddDownlinkDataTransferPatch */
} tg_scef_schema_t;

/**
 * Checks a request body.
 *
 * @param body  borrowed
 * @param base  JSON pointer of @p body in the request, "" for the whole
 * @return array of InvalidParam, empty where all is well; the caller takes it
 */
struct json_object *tg_scef_check_body(tg_scef_schema_t schema, struct json_object *body, const char *base);

/** The identity in a body (externalId, msisdn or externalGroupId). @return lent by @p body, or NULL */
const char *tg_scef_check_identity(struct json_object *body);

/** True for `local@domain` with exactly one `@`, or for 5 to 15 digits. */
bool tg_scef_check_is_identity(const char *id);

/** True where @p url is an absolute http or https URI with a host. */
bool tg_scef_check_is_url(const char *url);

#endif
