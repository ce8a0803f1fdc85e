/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of a simulated device as one table, ascending by path; see dev_model.h. */

#include "tests/fake/device/dev_model.h"

#include <math.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/require.h"

enum { R = TG_OPS_READ, W = TG_OPS_WRITE, E = TG_OPS_EXECUTE, RW = R | W };

typedef struct resource {
  tg_path_t path; /* of a multiple resource each instance is a row */
  uint8_t type;
  uint8_t ops;
  const char *first;
} resource_t;

#define AT(o, r)                                                                                                       \
  { {o, 0, r, 0}, 3 }
#define EACH(o, r, i)                                                                                                  \
  { {o, 0, r, i}, 4 }

static const resource_t resources[] = {
    {AT(1, 0), TG_TYPE_INTEGER, R, "1"},
    {AT(1, 1), TG_TYPE_INTEGER, RW, "300"},
    {AT(1, 2), TG_TYPE_INTEGER, RW, "0"},
    {AT(1, 3), TG_TYPE_INTEGER, RW, "0"},
    {AT(1, 4), TG_TYPE_NONE, E, NULL},
    {AT(1, 5), TG_TYPE_INTEGER, RW, "86400"},
    {AT(1, 6), TG_TYPE_BOOLEAN, RW, "1"},
    {AT(1, 7), TG_TYPE_STRING, RW, "U"},
    {AT(1, 8), TG_TYPE_NONE, E, NULL},
    {AT(1, 9), TG_TYPE_NONE, E, NULL},
    {AT(1, 22), TG_TYPE_STRING, RW, ""},
    {AT(1, 23), TG_TYPE_BOOLEAN, RW, "0"},
    {AT(3, 0), TG_TYPE_STRING, R, "Tidegate"},
    {AT(3, 1), TG_TYPE_STRING, R, "Simulated device"},
    {AT(3, 2), TG_TYPE_STRING, R, ""},
    {AT(3, 3), TG_TYPE_STRING, R, TG_VERSION},
    {AT(3, 4), TG_TYPE_NONE, E, NULL},
    {AT(3, 5), TG_TYPE_NONE, E, NULL},
    {EACH(3, 6, 0), TG_TYPE_INTEGER, R, "1"},
    {EACH(3, 6, 1), TG_TYPE_INTEGER, R, "5"},
    {EACH(3, 7, 0), TG_TYPE_INTEGER, R, "3800"},
    {EACH(3, 7, 1), TG_TYPE_INTEGER, R, "5000"},
    {AT(3, 9), TG_TYPE_INTEGER, R, "87"},
    {EACH(3, 11, 0), TG_TYPE_INTEGER, R, "0"},
    {AT(3, 13), TG_TYPE_TIME, RW, "0"},
    {AT(3, 14), TG_TYPE_STRING, RW, "+00"},
    {AT(3, 15), TG_TYPE_STRING, RW, "UTC"},
    {AT(3, 16), TG_TYPE_STRING, R, "U"},
    {AT(5, 0), TG_TYPE_OPAQUE, W, NULL},
    {AT(5, 1), TG_TYPE_STRING, RW, ""},
    {AT(5, 2), TG_TYPE_NONE, E, NULL},
    {AT(5, 3), TG_TYPE_INTEGER, R, "0"},
    {AT(5, 5), TG_TYPE_INTEGER, R, "0"},
    {AT(5, 6), TG_TYPE_STRING, R, ""},
    {AT(5, 7), TG_TYPE_STRING, R, ""},
    {EACH(5, 8, 0), TG_TYPE_INTEGER, R, "0"},
    {EACH(5, 8, 1), TG_TYPE_INTEGER, R, "2"},
    {AT(5, 9), TG_TYPE_INTEGER, R, "2"},
    {AT(5, 10), TG_TYPE_NONE, E, NULL},
    {AT(5, 11), TG_TYPE_INTEGER, RW, "1"},
    {AT(5, 12), TG_TYPE_TIME, R, "0"},
    {AT(5, 13), TG_TYPE_UNSIGNED, RW, "0"},
    {AT(3303, 5601), TG_TYPE_FLOAT, R, "20"},
    {AT(3303, 5602), TG_TYPE_FLOAT, R, "20"},
    {AT(3303, 5605), TG_TYPE_NONE, E, NULL},
    {AT(3303, 5700), TG_TYPE_FLOAT, R, "20"},
    {AT(3303, 5701), TG_TYPE_STRING, R, "Cel"},
    {AT(3311, 5850), TG_TYPE_BOOLEAN, RW, "0"},
    {AT(3311, 5851), TG_TYPE_INTEGER, RW, "100"},
};

