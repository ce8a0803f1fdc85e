/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mute Send by configuration: a device that has just registered is told whether it may send of its own accord (lwm2m.md 1.4.5: without
 * being told it may not). One that lacks the resource says so, and nothing has changed.
 * Called by register.c.
 */

#include "core/server/server_state.h"
#include "core/server/trigger.h"

enum { TIMEOUT_S = 3600 };

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  (void)result; /* told as events */
}

void tg_mute_registered(tg_server_t *server, const tg_reg_t *reg) {
  const tg_device_t *device = tg_twin_find(server->config.twin, reg->device);
  if (!device || server->config.sends == TG_SERVER_SENDS_KEEP) return;
  tg_trigger_t trigger = {.kind = TG_TRIGGER_MUTE, .instance = -1, .on = server->config.sends == TG_SERVER_SENDS_MUTE};
  tg_command_t command = {.content_format = -1,
                          .priority = 1,
                          .timeout_s = TIMEOUT_S,
                          .replace_key =
                              tg_slice_str("tidegate: sends")}; /* one is enough, however often it registers */
  tg_diag_t diag = {0};
  tg_id_t id;
  tg_rc_t rc = tg_trigger_fill(&trigger, device, &command, &diag); /* none of LwM2M 1.0, nor without object 1 */
  if (rc == TG_OK) rc = tg_twin_submit(server->config.twin, &command, on_done, NULL, &id);
  if (rc != TG_OK) tg_log("server", TG_LOG_DEBUG, "sends_not_set ep=%s rc=%s", device->ep, tg_rc_name(rc));
}
