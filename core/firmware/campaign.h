/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_CAMPAIGN_H
#define TG_CORE_FIRMWARE_CAMPAIGN_H

/**
 * Campaigns: one image to many devices, in waves, with limits and a stop rule, kept in the store: a campaign goes on after a restart.
 * Who is in it is looked up when a wave begins, so devices that register later are found as well while it runs.
 */

#include "core/firmware/firmware.h"

typedef struct tg_campaigns tg_campaigns_t;

enum { TG_CAMPAIGN_LIMITS_MAX = 8 };

/** Where a campaign stands; the last three end it. */
typedef enum tg_campaign_state {
  TG_CAMPAIGN_RUNNING,
  TG_CAMPAIGN_PAUSED,  /* by a person; updates under way go on, no new ones begin */
  TG_CAMPAIGN_STOPPED, /* by its stop rule: can be resumed */
  TG_CAMPAIGN_DONE,    /* every device it is for has ended; none is offline or has not said yet who it is */
  TG_CAMPAIGN_CANCELLED,
  TG_CAMPAIGN_STATE_COUNT
} tg_campaign_state_t;

/** At most so many transfers at once over one link. */
typedef struct tg_campaign_limit {
  const char *link;
  uint32_t parallel;
} tg_campaign_limit_t;

/** What a campaign is. Borrowed; strings "" or NULL where not given. */
typedef struct tg_campaign_spec {
  const char *name; /* [A-Za-z0-9._-]+ */
  const char *image;
  const char *ep;           /* glob; NULL = all devices that announce object 5 */
  const char *link;         /* name of a link */
  const char *tag;          /* glob of one of its tags, see tg_device_t */
  const char *manufacturer; /* last known /3/0/0; a device of which it is not known is asked */
  const char *model;        /* last known /3/0/1, likewise */
  const char *from_version; /* last known /3/0/3, glob, likewise */
  tg_fw_method_t method;
  int severity;           /* as tg_fw_request_t */
  int64_t defer_s;        /* as tg_fw_request_t */
  uint32_t wave;          /* devices of the first wave; 0 = all at once */
  uint32_t wave_growth;   /* per cent by which each wave is larger than the one before: 100 doubles it; 0 = all equal */
  uint32_t parallel;      /* updates at once, with those that wait for a device to wake; 0 = 64 */
  uint32_t stop_failures; /* stops when so many have failed; 0 = not */
  uint32_t
      stop_percent; /* stops when so many per cent of those that ended (at least 10, or a whole wave) have failed; 0 = not */
  uint32_t update_expiry_s;          /* of one device; 0 = 7 days */
  const tg_campaign_limit_t *limits; /* by link */
  size_t limit_count;
} tg_campaign_spec_t;

/** How a campaign stands; lent until the loop turn ends. */
typedef struct tg_campaign {
  const tg_campaign_spec_t *spec;
  tg_campaign_state_t state;
  const char *cause; /* of the last change, for people */
  uint32_t wave;     /* number of the present one, from 1 */
  uint32_t running, done, failed, cancelled, unknown;
  uint32_t left; /* devices it is for that have not been begun, as of the last look at all devices */
  int64_t begun_ms;
  int64_t changed_ms;
} tg_campaign_t;

/** Seam: told of each change of a campaign; of mere numbers at most once a second. */
typedef void (*tg_campaign_changed_fn)(void *ud, const tg_campaign_t *campaign);

/** Makes them and reads back what the store (kept, may be NULL) has. All parts are kept. TG_E_STORE, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_campaigns_open(tg_firmware_t *firmware, tg_twin_t *twin, tg_wheel_t *wheel, tg_store_t *store,
                                        tg_campaigns_t **campaigns);

/** To be called before tg_firmware_close(); campaigns go on at the next start. NULL is allowed. */
void tg_campaigns_close(tg_campaigns_t *campaigns);

/** Adds a listener of changes; at most 8. TG_E_FULL. */
TG_MUST_CHECK tg_rc_t tg_campaigns_listen(tg_campaigns_t *campaigns, tg_campaign_changed_fn fn, void *ud);

/** Ends the listening of exactly this fn and ud. Safe inside a call. */
void tg_campaigns_unlisten(tg_campaigns_t *campaigns, tg_campaign_changed_fn fn, void *ud);

/** Begins a campaign. TG_E_EXISTS (name), TG_E_NOT_FOUND (image), TG_E_ARG, TG_E_FULL (32 that have not ended), TG_E_NOMEM, with @p diag. */
TG_MUST_CHECK tg_rc_t tg_campaigns_start(tg_campaigns_t *campaigns, const tg_campaign_spec_t *spec, tg_diag_t *diag);

/** No new updates begin. TG_E_NOT_FOUND, TG_E_STATE. */
TG_MUST_CHECK tg_rc_t tg_campaigns_pause(tg_campaigns_t *campaigns, tg_slice_t name);

/** Goes on after a pause or its stop rule (which counts from zero then). TG_E_NOT_FOUND, TG_E_STATE. */
TG_MUST_CHECK tg_rc_t tg_campaigns_resume(tg_campaigns_t *campaigns, tg_slice_t name);

/** Ends it; its updates that wait or transfer are cancelled. TG_E_NOT_FOUND, TG_E_STATE. */
TG_MUST_CHECK tg_rc_t tg_campaigns_cancel(tg_campaigns_t *campaigns, tg_slice_t name);

/** The campaign called @p name; false: none. */
bool tg_campaigns_find(const tg_campaigns_t *campaigns, tg_slice_t name, tg_campaign_t *campaign);

/** Walks campaigns, newest first; return false to stop. */
void tg_campaigns_each(const tg_campaigns_t *campaigns, bool (*fn)(void *ud, const tg_campaign_t *campaign), void *ud);

/** Lower-case name of a state. */
const char *tg_campaigns_state_name(tg_campaign_state_t state);

#endif
