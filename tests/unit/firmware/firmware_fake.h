/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_FIRMWARE_FIRMWARE_FAKE_H
#define TG_TESTS_UNIT_FIRMWARE_FIRMWARE_FAKE_H

/**
 * Updates that go as the test says: all functions of firmware.h, over a table. To be included by one test file, whose program then has these
 * instead of the product's. fake_set() moves an update on, fake_updates_of() says how often a device was begun.
 */

#include "core/firmware/fw_name.h"
#include "tests/unit/check.h"

enum { FAKE_MAX = 512, FAKE_LISTENERS = 4 };

struct tg_firmware {
  tg_fw_update_t list[FAKE_MAX];
  char ep[FAKE_MAX][64];
  char campaign[FAKE_MAX][64];
  char tag[FAKE_MAX][65];
  size_t count;
  tg_fw_changed_fn fn[FAKE_LISTENERS];
  void *ud[FAKE_LISTENERS];
  bool is_deaf; /* listeners hear nothing */
  bool has_image;
  uint8_t other_image;   /* not 0: the image has other bytes */
  tg_rc_t refuse;        /* what tg_firmware_update() says */
  tg_fw_state_t at_once; /* the state in which updates begin */
  bool tells_inside;     /* listeners hear of the beginning inside the call */
  uint32_t cancelled;
  char added[256]; /* `NAME VERSION FILE` of the last image that was to be added */
  tg_rc_t add_rc, del_rc;
  tg_fw_addition_t adding; /* begun, and not ended by fake_added() */
  tg_fw_request_t last;
};

static tg_firmware_t fake;

static void fake_tell(const tg_fw_update_t *update) {
  for (size_t i = 0; !fake.is_deaf && i < FAKE_LISTENERS; i++) {
    if (fake.fn[i]) fake.fn[i](fake.ud[i], update);
  }
}

tg_rc_t tg_firmware_listen(tg_firmware_t *firmware, tg_fw_changed_fn fn, void *ud) {
  for (size_t i = 0; i < FAKE_LISTENERS; i++) {
    if (firmware->fn[i]) continue;
    firmware->fn[i] = fn;
    firmware->ud[i] = ud;
    return TG_OK;
  }
  return TG_E_FULL;
}

void tg_firmware_unlisten(tg_firmware_t *firmware, tg_fw_changed_fn fn, void *ud) {
  for (size_t i = 0; i < FAKE_LISTENERS; i++) {
    if (firmware->fn[i] == fn && firmware->ud[i] == ud) firmware->fn[i] = NULL;
  }
}

void tg_firmware_stop(tg_firmware_t *firmware) {
  (void)firmware;
}

tg_rc_t tg_firmware_image_add(tg_firmware_t *firmware, const tg_fw_addition_t *as, tg_diag_t *diag) {
  (void)diag;
  if (firmware->adding.done) return TG_E_FULL; /* the product's queue takes a few; this one takes one */
  snprintf(firmware->added, sizeof firmware->added, "%.*s %.*s %s", (int)as->name.len, (const char *)as->name.p,
           (int)as->version.len, as->version.len ? (const char *)as->version.p : "", as->file);
  firmware->adding = *as;
  return TG_OK;
}

void tg_firmware_image_forget(tg_firmware_t *firmware, const void *ud) {
  if (firmware->adding.ud == ud) firmware->adding = (tg_fw_addition_t){0};
}

/* The image that is being added is there, or not; false: nobody waits. */
static inline bool fake_added(void) {
  tg_fw_addition_t as = fake.adding;
  fake.adding = (tg_fw_addition_t){0};
  if (as.done) as.done(as.ud, fake.add_rc, fake.add_rc == TG_OK ? "" : "the fake refuses it");
  return as.done != NULL;
}

tg_rc_t tg_firmware_image_del(tg_firmware_t *firmware, tg_slice_t name) {
  if (!tg_slice_is(name, "fw2")) return TG_E_NOT_FOUND;
  if (firmware->del_rc == TG_OK) firmware->has_image = false;
  return firmware->del_rc;
}

bool tg_firmware_image(const tg_firmware_t *firmware, tg_slice_t name, tg_fw_image_t *image) {
  *image = (tg_fw_image_t){
      .name = "fw2", .version = "2.0", .size = 2048, .sha256 = {0xAB}, .added_ms = 1700000000000, .users = 1};
  if (firmware->other_image) image->sha256[0] = firmware->other_image;
  return firmware->has_image && tg_slice_is(name, "fw2");
}

void tg_firmware_images(const tg_firmware_t *firmware, bool (*fn)(void *ud, const tg_fw_image_t *image), void *ud) {
  tg_fw_image_t image;
  if (tg_firmware_image(firmware, tg_slice_str("fw2"), &image)) (void)fn(ud, &image);
}

