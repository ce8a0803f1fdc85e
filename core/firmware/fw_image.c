/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/firmware: the set of images and their bytes; see fw_image.h. Files are written by fw_folder.c. Called by firmware.c and the machine. */

#include "core/firmware/fw_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/firmware/fw_folder.h"
#include "core/firmware/fw_name.h"

struct tg_fw_image_slot {
  tg_fw_image_t pub;
  char name[TG_FW_NAME_MAX + 1];
  char version[TG_FW_VERSION_MAX + 1];
  void *map;
};

struct tg_fw_images {
  tg_fw_folder_t *folder; /* NULL: none are taken */
  uint64_t size_max;
  size_t count;
  tg_fw_image_slot_t *slots[TG_FW_IMAGES_MAX]; /* by name */
};

/* Index of @p name, or of the first behind it. */
static size_t place_of(const tg_fw_images_t *images, tg_slice_t name, bool *there) {
  *there = false;
  for (size_t i = 0; i < images->count; i++) {
    tg_slice_t has = tg_slice_str(images->slots[i]->name);
    size_t common = has.len < name.len ? has.len : name.len;
    int order = common ? memcmp(has.p, name.p, common) : 0;
    if (order == 0 && has.len == name.len) *there = true;
    if (order > 0 || (order == 0 && has.len >= name.len)) return i;
  }
  return images->count;
}

static tg_rc_t keep(tg_fw_images_t *images, tg_slice_t name, const tg_fw_image_t *image) {
  if (images->count == TG_FW_IMAGES_MAX) return TG_E_FULL;
  tg_fw_image_slot_t *slot = tg_alloc_array(1, sizeof *slot);
  if (!slot) return TG_E_NOMEM;
  bool there;
  size_t at = place_of(images, name, &there);
  slot->pub = *image;
  slot->pub.users = 0;
  (void)snprintf(slot->name, sizeof slot->name, "%.*s", (int)name.len, (const char *)name.p);
  (void)snprintf(slot->version, sizeof slot->version, "%s", image->version);
  slot->pub.name = slot->name;
  slot->pub.version = slot->version;
  for (size_t i = images->count; i > at; i--) images->slots[i] = images->slots[i - 1];
  images->slots[at] = slot;
  images->count++;
  return TG_OK;
}

static tg_rc_t on_found(void *ud, tg_slice_t name, const tg_fw_image_t *image) {
  return keep(ud, name, image);
}

tg_rc_t tg_fw_image_open(const char *folder, uint64_t size_max, tg_diag_t *diag, tg_fw_images_t **out) {
  tg_fw_images_t *images = tg_alloc_array(1, sizeof *images);
  if (!images) return TG_E_NOMEM;
  images->size_max = size_max;
  tg_rc_t rc = TG_OK;
  if (folder) rc = tg_fw_folder_open(folder, diag, &images->folder);
  if (rc == TG_OK && folder) rc = tg_fw_folder_read(images->folder, on_found, images);
  if (rc == TG_E_FULL) {
    tg_log("firmware", TG_LOG_WARN, "images_left_out folder=%s max=%d", folder, TG_FW_IMAGES_MAX);
    rc = TG_OK;
  }
  if (rc == TG_OK) *out = images;
  else tg_fw_image_close(images);
  return rc;
}

static void unmap(tg_fw_image_slot_t *slot) {
  if (slot->map) (void)munmap(slot->map, (size_t)slot->pub.size);
  slot->map = NULL;
}

void tg_fw_image_close(tg_fw_images_t *images) {
  if (!images) return;
  for (size_t i = 0; i < images->count; i++) {
    unmap(images->slots[i]);
    tg_alloc_free(images->slots[i]);
  }
  tg_fw_folder_close(images->folder);
  tg_alloc_free(images);
}

tg_fw_image_slot_t *tg_fw_image_find(const tg_fw_images_t *images, tg_slice_t name) {
  bool there;
  size_t at = place_of(images, name, &there);
  return there ? images->slots[at] : NULL;
}

const tg_fw_image_t *tg_fw_image_get(const tg_fw_image_slot_t *slot) {
  return &slot->pub;
}