_Static_assert(TG_COUNT(resources) <= TG_DEV_RESOURCES_MAX, "room for every value");

/* Object 5 comes with --firmware, its optional resources where nothing takes them away. */
static bool has(const tg_dev_t *dev, const resource_t *row) {
  const tg_dev_fw_config_t *fw = &dev->config->fw;
  if (row->path.id[0] != 5) return true;
  if (!fw->on || (fw->without >> row->path.id[2] & 1)) return false;
  if (row->path.len < TG_PATH_RESOURCE_INSTANCE) return true;
  return (fw->protocols & (row->path.id[3] ? TG_DEV_FETCH_HTTP : TG_DEV_FETCH_COAP)) != 0;
}

static bool add_resources(tg_objdef_t *def, uint16_t oid) {
  for (size_t i = 0; i < TG_COUNT(resources); i++) {
    const resource_t *row = resources + i;
    if (row->path.id[0] != oid || row->path.id[3] != 0) continue; /* a multiple resource once */
    tg_resdef_t res = {.id = row->path.id[2], .ops = row->ops, .type = row->type, .name = "", .unit = ""};
    res.multiple = row->path.len == TG_PATH_RESOURCE_INSTANCE;
    if (tg_objdef_add(def, &res) != TG_OK) return false;
  }
  return true;
}

tg_registry_t *tg_dev_model_new(void) {
  static const uint16_t objects[] = {1, 3, 5, 3303, 3311};
  tg_registry_t *registry = tg_registry_new();
  for (size_t i = 0; registry && i < TG_COUNT(objects); i++) {
    tg_objdef_t *def = tg_objdef_new(&(tg_objdef_head_t){
        .id = objects[i], .version = TG_VERSION_1_0, .multiple = objects[i] != 3 && objects[i] != 5});
    if (def && add_resources(def, objects[i]) && tg_registry_add(registry, def) == TG_OK) continue;
    tg_objdef_free(def);
    tg_registry_free(registry);
    registry = NULL;
  }
  return registry;
}

static tg_rc_t store(tg_dev_value_t *to, const tg_value_t *value) {
  bool bytes = value->type == TG_TYPE_STRING || value->type == TG_TYPE_OPAQUE || value->type == TG_TYPE_CORELNK;
  if (bytes && value->s.len > sizeof to->text) return TG_E_TOO_LONG;
  to->value = *value;
  if (bytes) {
    if (value->s.len) memmove(to->text, value->s.p, value->s.len);
    to->value.s.p = (const uint8_t *)to->text;
  }
  return TG_OK;
}

static const resource_t *find(const tg_dev_t *dev, const tg_path_t *path) {
  for (size_t i = 0; i < TG_COUNT(resources); i++) {
    if (tg_path_eq(&resources[i].path, path) && has(dev, resources + i)) return resources + i;
  }
  return NULL;
}

/* What the command line says, else what the table says. */
static const char *first_of(const tg_dev_t *dev, const resource_t *row, char *text) {
  const tg_dev_config_t *config = dev->config;
  uint32_t at = (uint32_t)row->path.id[0] << 16 | row->path.id[2];
  switch (at) {
  case 1U << 16 | 1: snprintf(text, TG_DEV_TEXT_MAX, "%u", config->lifetime_s); return text;
  case 1U << 16 | 23: return config->mute ? "1" : "0";
  case 1U << 16 | 7:
  case 3U << 16 | 16: return !config->server_n ? row->first : config->server_u ? "UN" : "N";
  case 3U << 16 | 2: return dev->ep;
  case 3U << 16 | 3: return config->fw.version ? config->fw.version : row->first;
  case 5U << 16 | 9: snprintf(text, TG_DEV_TEXT_MAX, "%d", config->fw.method); return text;
  default: return row->first;
  }
}

void tg_dev_model_init(tg_dev_t *dev) {
  char text[TG_DEV_TEXT_MAX];
  for (size_t i = 0; i < TG_COUNT(resources); i++) {
    const resource_t *row = resources + i;
    if (!row->first || !has(dev, row)) continue;
    tg_slice_t s = tg_slice_str(first_of(dev, row, text));
    if (s.len > TG_DEV_TEXT_MAX) s.len = TG_DEV_TEXT_MAX;
    TG_REQUIRE(tg_dev_model_set_text(dev, &row->path, s) == TG_OK);
  }
}

