/* SPDX-License-Identifier: Apache-2.0 */
/* From JSON requests to campaigns and back; called by control_ops.c. See control_campaign.h. */

#include "bindings/host/control_campaign.h"

#include <stdio.h>

#include "bindings/host/control_fields.h"

enum { TEXT_MAX = 256, DEVICES_MAX = 4000000, PERCENT_MAX = 100, GROWTH_MAX = 10000, EXPIRY_MAX = 365 * 24 * 3600 };

/* A campaign while it is read from a request. */
typedef struct draft {
  tg_campaign_spec_t spec;
  tg_campaign_limit_t limits[TG_CAMPAIGN_LIMITS_MAX];
  char links[TG_CAMPAIGN_LIMITS_MAX][TEXT_MAX];
  char text[8][TEXT_MAX];
} draft_t;

static tg_campaigns_t *campaigns_of(const tg_control_t *control, const tg_control_request_t *request) {
  tg_campaigns_t *campaigns = control->config.parts.campaigns;
  if (!campaigns)
    tg_control_reply_error(request->conn, &request->tag, TG_E_UNSUPPORTED, "this gateway does no firmware updates");
  return campaigns;
}

static bool read_limit(void *ud, tg_slice_t link, const tg_json_node_t *value) {
  draft_t *draft = ud;
  size_t at = draft->spec.limit_count;
  uint64_t parallel = 0;
  draft->spec.limit_count = SIZE_MAX; /* unless it is fine */
  if (at >= TG_CAMPAIGN_LIMITS_MAX || link.len == 0 || link.len >= TEXT_MAX) return false;
  if (tg_json_read_uint(value, &parallel) != TG_OK || parallel < 1 || parallel > DEVICES_MAX) return false;
  memcpy(draft->links[at], link.p, link.len);
  draft->links[at][link.len] = '\0';
  draft->limits[at] = (tg_campaign_limit_t){draft->links[at], (uint32_t)parallel};
  draft->spec.limit_count = at + 1;
  return true;
}

static void read_limits(tg_control_fields_t *fields, draft_t *draft) {
  const tg_json_node_t *limits = tg_json_read_get(fields->body, "limits");
  draft->spec.limits = draft->limits;
  if (!limits) return;
  if (tg_json_read_kind(limits) == TG_JSON_OBJECT) tg_json_read_each(limits, read_limit, draft);
  else draft->spec.limit_count = SIZE_MAX;
  if (draft->spec.limit_count == SIZE_MAX)
    tg_control_fields_fail(fields, TG_E_ARG, "limits gives up to 8 links a number of at least 1, such as {\"nb\":4}");
}

static uint32_t number(tg_control_fields_t *fields, const char *name, int64_t most) {
  return (uint32_t)tg_control_fields_int(fields, name, 0, most, 0);
}

static void read_draft(tg_control_fields_t *fields, draft_t *draft) {
  static const char *const names[] = {"name", "image", "ep", "link", "manufacturer", "model", "from_version", "tag"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (i < 2) (void)tg_control_fields_need(fields, names[i]);
    (void)tg_control_fields_cstr(fields, names[i], draft->text[i], TEXT_MAX);
  }
  draft->spec = (tg_campaign_spec_t){.name = draft->text[0],
                                     .image = draft->text[1],
                                     .ep = draft->text[2],
                                     .link = draft->text[3],
                                     .manufacturer = draft->text[4],
                                     .model = draft->text[5],
                                     .from_version = draft->text[6],
                                     .tag = draft->text[7],
                                     .method = tg_control_fields_method(fields),
                                     .severity = (int)tg_control_fields_int(fields, "severity", 0, 2, -1),
                                     .defer_s = tg_control_fields_int(fields, "defer", 0, EXPIRY_MAX, -1),
                                     .wave = number(fields, "wave", DEVICES_MAX),
                                     .wave_growth = number(fields, "growth", GROWTH_MAX),
                                     .parallel = number(fields, "parallel", DEVICES_MAX),
                                     .stop_failures = number(fields, "stop_failures", DEVICES_MAX),
                                     .stop_percent = number(fields, "stop_percent", PERCENT_MAX),
                                     .update_expiry_s = number(fields, "expiry", EXPIRY_MAX)};
  read_limits(fields, draft);
}

static void put_spec(tg_control_reply_t *reply, const tg_campaign_spec_t *spec) {
  const struct {
    const char *key, *text;
  } texts[] = {{"ep", spec->ep},
               {"link", spec->link},
               {"manufacturer", spec->manufacturer},
               {"model", spec->model},
               {"from_version", spec->from_version},
               {"tag", spec->tag}};
  const struct {
    const char *key;
    uint32_t value;
  } numbers[] = {{"wave_first", spec->wave},           {"growth", spec->wave_growth},
                 {"parallel", spec->parallel},         {"stop_failures", spec->stop_failures},
                 {"stop_percent", spec->stop_percent}, {"expiry", spec->update_expiry_s}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (texts[i].text && *texts[i].text) tg_control_reply_text(reply, texts[i].key, texts[i].text);
  }
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (numbers[i].value) tg_control_reply_int(reply, numbers[i].key, numbers[i].value);
  }
  tg_control_reply_text(reply, "method", tg_firmware_method_name(spec->method));
  if (spec->severity >= 0) tg_control_reply_int(reply, "severity", spec->severity);
  if (spec->defer_s >= 0) tg_control_reply_int(reply, "defer", spec->defer_s);
  if (!spec->limit_count) return;
  tg_json_write_key(&reply->json, "limits");
  tg_json_write_open(&reply->json, '{');
  for (size_t i = 0; i < spec->limit_count; i++)
    tg_control_reply_int(reply, spec->limits[i].link, spec->limits[i].parallel);
  tg_json_write_close(&reply->json, '}');
}

