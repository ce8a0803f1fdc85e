/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: which Content-Format to ask for or to write, by version, by what the device lists and by what worked (lwm2m.md 2.8). */

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/codec/codec.h"
#include "core/server/quirk.h"
#include "core/server/server_state.h"

enum { CANDIDATES = 6 };

typedef struct candidate {
  int format;
  uint8_t bit;
} candidate_t;

static const candidate_t of_1_1[] = {{TG_CF_SENML_CBOR, TG_REG_CT_SENML_CBOR},
                                     {TG_CF_SENML_JSON, TG_REG_CT_SENML_JSON},
                                     {TG_CF_TLV, TG_REG_CT_TLV}};

static void add(int list[CANDIDATES], unsigned *count, int format) {
  for (unsigned i = 0; i < *count; i++) {
    if (list[i] == format) return;
  }
  if (*count < CANDIDATES) list[(*count)++] = format;
}

/* TLV is the duty of every 1.0 device, whatever it lists: Wakaama lists JSON, and reads it no better. Nobody writes 1.0's JSON. */
static unsigned list_1_0(const tg_reg_t *reg, bool writes, int list[CANDIDATES]) {
  unsigned count = 0;
  if (reg->format != TG_CF_NONE && !(writes && reg->format == TG_CF_JSON)) add(list, &count, reg->format);
  add(list, &count, TG_CF_TLV);
  if (!writes) add(list, &count, TG_CF_JSON);
  return count;
}

static unsigned list_1_1(const tg_reg_t *reg, int list[CANDIDATES]) {
  unsigned count = 0;
  if (reg->format != TG_CF_NONE) add(list, &count, reg->format);
  for (size_t i = 0; i < TG_COUNT(of_1_1); i++) {
    if (reg->formats & of_1_1[i].bit) add(list, &count, of_1_1[i].format);
  }
  for (size_t i = 0; i < TG_COUNT(of_1_1); i++) add(list, &count, of_1_1[i].format);
  return count;
}

bool tg_format_choose(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device,
                      const tg_format_ask_t *ask, int *format) {
  int list[CANDIDATES];
  if (device->quirks & TG_QUIRK_TEXT_ONLY) {
    *format = TG_CF_TEXT;
    return ask->attempt == 0 && ask->path->len >= TG_PATH_RESOURCE;
  }
  unsigned count = device->enabler < TG_VERSION_1_1 ? list_1_0(reg, ask->writes, list) : list_1_1(reg, list);
  if (ask->path->len >= TG_PATH_RESOURCE) {
    tg_model_t model = tg_twin_model(server->config.twin, device);
    const tg_resdef_t *res = tg_model_resource(&model, ask->path);
    bool is_array = res && res->multiple && ask->path->len == TG_PATH_RESOURCE;
    if (!is_array) add(list, &count, res && res->type == TG_TYPE_OPAQUE ? TG_CF_OPAQUE : TG_CF_TEXT);
  }
  if (ask->attempt >= count) return false;
  *format = list[ask->attempt];
  return true;
}

void tg_format_worked(tg_reg_t *reg, int format) {
  bool is_single = format == TG_CF_TEXT || format == TG_CF_OPAQUE || format == TG_CF_CBOR;
  if (!is_single && format >= 0 && format <= INT16_MAX) reg->format = (int16_t)format;
}

tg_rc_t tg_format_names(tg_server_t *server, const tg_path_t *paths, size_t count, int format) {
  tg_record_t *records = tg_alloc_array(count, sizeof *records);
  if (!records) return TG_E_NOMEM;
  for (size_t i = 0; i < count; i++) records[i].path = paths[i];
  const tg_codec_output_t output = {
      .content_format = format, .records = records, .count = count, .use = TG_CODEC_USE_FETCH};
  tg_buf_clear(&server->out);
  tg_rc_t rc = tg_codec_encode(&output, &server->out);
  tg_alloc_free(records);
  return rc == TG_OK ? server->out.rc : rc;
}

const char *tg_format_path(const tg_reg_t *reg, const tg_path_t *path, char text[TG_FORMAT_PATH_MAX]) {
  char ids[TG_PATH_TEXT_MAX] = "";
  if (path->len > 0) tg_path_text(path, ids);
  const char *alt = tg_reg_notes_text(reg, TG_REG_TEXT_ALT);
  snprintf(text, TG_FORMAT_PATH_MAX, "%s%s", alt ? alt : "", ids);
  return text;
}
