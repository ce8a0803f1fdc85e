/* SPDX-License-Identifier: Apache-2.0 */
/* From JSON requests to images and updates, and what becomes of an update back to who waits for it; called by control_ops.c. See control_firmware.h. */

#include "bindings/host/control_firmware.h"

#include <stdio.h>

#include "bindings/host/control_fields.h"
#include "core/base/alloc.h"
#include "core/base/hex.h"

enum { PATH_LEN = 4096, EP_MAX = 255, EXPIRY_MAX = 365 * 24 * 3600, SEVERITY_MAX = 2 };

typedef struct listing {
  const tg_control_request_t *request;
  tg_slice_t ep; /* empty: all */
  int64_t count;
} listing_t;

static tg_firmware_t *firmware_of(const tg_control_t *control, const tg_control_request_t *request) {
  tg_firmware_t *firmware = control->config.parts.firmware;
  if (!firmware)
    tg_control_reply_error(request->conn, &request->tag, TG_E_UNSUPPORTED, "this gateway does no firmware updates");
  return firmware;
}

static void say_done(const tg_control_request_t *request) {
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &request->tag);
  tg_control_reply_text(&reply, "state", "done");
  tg_control_reply_send(&reply, request->conn, true);
}

static void end_listing(const listing_t *listing) {
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &listing->request->tag);
  tg_control_reply_int(&reply, "count", listing->count);
  tg_control_reply_send(&reply, listing->request->conn, true);
}

/* Images --------------------------------------------------------------------------------------------------------------- */

static void put_image(tg_control_reply_t *reply, const tg_fw_image_t *image) {
  uint8_t memory[2 * TG_FW_SHA256];
  tg_buf_t hex;
  tg_buf_init(&hex, memory, sizeof memory);
  tg_hex_put(&hex, tg_slice(image->sha256, TG_FW_SHA256));
  tg_control_reply_text(reply, "name", image->name);
  tg_control_reply_text(reply, "version", image->version);
  tg_control_reply_int(reply, "size", (int64_t)image->size);
  tg_control_reply_str(reply, "sha256", tg_buf_slice(&hex));
  tg_control_reply_int(reply, "added", image->added_ms / 1000);
  tg_control_reply_int(reply, "users", image->users);
}

static bool list_image(void *ud, const tg_fw_image_t *image) {
  listing_t *listing = ud;
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, &listing->request->tag);
  put_image(&reply, image);
  tg_control_reply_send(&reply, listing->request->conn, false);
  listing->count++;
  return true;
}

void tg_control_firmware_images(tg_control_t *control, const tg_control_request_t *request) {
  const tg_firmware_t *firmware = firmware_of(control, request);
  listing_t listing = {.request = request};
  if (!firmware) return;
  tg_firmware_images(firmware, list_image, &listing);
  end_listing(&listing);
}

static void drop_add(tg_control_fw_add_t *add) {
  tg_control_fw_add_t **at = &add->control->fw_adds;
  while (*at != add) at = &(*at)->next;
  *at = add->next;
  tg_alloc_free(add);
}

/* Seam tg_fw_added_fn. */
static void on_added(void *ud, tg_rc_t rc, const char *why) {
  tg_control_fw_add_t *add = ud;
  tg_fw_image_t image;
  bool is_there =
      rc == TG_OK && tg_firmware_image(add->control->config.parts.firmware, tg_slice_str(add->name), &image);
  if (is_there) {
    tg_control_reply_t reply;
    tg_control_reply_begin(&reply, &add->tag);
    tg_control_reply_text(&reply, "state", "done");
    put_image(&reply, &image);
    tg_control_reply_send(&reply, add->conn, true);
  } else {
    tg_control_reply_error(add->conn, &add->tag, rc != TG_OK ? rc : TG_E_INTERNAL, why[0] ? why : NULL);
  }
  drop_add(add);
}

