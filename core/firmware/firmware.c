/* SPDX-License-Identifier: Apache-2.0 */
/* Skeleton: the bodies follow. */

#include "core/firmware/firmware.h"

#include "core/base/alloc.h"
#include "core/firmware/fw_name.h"

struct tg_firmware {
  tg_firmware_config_t config;
};

tg_rc_t tg_firmware_open(const tg_firmware_config_t *config, tg_diag_t *diag, tg_firmware_t **firmware) {
  (void)diag;
  *firmware = tg_alloc_array(1, sizeof **firmware);
  if (!*firmware) return TG_E_NOMEM;
  (*firmware)->config = *config;
  return TG_OK;
}
void tg_firmware_close(tg_firmware_t *firmware) {
  tg_alloc_free(firmware);
}
void tg_firmware_committed(tg_firmware_t *f, uint64_t ticket, tg_rc_t rc) {
  (void)f;
  (void)ticket;
  (void)rc;
}
uint16_t tg_firmware_http_port(const tg_firmware_t *f) {
  (void)f;
  return 0;
}
tg_rc_t tg_firmware_listen(tg_firmware_t *f, tg_fw_changed_fn fn, void *ud) {
  (void)f;
  (void)fn;
  (void)ud;
  return TG_OK;
}
void tg_firmware_unlisten(tg_firmware_t *f, tg_fw_changed_fn fn, void *ud) {
  (void)f;
  (void)fn;
  (void)ud;
}
tg_rc_t tg_firmware_image_add(tg_firmware_t *f, tg_slice_t name, tg_slice_t version, const char *file,
                              tg_diag_t *diag) {
  (void)f;
  (void)name;
  (void)version;
  (void)file;
  (void)diag;
  return TG_E_UNSUPPORTED;
}
tg_rc_t tg_firmware_image_del(tg_firmware_t *f, tg_slice_t name) {
  (void)f;
  (void)name;
  return TG_E_NOT_FOUND;
}
bool tg_firmware_image(const tg_firmware_t *f, tg_slice_t name, tg_fw_image_t *image) {
  (void)f;
  (void)name;
  (void)image;
  return false;
}
void tg_firmware_images(const tg_firmware_t *f, bool (*fn)(void *ud, const tg_fw_image_t *image), void *ud) {
  (void)f;
  (void)fn;
  (void)ud;
}
tg_rc_t tg_firmware_file(tg_firmware_t *f, tg_slice_t path, uint64_t asked, tg_slice_t *body, tg_slice_t *etag) {
  (void)f;
  (void)path;
  (void)asked;
  (void)body;
  (void)etag;
  return TG_E_NOT_FOUND;
}
tg_rc_t tg_firmware_update(tg_firmware_t *f, const tg_fw_request_t *request, uint64_t *id) {
  (void)f;
  (void)request;
  (void)id;
  return TG_E_UNSUPPORTED;
}
tg_rc_t tg_firmware_cancel(tg_firmware_t *f, uint64_t id) {
  (void)f;
  (void)id;
  return TG_E_NOT_FOUND;
}
tg_rc_t tg_firmware_apply(tg_firmware_t *f, uint64_t id) {
  (void)f;
  (void)id;
  return TG_E_NOT_FOUND;
}
bool tg_firmware_find(const tg_firmware_t *f, uint64_t id, tg_fw_update_t *update) {
  (void)f;
  (void)id;
  (void)update;
  return false;
}
bool tg_firmware_find_ep(const tg_firmware_t *f, tg_slice_t ep, tg_fw_update_t *update) {
  (void)f;
  (void)ep;
  (void)update;
  return false;
}
void tg_firmware_updates(const tg_firmware_t *f, bool (*fn)(void *ud, const tg_fw_update_t *update), void *ud) {
  (void)f;
  (void)fn;
  (void)ud;
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