tg_rc_t tg_firmware_update(tg_firmware_t *firmware, const tg_fw_request_t *request, uint64_t *id) {
  firmware->last = *request;
  *id = 77;
  if (firmware->refuse != TG_OK) return firmware->refuse;
  size_t at = firmware->count++;
  check_true(at < FAKE_MAX);
  snprintf(firmware->ep[at], sizeof firmware->ep[at], "%.*s", (int)request->ep.len, (const char *)request->ep.p);
  snprintf(firmware->campaign[at], sizeof firmware->campaign[at], "%.*s", (int)request->campaign.len,
           request->campaign.len ? (const char *)request->campaign.p : "");
  snprintf(firmware->tag[at], sizeof firmware->tag[at], "%.*s", (int)request->tag.len,
           request->tag.len ? (const char *)request->tag.p : "");
  firmware->list[at] = (tg_fw_update_t){.id = at + 1,
                                        .ep = firmware->ep[at],
                                        .campaign = firmware->campaign[at],
                                        .image = "fw2",
                                        .tag = firmware->tag[at],
                                        .state = firmware->at_once,
                                        .method = request->method,
                                        .cause = "it begins",
                                        .link = "",
                                        .version_before = "",
                                        .version_after = "",
                                        .result = -1,
                                        .total = 2048,
                                        .begun_ms = INT64_C(4000000000000),
                                        .changed_ms = 1700000000250};
  if (firmware->tells_inside) fake_tell(&firmware->list[at]);
  *id = at + 1;
  return TG_OK;
}

bool tg_firmware_find(const tg_firmware_t *firmware, uint64_t id, tg_fw_update_t *update) {
  if (id == 0 || id > firmware->count || !firmware->list[id - 1].id) return false;
  *update = firmware->list[id - 1];
  return true;
}

void tg_firmware_updates(const tg_firmware_t *firmware, bool (*fn)(void *ud, const tg_fw_update_t *update), void *ud) {
  for (size_t i = firmware->count; i > 0; i--) {
    if (firmware->list[i - 1].id && !fn(ud, &firmware->list[i - 1])) return;
  }
}

bool tg_firmware_find_ep(const tg_firmware_t *firmware, tg_slice_t ep, tg_fw_update_t *update) {
  for (size_t i = firmware->count; i > 0; i--) {
    if (!tg_slice_is(ep, firmware->ep[i - 1])) continue;
    *update = firmware->list[i - 1];
    return true;
  }
  return false;
}

tg_rc_t tg_firmware_apply(tg_firmware_t *firmware, uint64_t id) {
  tg_fw_update_t *update = &firmware->list[id - 1];
  if (update->state != TG_FW_READY) return TG_E_STATE;
  update->state = TG_FW_APPLYING;
  fake_tell(update);
  return TG_OK;
}

tg_rc_t tg_firmware_cancel(tg_firmware_t *firmware, uint64_t id) {
  tg_fw_update_t *update = &firmware->list[id - 1];
  if (update->state >= TG_FW_APPLYING) return TG_E_STATE;
  firmware->cancelled++;
  update->state = TG_FW_CANCELLED;
  fake_tell(update);
  return TG_OK;
}

const char *tg_firmware_state_name(tg_fw_state_t state) {
  return tg_fw_name_state(state);
}

bool tg_firmware_state_ends(tg_fw_state_t state) {
  return state >= TG_FW_DONE;
}

const char *tg_firmware_method_name(tg_fw_method_t method) {
  return tg_fw_name_method(method);
}

tg_rc_t tg_firmware_method_of(tg_slice_t name, tg_fw_method_t *method) {
  return tg_fw_name_method_of(name, method);
}

/* What only a whole gateway calls, which is no business of tests that include this. */

tg_rc_t tg_firmware_open(const tg_firmware_config_t *config, tg_diag_t *diag, tg_firmware_t **firmware) {
  (void)config;
  (void)diag;
  (void)firmware;
  return TG_E_UNSUPPORTED;
}

void tg_firmware_close(tg_firmware_t *firmware) {
  assert_null(firmware);
}

void tg_firmware_committed(tg_firmware_t *firmware, uint64_t ticket, tg_rc_t rc) {
  (void)firmware;
  (void)ticket;
  (void)rc;
}

uint16_t tg_firmware_http_port(const tg_firmware_t *firmware) {
  (void)firmware;
  return 0;
}

tg_rc_t tg_firmware_file(tg_firmware_t *firmware, tg_slice_t path, uint64_t asked, tg_slice_t *body, tg_slice_t *etag) {
  (void)firmware;
  (void)path;
  (void)asked;
  (void)body;
  (void)etag;
  return TG_E_NOT_FOUND;
}

/* The newest update of @p ep is in @p state now. */
static inline void fake_set(const char *ep, tg_fw_state_t state) {
  for (size_t i = fake.count; i > 0; i--) {
    if (strcmp(fake.ep[i - 1], ep) != 0) continue;
    fake.list[i - 1].state = state;
    fake_tell(&fake.list[i - 1]);
    return;
  }
  fail_msg("%s has no update", ep);
}

/* All that run are in @p state now. */
static inline void fake_set_all(tg_fw_state_t state) {
  for (size_t i = 0; i < fake.count; i++) {
    if (fake.list[i].state >= TG_FW_DONE) continue;
    fake.list[i].state = state;
    fake_tell(&fake.list[i]);
  }
}

static inline size_t fake_updates_of(const char *ep) {
  size_t count = 0;
  for (size_t i = 0; i < fake.count; i++) count += strcmp(fake.ep[i], ep) == 0;
  return count;
}

static inline size_t fake_running(void) {
  size_t count = 0;
  for (size_t i = 0; i < fake.count; i++) count += fake.list[i].state < TG_FW_DONE;
  return count;
}

#endif