static void begin_add(tg_control_t *control, const tg_control_request_t *request, tg_fw_addition_t *wanted) {
  tg_diag_t diag = {0};
  tg_control_fw_add_t *add = tg_alloc_array(1, sizeof *add);
  tg_rc_t rc = add ? TG_OK : TG_E_NOMEM;
  if (add) {
    *add = (tg_control_fw_add_t){control->fw_adds, control, request->conn, request->tag, ""};
    (void)snprintf(add->name, sizeof add->name, "%.*s", (int)wanted->name.len, (const char *)wanted->name.p);
    control->fw_adds = add;
    wanted->done = on_added;
    wanted->ud = add;
    rc = tg_firmware_image_add(control->config.parts.firmware, wanted, &diag);
    if (rc != TG_OK) drop_add(add);
  }
  if (rc != TG_OK) tg_control_reply_error(request->conn, &request->tag, rc, diag.message[0] ? diag.message : NULL);
}

void tg_control_firmware_add(tg_control_t *control, const tg_control_request_t *request) {
  char file[PATH_LEN];
  tg_control_fields_t fields;
  if (!firmware_of(control, request)) return;
  tg_control_fields_init(&fields, request);
  tg_slice_t name = tg_control_fields_need(&fields, "name");
  tg_slice_t version = tg_control_fields_text(&fields, "version");
  (void)tg_control_fields_need(&fields, "file");
  (void)tg_control_fields_cstr(&fields, "file", file, sizeof file);
  if (file[0] != '/') tg_control_fields_fail(&fields, TG_E_ARG, "file is a whole path, from / on");
  if (tg_control_fields_refused(&fields, request)) return;

  begin_add(control, request, &(tg_fw_addition_t){.name = name, .version = version, .file = file});
}

static const char *why_not_removed(tg_rc_t rc) {
  if (rc == TG_E_NOT_FOUND) return "no image of this name; `tidegate firmware images` lists them";
  return rc == TG_E_STATE ? "an update that has not ended uses it; `tidegate firmware status` lists them" : NULL;
}

void tg_control_firmware_remove(tg_control_t *control, const tg_control_request_t *request) {
  tg_control_fields_t fields;
  tg_firmware_t *firmware = firmware_of(control, request);
  if (!firmware) return;
  tg_control_fields_init(&fields, request);
  tg_slice_t name = tg_control_fields_need(&fields, "name");
  if (tg_control_fields_refused(&fields, request)) return;
  tg_rc_t rc = tg_firmware_image_del(firmware, name);
  if (rc == TG_OK) say_done(request);
  else tg_control_reply_error(request->conn, &request->tag, rc, why_not_removed(rc));
}

/* Updates -------------------------------------------------------------------------------------------------------------- */

static void put_update(tg_control_reply_t *reply, const tg_fw_update_t *update) {
  tg_control_reply_int(reply, "update", (int64_t)update->id);
  tg_control_reply_text(reply, "ep", update->ep);
  tg_control_reply_text(reply, "image", update->image);
  tg_control_reply_text(reply, "state", tg_firmware_state_name(update->state));
  tg_control_reply_text(reply, "cause", update->cause);
  tg_control_reply_text(reply, "method", tg_firmware_method_name(update->method));
  tg_control_reply_int(reply, "sent", (int64_t)update->sent);
  tg_control_reply_int(reply, "total", (int64_t)update->total);
  tg_control_reply_int(reply, "begun", update->begun_ms / 1000);
  tg_control_reply_int(reply, "changed", update->changed_ms / 1000);
  const struct {
    const char *key, *text;
  } texts[] = {{"link", update->link},
               {"campaign", update->campaign},
               {"tag", update->tag},
               {"version_before", update->version_before},
               {"version_after", update->version_after}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (texts[i].text && *texts[i].text) tg_control_reply_text(reply, texts[i].key, texts[i].text);
  }
  if (update->result >= 0) tg_control_reply_int(reply, "result", update->result);
}