/* Whether the i-th resource is there and lies at or below the path. */
static bool lies(const tg_dev_t *dev, size_t i, const tg_path_t *path) {
  return tg_path_covers(path, &resources[i].path) && has(dev, resources + i);
}

int tg_dev_model_ops(const tg_dev_t *dev, const tg_path_t *path) {
  for (size_t i = 0; i < TG_COUNT(resources); i++) {
    if (lies(dev, i, path) && path->len >= TG_PATH_RESOURCE) return resources[i].ops;
  }
  return -1;
}

bool tg_dev_model_exists(const tg_dev_t *dev, const tg_path_t *path) {
  for (size_t i = 0; i < TG_COUNT(resources); i++) {
    if (lies(dev, i, path)) return true;
  }
  return false;
}

bool tg_dev_model_path(const tg_dev_t *dev, size_t i, tg_path_t *path) {
  for (size_t k = 0; k < TG_COUNT(resources); k++) {
    if (!has(dev, resources + k) || i-- > 0) continue;
    *path = resources[k].path;
    return true;
  }
  return false;
}

size_t tg_dev_model_select(const tg_dev_t *dev, const tg_path_t *path, tg_record_t *records) {
  size_t count = 0;
  for (size_t i = 0; i < TG_COUNT(resources); i++) {
    if (!(resources[i].ops & R) || !lies(dev, i, path)) continue;
    records[count] = (tg_record_t){.path = resources[i].path, .value = dev->values[i].value};
    if (tg_path_eq(&resources[i].path, &(tg_path_t)AT(3, 13)) && records[count].value.i == 0) {
      records[count].value.i = tg_clock_wall_ms() / 1000;
    }
    count++;
  }
  return count;
}

tg_rc_t tg_dev_model_set(tg_dev_t *dev, const tg_path_t *path, const tg_value_t *value) {
  const resource_t *row = find(dev, path);
  if (!row || !row->first) return TG_E_NOT_FOUND;
  tg_value_t converted;
  tg_rc_t rc = tg_value_convert(value, (tg_type_t)row->type, &converted);
  return rc == TG_OK ? store(dev->values + (row - resources), &converted) : rc;
}

tg_rc_t tg_dev_model_set_text(tg_dev_t *dev, const tg_path_t *path, tg_slice_t text) {
  const resource_t *row = find(dev, path);
  if (!row || !row->first) return TG_E_NOT_FOUND;
  if (row->type == TG_TYPE_BOOLEAN && tg_slice_is(text, "true")) text = tg_slice_str("1");
  if (row->type == TG_TYPE_BOOLEAN && tg_slice_is(text, "false")) text = tg_slice_str("0");
  uint8_t memory[256];
  tg_buf_t scratch;
  tg_buf_init(&scratch, memory, sizeof memory);
  tg_codec_input_t input = {
      .content_format = TG_CF_TEXT, .base = *path, .model = dev->model, .payload = text, .scratch = &scratch};
  tg_codec_dec_t dec;
  tg_record_t record;
  tg_rc_t rc = tg_codec_dec_init(&dec, &input);
  if (rc == TG_OK) rc = tg_codec_dec_next(&dec, &record);
  return rc == TG_OK ? tg_dev_model_set(dev, path, &record.value) : rc;
}

void tg_dev_model_lend(tg_dev_t *dev, const tg_path_t *path, tg_slice_t text) {
  const resource_t *row = find(dev, path);
  TG_REQUIRE(row && row->type == TG_TYPE_STRING);
  dev->values[row - resources].value.s = text;
}

void tg_dev_model_put(tg_dev_t *dev, const tg_path_t *path, int64_t number) {
  tg_value_t value = {.type = TG_TYPE_INTEGER, .i = number};
  TG_REQUIRE(tg_dev_model_set(dev, path, &value) == TG_OK);
}

bool tg_dev_model_is(const tg_dev_t *dev, const tg_path_t *path) {
  const resource_t *row = find(dev, path);
  return row && row->type == TG_TYPE_BOOLEAN && dev->values[row - resources].value.b;
}

double tg_dev_model_number(const tg_dev_t *dev, const tg_path_t *path) {
  const resource_t *row = find(dev, path);
  if (!row) return (double)NAN;
  const tg_value_t *value = &dev->values[row - resources].value;
  if (value->type == TG_TYPE_FLOAT) return value->f;
  if (value->type == TG_TYPE_UNSIGNED) return (double)value->u;
  return value->type == TG_TYPE_INTEGER ? (double)value->i : (double)NAN;
}
