/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: a payload becomes records, records go to the twin. What can't be decoded is told and counted; the session stays. */

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/codec/codec_in.h"
#include "core/event/record_copy.h"
#include "core/server/quirk.h"
#include "core/server/server_state.h"

enum { RECORDS_MAX = 4096, RECORDS_FIRST = 64 };

/* What comes of it must fit into a message to a broker, even where each byte of a text needs six (JSON's \u0001). What was asked for is the asker's. */
static tg_rc_t count_bytes(tg_server_t *server, const tg_record_t *record, tg_source_t source) {
  if (!tg_record_copy_has_bytes(record->value.type)) return TG_OK;
  server->record_bytes += record->value.s.len;
  bool is_reported = source == TG_SOURCE_SEND || source == TG_SOURCE_NOTIFY;
  return is_reported && server->record_bytes > TG_SERVER_REPORT_BYTES_MAX ? TG_E_TOO_LONG : TG_OK;
}

static tg_rc_t add_record(tg_server_t *server, const tg_record_t *record, int64_t now_ms) {
  if (server->record_count == server->record_cap) {
    if (server->record_cap == RECORDS_MAX) return TG_E_TOO_LONG;
    size_t cap = server->record_cap ? server->record_cap * 2 : RECORDS_FIRST;
    tg_record_t *bigger = tg_alloc_resize(server->records, cap, sizeof *bigger);
    if (!bigger) return TG_E_NOMEM;
    server->records = bigger;
    server->record_cap = cap;
  }
  tg_record_t *kept = &server->records[server->record_count++];
  *kept = *record;
  if (kept->time_source != TG_TIME_UNKNOWN) return TG_OK;
  kept->time_source = TG_TIME_RECEIVED;
  kept->time_ms = now_ms;
  return TG_OK;
}

static bool is_security(const tg_path_t *path) {
  return path->len > 0 && (path->id[0] == 0 || path->id[0] == 21 || path->id[0] == 23);
}

/* By object: an instance may have come since the list was sent. */
static bool is_announced(const tg_device_t *device, uint16_t oid) {
  size_t low = 0, high = device->object_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (device->objects[middle].id[0] < oid) low = middle + 1;
    else high = middle;
  }
  return low < device->object_count && device->objects[low].id[0] == oid;
}

/* Of a Send: what is not registered can't be reported (lwm2m.md 1.4.5). What was asked for is taken as it comes. */
static tg_rc_t check_path(const tg_device_t *device, const tg_path_t *path, tg_source_t source) {
  if (is_security(path)) return TG_E_DENIED;
  return source != TG_SOURCE_SEND || is_announced(device, path->id[0]) ? TG_OK : TG_E_NOT_FOUND;
}

/* SenML without a value asks for one (FETCH) or takes one away (iPATCH); a report that names a resource has its value (RFC 8428 §4.2). */
static bool is_value_missing(const tg_codec_input_t *input, const tg_record_t *record) {
  bool is_senml = input->content_format == TG_CF_SENML_JSON || input->content_format == TG_CF_SENML_CBOR;
  return is_senml && record->value.type == TG_TYPE_NONE && record->path.len >= TG_PATH_RESOURCE;
}

/* In which format @p payload is to be read; what is tolerated with that is counted. */
static int format_of(tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device,
                     const tg_report_payload_t *payload) {
  int format = payload->content_format;
  uint32_t tolerated = 0;
  if (format == TG_CF_NONE && payload->source != TG_SOURCE_SEND) {
    if (payload->body.len) tolerated |= TG_QUIRK_BARE_ANSWER;
    format = payload->asked != TG_CF_NONE ? payload->asked : reg->format;
    if (format == TG_CF_NONE && payload->base.len >= TG_PATH_RESOURCE) format = TG_CF_TEXT;
  }
  if ((device->quirks & TG_QUIRK_OWN_FORMAT) && reg->notes && reg->notes->own_format != format) {
    tolerated |= TG_QUIRK_OWN_FORMAT;
    format = reg->notes->own_format;
  }
  if (format == TG_CF_TLV) tolerated |= device->quirks & TG_QUIRK_UNSIGNED_TLV;
  tg_server_tolerate(server, reg, tolerated);
  return format;
}

static tg_rc_t decode(tg_server_t *server, const tg_reg_t *reg, const tg_report_payload_t *payload) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  if (!device) return TG_E_GONE;
  tg_model_t model = tg_twin_model(server->config.twin, device);
  tg_codec_input_t input = {.content_format = format_of(server, reg, device, payload),
                            .base = payload->base,
                            .model = &model,
                            .payload = payload->body,
                            .now_ms = tg_clock_wall_ms(),
                            .scratch = &server->scratch,
                            .unsigned_tlv = (device->quirks & TG_QUIRK_UNSIGNED_TLV) != 0};
  tg_codec_dec_t dec;
  tg_record_t record;
  server->record_count = server->record_bytes = 0;
  tg_rc_t rc = tg_codec_dec_init(&dec, &input);
  while (rc == TG_OK && (rc = tg_codec_dec_next(&dec, &record)) == TG_OK) {
    rc = check_path(device, &record.path, payload->source);
    if (rc == TG_OK && is_value_missing(&input, &record)) rc = TG_E_SYNTAX;
    if (rc == TG_OK) rc = count_bytes(server, &record, payload->source);
    if (rc == TG_OK) rc = add_record(server, &record, input.now_ms);
  }
  return rc == TG_END ? TG_OK : rc;
}

/* A resource without definition is told when its first value comes. */
static void tell_unknown(tg_server_t *server, const tg_reg_t *reg) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  tg_model_t model = tg_twin_model(server->config.twin, device);
  if (!model.registry) return;
  for (size_t i = 0; i < server->record_count; i++) {
    const tg_record_t *record = &server->records[i];
    tg_record_t known;
    if (tg_model_resource(&model, &record->path)) continue;
    if (tg_twin_value(server->config.twin, reg->device, &record->path, &known) == TG_OK) continue;
    char text[TG_PATH_TEXT_MAX];
    tg_server_tell(server, reg, TG_EVENT_MODEL_MISSING, tg_slice_str(tg_path_text(&record->path, text)));
  }
}

static void count_too_long(tg_server_t *server, tg_rc_t rc) {
  if (rc != TG_E_TOO_LONG) return;
  if (server->record_bytes > TG_SERVER_REPORT_BYTES_MAX) server->stats.over_report++;
  else if (server->record_count == TG_CODEC_IN_RECORDS_MAX) server->stats.over_records++;
  else server->stats.over_nesting++;
}

static const char *what_is_wrong(tg_rc_t rc) {
  if (rc == TG_E_NOT_FOUND) return "names an object that is not announced";
  return rc == TG_E_DENIED ? "names a security object" : "not decoded";
}

tg_rc_t tg_report_take(tg_server_t *server, const tg_reg_t *reg, const tg_report_payload_t *payload) {
  tg_rc_t rc = decode(server, reg, payload);
  if (rc != TG_OK) {
    const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
    char why[96];
    snprintf(why, sizeof why, "payload %s: %s (format %d)", what_is_wrong(rc), tg_rc_name(rc), payload->content_format);
    server->stats.undecodable++;
    count_too_long(server, rc);
    tg_server_refuse(server, reg->device, tg_slice_str(device ? device->ep : NULL), why);
    return rc;
  }
  tell_unknown(server, reg);
  tg_event_records_t records = {.items = server->records, .count = server->record_count, .source = payload->source};
  rc = tg_twin_put(server->config.twin, reg->device, &records);
  if (rc == TG_E_FULL) server->stats.shed++;
  return rc;
}
