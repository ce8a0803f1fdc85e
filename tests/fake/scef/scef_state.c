/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of the fake SCEF: finding, adding and removing what it knows. See scef_state.h. */

#include "tests/fake/scef/scef_state.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fake/scef/scef_text.h"

tg_scef_device_t *tg_scef_state_find_device(tg_scef_t *scef, const char *id) {
  tg_scef_device_t *device = scef->devices;
  while (device != NULL && strcmp(device->id, id) != 0) device = device->next;
  return device;
}

tg_scef_device_t *tg_scef_state_add_device(tg_scef_t *scef, const char *id) {
  tg_scef_device_t *device = tg_scef_text_alloc(sizeof *device);
  device->scef = scef;
  device->id = tg_scef_text_dup(id, strlen(id));
  device->behave = scef->options.behave;
  device->fd = -1;
  tg_scef_device_t **end = &scef->devices;
  while (*end != NULL) end = &(*end)->next;
  *end = device;
  return device;
}

bool tg_scef_state_is_external(const char *id) {
  return strchr(id, '@') != NULL;
}

tg_scef_config_t *tg_scef_state_find_config(tg_scef_t *scef, const tg_scef_device_t *device) {
  tg_scef_config_t *config = scef->configs;
  while (config != NULL && config->device != device) config = config->next;
  return config;
}

tg_scef_config_t *tg_scef_state_config_by_id(tg_scef_t *scef, const char *id) {
  tg_scef_config_t *config = scef->configs;
  while (config != NULL && strcmp(config->id, id) != 0) config = config->next;
  return config;
}

void tg_scef_state_free_delivery(tg_scef_delivery_t *delivery) {
  tg_scef_loop_t *loop = &delivery->config->device->scef->loop;
  tg_scef_loop_stop(loop, &delivery->release);
  tg_scef_loop_stop(loop, &delivery->latency);
  json_object_put(delivery->transfer);
  free(delivery->data);
  free(delivery);
}

void tg_scef_state_drop_config(tg_scef_config_t *config) {
  tg_scef_t *scef = config->device->scef;
  tg_scef_config_t **at = &scef->configs;
  while (*at != config) at = &(*at)->next;
  *at = config->next;
  while (config->deliveries != NULL) {
    tg_scef_delivery_t *delivery = config->deliveries;
    config->deliveries = delivery->next;
    tg_scef_state_free_delivery(delivery);
  }
  tg_scef_loop_stop(&scef->loop, &config->expiry);
  json_object_put(config->body);
  free(config->scs);
  free(config->link);
  free(config);
}

static void free_device(tg_scef_device_t *device) {
  while (device->head != NULL) {
    tg_scef_note_t *note = device->head;
    device->head = note->next;
    free(note->url);
    free(note->body);
    free(note);
  }
  tg_scef_loop_stop(&device->scef->loop, &device->retry);
  if (device->fd >= 0) close(device->fd);
  free(device->answer);
  free(device->id);
  free(device);
}

void tg_scef_state_fini(tg_scef_t *scef) {
  while (scef->configs != NULL) tg_scef_state_drop_config(scef->configs);
  while (scef->devices != NULL) {
    tg_scef_device_t *device = scef->devices;
    scef->devices = device->next;
    free_device(device);
  }
}
