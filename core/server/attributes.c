/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: see attributes.h. Called by operation.c and by what makes the text of people's tables. */

#include "core/server/attributes.h"

#include <stdio.h>

#include "core/base/num.h"

enum { TEXT_MAX = 512, NAME_SHOWN = 32 };
#define SECONDS_MAX INT32_MAX

typedef enum kind { SECONDS, FLAG, NUMBER, STEP } kind_t;
enum { PMIN, PMAX, GT, LT, ST, EPMIN, EPMAX, EDGE, CON, HQMAX, NAMES };

/* What a resource must be for an attribute. */
typedef enum holder { ANY, NUMERIC, BOOLEAN } holder_t;

const char *const tg_attributes_names[] = {"pmin",  "pmax", "gt",  "lt",    "st", "epmin",
                                           "epmax", "edge", "con", "hqmax", NULL};

static const struct {
  kind_t kind;
  holder_t holder;
  tg_version_t since;
} rules[NAMES] = {
    [PMIN] = {SECONDS, ANY, TG_VERSION_1_0},  [PMAX] = {SECONDS, ANY, TG_VERSION_1_0},
    [GT] = {NUMBER, NUMERIC, TG_VERSION_1_0}, [LT] = {NUMBER, NUMERIC, TG_VERSION_1_0},
    [ST] = {STEP, NUMERIC, TG_VERSION_1_0},   [EPMIN] = {SECONDS, ANY, TG_VERSION_1_1},
    [EPMAX] = {SECONDS, ANY, TG_VERSION_1_1}, [EDGE] = {FLAG, BOOLEAN, TG_VERSION_OF(1, 2)},
    [CON] = {FLAG, ANY, TG_VERSION_OF(1, 2)}, [HQMAX] = {SECONDS, ANY, TG_VERSION_OF(1, 2)},
};

/* Names that are no attributes to be written, and why. */
static const struct {
  const char *name, *why;
} others[] = {
    {"dim", "dim is how many instances a resource has; it can't be set"},
    {"ver", "ver is the version of an object; it can't be set"},
    {"ssid", "ssid is told by a bootstrap discover; it can't be set"},
    {"uri", "uri is told by a bootstrap discover; it can't be set"},
    {"lwm2m", "lwm2m is told by a bootstrap discover; it can't be set"},
    {"cancel",
     "cancel was an attribute in drafts of LwM2M 1.0 and is none; an observation is ended by the operation cancel"},
};

/* What is set by one text; names alone are seen, not set. */
typedef struct given {
  bool seen[NAMES];
  bool set[NAMES];
  double value[NAMES];
} given_t;

static tg_rc_t refuse(tg_diag_t *diag, tg_rc_t rc, const char *why) {
  tg_diag_set(diag, NULL, 0, "%s", why);
  return rc;
}

static tg_rc_t unknown(tg_slice_t name, tg_diag_t *diag) {
  for (size_t i = 0; i < TG_COUNT(others); i++) {
    if (tg_slice_is(name, others[i].name)) return refuse(diag, TG_E_ARG, others[i].why);
  }
  char text[NAME_SHOWN + 1];
  (void)snprintf(text, sizeof text, "%.*s", (int)(name.len < NAME_SHOWN ? name.len : NAME_SHOWN), (const char *)name.p);
  const char *nearest = tg_diag_nearest(text, tg_attributes_names);
  if (nearest) tg_diag_set(diag, NULL, 0, "attribute \"%s\" is not known, did you mean \"%s\"?", text, nearest);
  else tg_diag_set(diag, NULL, 0, "attribute \"%s\" is not known: pmin pmax gt lt st epmin epmax edge con hqmax", text);
  return TG_E_ARG;
}

/* Plain decimals only: some devices read no exponents. */
static tg_rc_t read_value(size_t at, tg_slice_t text, double *value, tg_diag_t *diag) {
  const char *name = tg_attributes_names[at];
  uint64_t number = 0;
  kind_t kind = rules[at].kind;
  if (kind == SECONDS || kind == FLAG) {
    uint64_t max = kind == FLAG ? 1 : SECONDS_MAX;
    tg_rc_t rc = tg_num_parse_u64(text, max, &number);
    *value = (double)number;
    if (rc == TG_OK) return TG_OK;
    if (kind == FLAG) tg_diag_set(diag, NULL, 0, "%s is 0 or 1", name);
    else if (at == HQMAX) tg_diag_set(diag, NULL, 0, "hqmax is a whole number from 0 to %lld", (long long)SECONDS_MAX);
    else tg_diag_set(diag, NULL, 0, "%s is a whole number of seconds from 0 to %lld", name, (long long)SECONDS_MAX);
    return rc == TG_E_RANGE ? TG_E_RANGE : TG_E_ARG;
  }
  bool plain = text.len > 0 && tg_slice_find(text, 'e') == text.len && tg_slice_find(text, 'E') == text.len;
  tg_rc_t rc = plain ? tg_num_parse_double(text, value) : TG_E_SYNTAX;
  if (rc == TG_OK && (kind != STEP || *value > 0)) return TG_OK;
  tg_diag_set(diag, NULL, 0,
              kind == STEP ? "%s is a number above 0, without exponent" : "%s is a number, without exponent", name);
  return rc == TG_OK || rc == TG_E_RANGE ? TG_E_RANGE : TG_E_ARG;
}