static void send_update(const tg_control_tag_t *tag, tg_control_conn_t *conn, const tg_fw_update_t *update, bool last) {
  tg_control_reply_t reply;
  tg_control_reply_begin(&reply, tag);
  put_update(&reply, update);
  if (last && update->state != TG_FW_DONE && tg_firmware_state_ends(update->state))
    tg_control_reply_text(&reply, "message", update->cause);
  tg_control_reply_send(&reply, conn, last);
}

/* Whether who asked has nothing more to wait for. */
static bool is_over(const tg_fw_update_t *update, bool hold) {
  return tg_firmware_state_ends(update->state) || (hold && update->state == TG_FW_READY);
}

static void on_changed(void *ud, const tg_fw_update_t *update) {
  tg_control_t *control = ud;
  tg_control_fw_wait_t **at = &control->fw_waits;
  while (*at) {
    tg_control_fw_wait_t *wait = *at;
    bool last = wait->update == update->id && is_over(update, wait->hold);
    if (wait->update == update->id) send_update(&wait->tag, wait->conn, update, last);
    if (last) {
      *at = wait->next;
      tg_alloc_free(wait);
    } else {
      at = &wait->next;
    }
  }
}

tg_rc_t tg_control_firmware_open(tg_control_t *control) {
  tg_firmware_t *firmware = control->config.parts.firmware;
  return firmware ? tg_firmware_listen(firmware, on_changed, control) : TG_OK;
}

void tg_control_firmware_close(tg_control_t *control) {
  if (control->config.parts.firmware) tg_firmware_unlisten(control->config.parts.firmware, on_changed, control);
  while (control->fw_waits) tg_control_firmware_forget(control, control->fw_waits->conn);
  while (control->fw_adds) tg_control_firmware_forget(control, control->fw_adds->conn);
}

void tg_control_firmware_forget(tg_control_t *control, const tg_control_conn_t *conn) {
  for (tg_control_fw_add_t *add = control->fw_adds, *next; add; add = next) {
    next = add->next;
    if (add->conn != conn) continue;
    tg_firmware_image_forget(control->config.parts.firmware, add);
    drop_add(add);
  }
  tg_control_fw_wait_t **at = &control->fw_waits;
  while (*at) {
    tg_control_fw_wait_t *wait = *at;
    if (wait->conn != conn) {
      at = &wait->next;
      continue;
    }
    *at = wait->next;
    tg_alloc_free(wait);
  }
}

static void wait_for(tg_control_t *control, const tg_control_request_t *request, uint64_t id, bool hold) {
  tg_fw_update_t update;
  if (!tg_firmware_find(control->config.parts.firmware, id, &update)) {
    tg_control_reply_error(request->conn, &request->tag, TG_E_GONE, NULL);
    return;
  }
  bool over = is_over(&update, hold);
  tg_control_fw_wait_t *wait = over ? NULL : tg_alloc_array(1, sizeof *wait);
  if (!over && !wait) {
    tg_control_reply_error(request->conn, &request->tag, TG_E_NOMEM, "the update goes on; nobody waits for it");
    return;
  }
  send_update(&request->tag, request->conn, &update, over);
  if (!wait) return;
  *wait = (tg_control_fw_wait_t){control->fw_waits, request->conn, request->tag, id, hold};
  control->fw_waits = wait;
}

static void refuse_update(const tg_control_request_t *request, tg_rc_t rc, uint64_t id) {
  char why[160];
  (void)snprintf(why, sizeof why,
                 "the device has an update that has not ended, number %llu; `tidegate firmware status` shows it",
                 (unsigned long long)id);
  const char *text = rc == TG_E_NOT_FOUND ? "no image of this name; `tidegate firmware images` lists them"
                     : rc == TG_E_EXISTS  ? why
                                          : NULL;
  tg_control_reply_error(request->conn, &request->tag, rc, text);
}

