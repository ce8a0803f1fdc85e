/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/device: what a device announced, called by twin.c; see twin_announced.h. */

#include "core/device/twin_announced.h"

#include "core/base/alloc.h"

/* Devices send their lists sorted, or nearly so. */
static size_t sort_paths(tg_path_t *paths, size_t count) {
  for (size_t i = 1; i < count; i++) {
    tg_path_t path = paths[i];
    size_t at = i;
    for (; at > 0 && tg_path_cmp(&paths[at - 1], &path) > 0; at--) paths[at] = paths[at - 1];
    paths[at] = path;
  }
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (kept == 0 || !tg_path_eq(&paths[kept - 1], &paths[i])) paths[kept++] = paths[i];
  }
  return kept;
}

static tg_rc_t make_words(const tg_device_info_t *info, tg_twin_announced_t *announced) {
  if (info->wire_ep.len) announced->wire_ep = tg_alloc_str(info->wire_ep);
  if (info->tags.len) announced->tags = tg_alloc_str(info->tags);
  return (announced->wire_ep || !info->wire_ep.len) && (announced->tags || !info->tags.len) ? TG_OK : TG_E_NOMEM;
}

static tg_rc_t make_lists(const tg_device_info_t *info, tg_twin_announced_t *announced) {
  if (info->object_count > UINT16_MAX || info->version_count > UINT16_MAX) return TG_E_ARG;
  size_t version_bytes = info->version_count * sizeof *info->versions;
  size_t size = version_bytes + info->object_count * sizeof *info->objects;
  if (size == 0) return TG_OK;
  uint8_t *block = tg_alloc(size);
  if (!block) return TG_E_NOMEM;
  announced->versions = (tg_model_version_t *)(void *)block;
  announced->objects = (tg_path_t *)(void *)(block + version_bytes);
  if (version_bytes) memcpy(announced->versions, info->versions, version_bytes);
  if (size > version_bytes) memcpy(announced->objects, info->objects, size - version_bytes);
  announced->version_count = (uint16_t)info->version_count;
  announced->object_count = (uint16_t)sort_paths(announced->objects, info->object_count);
  return TG_OK;
}

tg_rc_t tg_twin_announced_make(const tg_device_info_t *info, tg_twin_announced_t *announced) {
  *announced = (tg_twin_announced_t){0};
  tg_rc_t rc = make_words(info, announced);
  if (rc == TG_OK) rc = make_lists(info, announced);
  if (rc != TG_OK) tg_twin_announced_free(announced);
  return rc;
}

void tg_twin_announced_free(const tg_twin_announced_t *announced) {
  tg_alloc_free(announced->versions);
  tg_alloc_free(announced->wire_ep);
  tg_alloc_free(announced->tags);
}

void tg_twin_announced_give(const tg_twin_announced_t *announced, tg_twin_device_t *device) {
  tg_device_t *pub = &device->pub;
  /* the twin's own, lent to others as const */
  tg_alloc_free((void *)(uintptr_t)pub->versions);
  tg_alloc_free((void *)(uintptr_t)pub->wire_ep);
  tg_alloc_free((void *)(uintptr_t)pub->tags);
  pub->versions = announced->versions;
  pub->version_count = announced->version_count;
  pub->objects = announced->objects;
  pub->object_count = announced->object_count;
  pub->wire_ep = announced->wire_ep;
  pub->tags = announced->tags;
}