/* An image of the same name is there: fine where nothing differs. */
static tg_rc_t compare(const tg_fw_image_slot_t *slot, const tg_fw_image_t *image, tg_diag_t *diag) {
  bool same = slot->pub.size == image->size && memcmp(slot->pub.sha256, image->sha256, TG_FW_SHA256) == 0;
  if (!same) {
    tg_diag_set(diag, NULL, 0, "there is another image called %s; remove it first or choose another name", slot->name);
    return TG_E_EXISTS;
  }
  if (strcmp(slot->version, image->version) == 0) return TG_OK;
  tg_diag_set(diag, NULL, 0, "image %s is there with version \"%s\", not \"%s\"", slot->name, slot->version,
              image->version);
  return TG_E_EXISTS;
}

tg_rc_t tg_fw_image_check(const tg_fw_images_t *images, tg_slice_t name, bool *known, tg_diag_t *diag) {
  if (!images->folder) {
    tg_diag_set(diag, NULL, 0, "there is no folder for images");
    return TG_E_STATE;
  }
  *known = tg_fw_image_find(images, name) != NULL;
  if (*known || images->count < TG_FW_IMAGES_MAX) return TG_OK;
  tg_diag_set(diag, NULL, 0, "there are %d images already", TG_FW_IMAGES_MAX);
  return TG_E_FULL;
}

tg_rc_t tg_fw_image_write(const tg_fw_images_t *images, bool known, const char *file, tg_fw_image_t *image,
                          tg_diag_t *diag) {
  image->added_ms = tg_clock_wall_ms();
  tg_rc_t rc = tg_fw_folder_copy(images->folder, file, images->size_max, image, diag);
  if (rc != TG_OK) return rc;
  if (!known) return tg_fw_folder_commit(images->folder, image, diag);
  tg_fw_folder_discard(images->folder);
  return TG_OK;
}

tg_rc_t tg_fw_image_take(tg_fw_images_t *images, bool known, const tg_fw_image_t *image, tg_diag_t *diag) {
  tg_slice_t name = tg_slice_str(image->name);
  const tg_fw_image_slot_t *slot = known ? tg_fw_image_find(images, name) : NULL;
  if (slot) return compare(slot, image, diag);
  if (known) {
    tg_diag_set(diag, NULL, 0, "image %s was removed meanwhile; add it again", image->name);
    return TG_E_AGAIN;
  }
  tg_rc_t rc = keep(images, name, image);
  if (rc != TG_OK) tg_fw_folder_del(images->folder, image->name);
  return rc;
}

tg_rc_t tg_fw_image_del(tg_fw_images_t *images, tg_slice_t name) {
  bool there;
  size_t at = place_of(images, name, &there);
  if (!there) return TG_E_NOT_FOUND;
  tg_fw_image_slot_t *slot = images->slots[at];
  if (slot->pub.users) return TG_E_STATE;
  tg_fw_folder_del(images->folder, slot->name);
  unmap(slot);
  tg_alloc_free(slot);
  images->count--;
  for (size_t i = at; i < images->count; i++) images->slots[i] = images->slots[i + 1];
  return TG_OK;
}

void tg_fw_image_each(const tg_fw_images_t *images, bool (*fn)(void *ud, const tg_fw_image_t *image), void *ud) {
  for (size_t i = 0; i < images->count; i++) {
    if (!fn(ud, &images->slots[i]->pub)) return;
  }
}

void tg_fw_image_use(tg_fw_image_slot_t *slot, int by) {
  if (by > 0) slot->pub.users++;
  else if (slot->pub.users) slot->pub.users--;
}

int tg_fw_image_fd(const tg_fw_images_t *images, const tg_fw_image_slot_t *slot) {
  return tg_fw_folder_fd(images->folder, slot->name);
}

/* A file that has shrunk since would end the process when its end is read. */
static bool has_size(int fd, uint64_t size) {
  struct stat found;
  return fstat(fd, &found) == 0 && (uint64_t)found.st_size == size;
}

tg_rc_t tg_fw_image_bytes(tg_fw_images_t *images, tg_fw_image_slot_t *slot, tg_slice_t *bytes) {
  if (!slot->map) {
    int fd = tg_fw_folder_fd(images->folder, slot->name);
    void *map = fd >= 0 && has_size(fd, slot->pub.size)
                    ? mmap(NULL, (size_t)slot->pub.size, PROT_READ, MAP_PRIVATE, fd, 0)
                    : MAP_FAILED;
    if (fd >= 0) (void)close(fd);
    if (map == MAP_FAILED) {
      tg_log("firmware", TG_LOG_ERROR, "image_not_readable name=%s", slot->name);
      return TG_E_IO;
    }
    slot->map = map;
  }
  *bytes = tg_slice(slot->map, (size_t)slot->pub.size);
  return TG_OK;
}