void tg_control_firmware_update(tg_control_t *control, const tg_control_request_t *request) {
  tg_control_fields_t fields;
  tg_firmware_t *firmware = firmware_of(control, request);
  if (!firmware) return;
  tg_control_fields_init(&fields, request);
  const tg_fw_request_t wanted = {.ep = tg_control_fields_need(&fields, "ep"),
                                  .image = tg_control_fields_need(&fields, "image"),
                                  .method = tg_control_fields_method(&fields),
                                  .hold = tg_control_fields_bool(&fields, "hold"),
                                  .force = tg_control_fields_bool(&fields, "force"),
                                  .severity = (int)tg_control_fields_int(&fields, "severity", 0, SEVERITY_MAX, -1),
                                  .defer_s = tg_control_fields_int(&fields, "defer", 0, EXPIRY_MAX, -1),
                                  .expiry_s = (uint32_t)tg_control_fields_int(&fields, "expiry", 1, EXPIRY_MAX, 0)};
  bool wait = tg_control_fields_bool(&fields, "wait");
  if (wanted.ep.len > EP_MAX) tg_control_fields_fail(&fields, TG_E_TOO_LONG, "ep is longer than 255 bytes");
  if (tg_control_fields_refused(&fields, request)) return;
  if (!tg_twin_find_ep(control->config.parts.twin, wanted.ep)) {
    tg_control_reply_error(request->conn, &request->tag, TG_E_NOT_FOUND,
                           "no device of this name; `tidegate devices` lists them");
    return;
  }
  uint64_t id = 0;
  tg_rc_t rc = tg_firmware_update(firmware, &wanted, &id);
  tg_fw_update_t update;
  if (rc != TG_OK) refuse_update(request, rc, id);
  else if (wait) wait_for(control, request, id, wanted.hold);
  else if (tg_firmware_find(firmware, id, &update)) send_update(&request->tag, request->conn, &update, true);
  else say_done(request);
}

static bool list_update(void *ud, const tg_fw_update_t *update) {
  listing_t *listing = ud;
  if (listing->ep.len && !tg_slice_is(listing->ep, update->ep)) return true;
  send_update(&listing->request->tag, listing->request->conn, update, false);
  listing->count++;
  return true;
}

void tg_control_firmware_status(tg_control_t *control, const tg_control_request_t *request) {
  tg_control_fields_t fields;
  const tg_firmware_t *firmware = firmware_of(control, request);
  if (!firmware) return;
  tg_control_fields_init(&fields, request);
  listing_t listing = {.request = request, .ep = tg_control_fields_text(&fields, "ep")};
  if (tg_control_fields_refused(&fields, request)) return;
  tg_firmware_updates(firmware, list_update, &listing);
  end_listing(&listing);
}

/* What is done to the newest update of a device. */
static void act(tg_control_t *control, const tg_control_request_t *request,
                tg_rc_t (*fn)(tg_firmware_t *firmware, uint64_t id), const char *why_state) {
  tg_control_fields_t fields;
  tg_fw_update_t update;
  tg_firmware_t *firmware = firmware_of(control, request);
  if (!firmware) return;
  tg_control_fields_init(&fields, request);
  tg_slice_t ep = tg_control_fields_need(&fields, "ep");
  if (tg_control_fields_refused(&fields, request)) return;
  tg_rc_t rc = tg_firmware_find_ep(firmware, ep, &update) ? fn(firmware, update.id) : TG_E_NOT_FOUND;
  if (rc == TG_OK) {
    say_done(request);
    return;
  }
  char why[160];
  (void)snprintf(why, sizeof why, "its update is %s; %s", rc == TG_E_STATE ? tg_firmware_state_name(update.state) : "?",
                 why_state);
  tg_control_reply_error(request->conn, &request->tag, rc,
                         rc == TG_E_STATE       ? why
                         : rc == TG_E_NOT_FOUND ? "no update of this device; `tidegate firmware status` lists them"
                                                : NULL);
}

void tg_control_firmware_apply(tg_control_t *control, const tg_control_request_t *request) {
  act(control, request, tg_firmware_apply, "only one that is ready and held can be applied");
}

void tg_control_firmware_cancel(tg_control_t *control, const tg_control_request_t *request) {
  act(control, request, tg_firmware_cancel, "it can't be cancelled any more");
}