static tg_rc_t read_one(tg_slice_t part, given_t *given, tg_diag_t *diag) {
  tg_slice_t rest = part, name = tg_slice_take(&rest, '=');
  size_t at = 0;
  while (at < NAMES && !tg_slice_is(name, tg_attributes_names[at])) at++;
  if (at == NAMES) return unknown(name, diag);
  if (given->seen[at]) {
    tg_diag_set(diag, NULL, 0, "%s is given twice", tg_attributes_names[at]);
    return TG_E_DUPLICATE;
  }
  given->seen[at] = true;
  if (name.len == part.len) return TG_OK; /* unset */
  given->set[at] = true;
  return read_value(at, rest, &given->value[at], diag);
}

static tg_rc_t read_all(tg_slice_t text, given_t *given, tg_diag_t *diag) {
  if (text.len == 0) return refuse(diag, TG_E_ARG, "no attribute is given, such as pmin=10");
  if (text.len >= TEXT_MAX) return refuse(diag, TG_E_ARG, "attributes are longer than 511 bytes");
  tg_rc_t rc = TG_OK;
  bool more = true;
  while (rc == TG_OK && more) {
    size_t end = tg_slice_find(text, '&');
    more = end < text.len;
    rc = read_one(tg_slice(text.p, end), given, diag);
    if (more) text = tg_slice_from(text, end + 1);
  }
  return rc;
}

static tg_rc_t check_version(const given_t *given, const tg_model_t *model, tg_diag_t *diag) {
  for (size_t at = 0; at < NAMES; at++) {
    if (!given->seen[at] || model->enabler >= rules[at].since) continue;
    tg_diag_set(diag, NULL, 0, "%s is new in LwM2M 1.%u; the device speaks 1.%u", tg_attributes_names[at],
                (unsigned)(rules[at].since & 0xFFFF), (unsigned)(model->enabler & 0xFFFF));
    return TG_E_UNSUPPORTED;
  }
  return TG_OK;
}

static bool is_numeric(uint8_t type) {
  return type == TG_TYPE_INTEGER || type == TG_TYPE_UNSIGNED || type == TG_TYPE_FLOAT || type == TG_TYPE_TIME;
}

static tg_rc_t check_level(const given_t *given, const tg_path_t *path, const tg_model_t *model, tg_diag_t *diag) {
  const tg_resdef_t *res = path->len >= TG_PATH_RESOURCE ? tg_model_resource(model, path) : NULL;
  for (size_t at = 0; at < NAMES; at++) {
    if (!given->seen[at] || rules[at].holder == ANY) continue;
    const char *what = rules[at].holder == NUMERIC ? "number" : "boolean";
    if (path->len < TG_PATH_RESOURCE) {
      tg_diag_set(diag, NULL, 0,
                  "%s is for a resource that is a %s, such as /3303/0/5700; objects and instances have none",
                  tg_attributes_names[at], what);
      return TG_E_ARG;
    }
    bool fits = !res || (rules[at].holder == NUMERIC ? is_numeric(res->type) : res->type == TG_TYPE_BOOLEAN);
    if (fits) continue;
    tg_diag_set(diag, NULL, 0, "%s is for a resource that is a %s; %s is %s", tg_attributes_names[at], what, res->name,
                res->type == TG_TYPE_NONE ? "executable" : tg_value_type_name((tg_type_t)res->type));
    return TG_E_ARG;
  }
  return TG_OK;
}

static tg_rc_t check_together(const given_t *given, tg_diag_t *diag) {
  const double *value = given->value;
  const bool *set = given->set;
  if (set[PMIN] && set[PMAX] && value[PMAX] < value[PMIN])
    return refuse(diag, TG_E_ARG, "pmax must not be less than pmin: the device would ignore it");
  if (set[EPMIN] && set[EPMAX] && value[EPMAX] <= value[EPMIN])
    return refuse(diag, TG_E_ARG, "epmax must be more than epmin");
  if (set[LT] && set[GT] && value[LT] >= value[GT]) return refuse(diag, TG_E_ARG, "lt must be less than gt");
  if (set[LT] && set[GT] && set[ST] && value[LT] + 2 * value[ST] >= value[GT])
    return refuse(diag, TG_E_ARG, "st is too large: lt + 2 st must be less than gt");
  return TG_OK;
}

tg_rc_t tg_attributes_check(tg_slice_t text, const tg_path_t *path, const tg_model_t *model, tg_diag_t *diag) {
  given_t given = {0};
  tg_rc_t rc = read_all(text, &given, diag);
  if (rc == TG_OK && path->len == TG_PATH_RESOURCE_INSTANCE && model->enabler < TG_VERSION_1_1)
    rc =
        refuse(diag, TG_E_UNSUPPORTED, "attributes of a resource instance are new in LwM2M 1.1; the device speaks 1.0");
  if (rc == TG_OK) rc = check_version(&given, model, diag);
  if (rc == TG_OK) rc = check_level(&given, path, model, diag);
  return rc == TG_OK ? check_together(&given, diag) : rc;
}
