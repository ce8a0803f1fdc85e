/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_FIRMWARE_FIRMWARE_FAKE_H
#define TG_TESTS_UNIT_FIRMWARE_FIRMWARE_FAKE_H

/**
 * Updates that go as the test says: the functions of firmware.h that campaigns call, over a table. To be included by one test file, whose
 * program then has these instead of the product's. fake_set() moves an update on, fake_updates_of() says how often a device was begun.
 */

#include "core/firmware/fw_name.h"
#include "tests/unit/check.h"

enum { FAKE_MAX = 512 };

struct tg_firmware {
  tg_fw_update_t list[FAKE_MAX];
  char ep[FAKE_MAX][64];
  char campaign[FAKE_MAX][64];
  size_t count;
  tg_fw_changed_fn fn;
  void *ud;
  bool has_image;
  tg_rc_t refuse;        /* what tg_firmware_update() says */
  tg_fw_state_t at_once; /* the state in which updates begin */
  bool tells_inside;     /* listeners hear of the beginning inside the call */
  uint32_t cancelled;
  tg_fw_request_t last;
};

static tg_firmware_t fake;

static void fake_tell(const tg_fw_update_t *update) {
  if (fake.fn) fake.fn(fake.ud, update);
}

tg_rc_t tg_firmware_listen(tg_firmware_t *firmware, tg_fw_changed_fn fn, void *ud) {
  firmware->fn = fn;
  firmware->ud = ud;
  return TG_OK;
}

void tg_firmware_unlisten(tg_firmware_t *firmware, tg_fw_changed_fn fn, void *ud) {
  if (firmware->fn == fn && firmware->ud == ud) firmware->fn = NULL;
}

bool tg_firmware_image(const tg_firmware_t *firmware, tg_slice_t name, tg_fw_image_t *image) {
  *image = (tg_fw_image_t){.name = "fw2", .version = "2.0"};
  return firmware->has_image && tg_slice_is(name, "fw2");
}

tg_rc_t tg_firmware_update(tg_firmware_t *firmware, const tg_fw_request_t *request, uint64_t *id) {
  firmware->last = *request;
  if (firmware->refuse != TG_OK) return firmware->refuse;
  size_t at = firmware->count++;
  check_true(at < FAKE_MAX);
  snprintf(firmware->ep[at], sizeof firmware->ep[at], "%.*s", (int)request->ep.len, (const char *)request->ep.p);
  snprintf(firmware->campaign[at], sizeof firmware->campaign[at], "%.*s", (int)request->campaign.len,
           request->campaign.len ? (const char *)request->campaign.p : "");
  firmware->list[at] = (tg_fw_update_t){.id = at + 1,
                                        .ep = firmware->ep[at],
                                        .campaign = firmware->campaign[at],
                                        .image = "fw2",
                                        .tag = "",
                                        .state = firmware->at_once,
                                        .begun_ms = INT64_MAX};
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

tg_rc_t tg_firmware_cancel(tg_firmware_t *firmware, uint64_t id) {
  tg_fw_update_t *update = &firmware->list[id - 1];
  if (update->state == TG_FW_APPLYING) return TG_E_STATE;
  firmware->cancelled++;
  update->state = TG_FW_CANCELLED;
  fake_tell(update);
  return TG_OK;
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