static void send_campaign(const tg_control_request_t *request, const tg_campaign_t *campaign, bool last) {
  const struct {
    const char *key;
    uint32_t value;
  } numbers[] = {{"wave", campaign->wave},     {"running", campaign->running},     {"done", campaign->done},
                 {"failed", campaign->failed}, {"cancelled", campaign->cancelled}, {"unknown", campaign->unknown},
                 {"left", campaign->left}};
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_text(&reply, "name", campaign->spec->name);
  tg_control_reply_text(&reply, "image", campaign->spec->image);
  /* Not `state`: that tells how the request went, and a cancelled campaign is no failed request. */
  tg_control_reply_text(&reply, "campaign", tg_campaigns_state_name(campaign->state));
  tg_control_reply_text(&reply, "cause", campaign->cause);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    tg_control_reply_int(&reply, numbers[i].key, numbers[i].value);
  tg_control_reply_int(&reply, "begun", campaign->begun_ms / 1000);
  tg_control_reply_int(&reply, "changed", campaign->changed_ms / 1000);
  put_spec(&reply, campaign->spec);
  tg_control_reply_send(&reply, request->conn, last);
}

/* The last line of an answer: how the campaign stands now. */
static void answer(const tg_control_t *control, const tg_control_request_t *request, tg_slice_t name) {
  tg_campaign_t campaign;
  if (tg_campaigns_find(control->config.parts.campaigns, name, &campaign)) send_campaign(request, &campaign, true);
  else
    tg_control_reply_error(request->conn, &request->tag, TG_E_NOT_FOUND,
                           "no campaign of this name; `tidegate firmware campaigns` lists them");
}

void tg_control_campaign_start(tg_control_t *control, const tg_control_request_t *request) {
  draft_t draft = {0};
  tg_control_fields_t fields;
  tg_campaigns_t *campaigns = campaigns_of(control, request);
  if (!campaigns) return;
  tg_control_fields_init(&fields, request);
  read_draft(&fields, &draft);
  if (tg_control_fields_refused(&fields, request)) return;
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_campaigns_start(campaigns, &draft.spec, &diag);
  if (rc == TG_OK) answer(control, request, tg_slice_str(draft.spec.name));
  else tg_control_reply_error(request->conn, &request->tag, rc, diag.message[0] ? diag.message : NULL);
}

static void act(tg_control_t *control, const tg_control_request_t *request,
                tg_rc_t (*fn)(tg_campaigns_t *campaigns, tg_slice_t name), const char *what) {
  tg_control_fields_t fields;
  tg_campaigns_t *campaigns = campaigns_of(control, request);
  if (!campaigns) return;
  tg_control_fields_init(&fields, request);
  tg_slice_t name = tg_control_fields_need(&fields, "name");
  if (tg_control_fields_refused(&fields, request)) return;
  tg_rc_t rc = fn(campaigns, name);
  tg_campaign_t campaign;
  if (rc != TG_E_STATE || !tg_campaigns_find(campaigns, name, &campaign)) {
    if (rc == TG_OK || rc == TG_E_NOT_FOUND) answer(control, request, name);
    else tg_control_reply_error(request->conn, &request->tag, rc, NULL);
    return;
  }
  char why[96];
  (void)snprintf(why, sizeof why, "the campaign is %s and can't be %s", tg_campaigns_state_name(campaign.state), what);
  tg_control_reply_error(request->conn, &request->tag, rc, why);
}

void tg_control_campaign_pause(tg_control_t *control, const tg_control_request_t *request) {
  act(control, request, tg_campaigns_pause, "paused");
}

void tg_control_campaign_resume(tg_control_t *control, const tg_control_request_t *request) {
  act(control, request, tg_campaigns_resume, "resumed");
}

void tg_control_campaign_cancel(tg_control_t *control, const tg_control_request_t *request) {
  act(control, request, tg_campaigns_cancel, "cancelled");
}

void tg_control_campaign_show(tg_control_t *control, const tg_control_request_t *request) {
  tg_control_fields_t fields;
  if (!campaigns_of(control, request)) return;
  tg_control_fields_init(&fields, request);
  tg_slice_t name = tg_control_fields_need(&fields, "name");
  if (!tg_control_fields_refused(&fields, request)) answer(control, request, name);
}

typedef struct listing {
  const tg_control_request_t *request;
  int64_t count;
} listing_t;

static bool list_one(void *ud, const tg_campaign_t *campaign) {
  listing_t *listing = ud;
  send_campaign(listing->request, campaign, false);
  listing->count++;
  return true;
}

void tg_control_campaign_list(tg_control_t *control, const tg_control_request_t *request) {
  const tg_campaigns_t *campaigns = campaigns_of(control, request);
  listing_t listing = {request, 0};
  if (!campaigns) return;
  tg_campaigns_each(campaigns, list_one, &listing);
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_int(&reply, "count", listing.count);
  tg_control_reply_send(&reply, request->conn, true);
}
