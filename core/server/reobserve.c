/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device that registers anew has forgotten what it observed (lwm2m.md 1.4.4). What the configuration observes is the plan's; what
 * people and scripts had asked for is asked for again here, as commands that wait for the device like any other.
 * Called by reg_end.c.
 */

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/codec/codec.h"
#include "core/server/server_state.h"

enum { TIMEOUT_S = 86400, PATHS_MAX = 1024, SCRATCH_MAX = 65536, NOTE_MAX = 96 };

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  (void)ud;
  (void)command;
  (void)result; /* told as events */
}

static void tell(tg_server_t *server, const tg_reg_t *old, const tg_path_t *path, const char *how) {
  char note[NOTE_MAX], text[TG_PATH_TEXT_MAX];
  (void)snprintf(note, sizeof note, "%s %s", tg_path_text(path, text), how);
  tg_server_tell(server, old, TG_EVENT_OBSERVING, tg_slice_str(note));
}

static bool is_announced(const tg_device_t *device, const tg_path_t *path) {
  if (path->len < TG_PATH_INSTANCE) return true;
  for (size_t i = 0; i < device->object_count; i++) {
    if (tg_path_covers(&device->objects[i], path)) return true;
  }
  return false;
}

/* The paths of a composite observation, out of the request that made it. @return how many; 0 when they are not known any more */
static size_t read_paths(const tg_server_t *server, tg_id_t observation, tg_record_t *paths) {
  tg_coap_observation_t kept;
  if (!tg_coap_observation_get(server->coap, observation, &kept) || kept.payload.len == 0) return 0;
  tg_buf_t scratch;
  tg_codec_dec_t dec;
  tg_buf_init_growing(&scratch, SCRATCH_MAX);
  tg_codec_input_t input = {
      .content_format = kept.content_format, .payload = kept.payload, .scratch = &scratch, .use = TG_CODEC_USE_FETCH};
  size_t count = 0;
  tg_rc_t rc = tg_codec_dec_init(&dec, &input);
  while (rc == TG_OK && count < PATHS_MAX) {
    rc = tg_codec_dec_next(&dec, &paths[count]);
    if (rc == TG_OK) count++;
  }
  tg_buf_fini(&scratch);
  return count;
}

static tg_rc_t submit(tg_server_t *server, const tg_device_t *device, tg_command_t *command) {
  tg_id_t id;
  command->device = device->id;
  command->content_format = -1;
  command->priority = 1;
  command->timeout_s = TIMEOUT_S;
  command->durable = true;
  return tg_twin_submit(server->config.twin, command, on_done, NULL, &id);
}

static tg_rc_t again_composite(tg_server_t *server, const tg_device_t *device, const tg_reg_obs_t *obs) {
  tg_record_t *paths = tg_alloc_array(PATHS_MAX, sizeof *paths);
  if (!paths) return TG_E_NOMEM;
  size_t count = read_paths(server, obs->id, paths);
  tg_command_t command = {.op = TG_OP_OBSERVE_COMPOSITE, .records = paths, .record_count = count};
  tg_rc_t rc = count ? submit(server, device, &command) : TG_E_NOT_FOUND;
  tg_alloc_free(paths);
  return rc;
}

static void again(tg_server_t *server, const tg_reg_t *old, const tg_device_t *device, const tg_reg_obs_t *obs) {
  if (!is_announced(device, &obs->path)) {
    tell(server, old, &obs->path, "ended: no longer announced");
    return;
  }
  tg_command_t command = {.op = TG_OP_OBSERVE, .path = obs->path};
  tg_rc_t rc = obs->path.len ? submit(server, device, &command) : again_composite(server, device, obs);
  if (rc == TG_OK) return;
  char how[64];
  (void)snprintf(how, sizeof how, "ended: not asked for again, %s", tg_rc_name(rc));
  tell(server, old, &obs->path, how);
}

void tg_reobserve_all(tg_server_t *server, const tg_reg_t *old) {
  const tg_device_t *device = tg_twin_find(server->config.twin, old->device);
  for (size_t i = 0; device && i < old->obs_count; i++) {
    if (!old->obs[i].automatic) again(server, old, device, &old->obs[i]);
  }
}
