/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/firmware: a thread for each image that is added; see fw_add.h. The thread has its own entry until it posts it back, and of
 * the images only what never changes. Called by firmware.c.
 */

#include "core/firmware/fw_add.h"

#include <pthread.h>
#include <time.h>

#include "core/base/alloc.h"
#include "core/firmware/fw_info.h"
#include "core/firmware/fw_name.h"
#include "core/firmware/fw_row.h"
#include "core/loop/loop.h"

enum { WAITING_MAX = 16, AGAIN_NS = 10000000 };

/* An image on its way in. */
typedef struct entry {
  struct entry *next;
  tg_fw_adder_t *adder;
  tg_fw_added_fn done; /* NULL: nobody waits */
  void *ud;
  char *file;
  bool known;
  tg_fw_image_t image;
  char name[TG_FW_NAME_MAX + 1];
  char version[TG_FW_VERSION_MAX + 1];
  pthread_t thread;
  tg_rc_t rc; /* how it ended, with diag */
  tg_diag_t diag;
} entry_t;

struct tg_fw_adder {
  tg_loop_t *loop;
  tg_fw_images_t *images;
  entry_t *first; /* being copied where is_running, the others wait */
  size_t count;
  bool is_running;
};

static void on_written(void *ud);

static void free_entry(entry_t *entry) {
  tg_alloc_free(entry->file);
  tg_alloc_free(entry);
}

/* There is no other way to tell the loop, so it does not give up. */
static void *thread_main(void *ud) {
  entry_t *entry = ud;
  entry->rc = tg_fw_image_write(entry->adder->images, entry->known, entry->file, &entry->image, &entry->diag);
  while (tg_loop_post(entry->adder->loop, on_written, entry) == TG_E_NOMEM) {
    (void)nanosleep(&(struct timespec){.tv_nsec = AGAIN_NS}, NULL);
  }
  return NULL;
}

/* Takes the first one off the list and says how it went. A listener may add further ones. */
static void finish(tg_fw_adder_t *adder) {
  entry_t *entry = adder->first;
  adder->first = entry->next;
  adder->count--;
  adder->is_running = false;
  if (entry->rc == TG_OK) entry->rc = tg_fw_image_take(adder->images, entry->known, &entry->image, &entry->diag);
  if (entry->done) entry->done(entry->ud, entry->rc, entry->diag.message);
  free_entry(entry);
}

/* @return whether a thread has the entry now: then nothing of it may be touched */
static bool begin(tg_fw_adder_t *adder, entry_t *entry) {
  entry->rc = tg_fw_image_check(adder->images, tg_slice_str(entry->name), &entry->known, &entry->diag);
  if (entry->rc != TG_OK) return false;
  if (!adder->loop) {
    entry->rc = tg_fw_image_write(adder->images, entry->known, entry->file, &entry->image, &entry->diag);
    return false;
  }
  if (pthread_create(&entry->thread, NULL, thread_main, entry) == 0) return true;
  entry->rc = TG_E_NOMEM;
  return false;
}

/* Begins with the first one; those that can't even begin end at once. */
static void go_on(tg_fw_adder_t *adder) {
  while (adder->first && !adder->is_running) {
    adder->is_running = begin(adder, adder->first);
    if (!adder->is_running) finish(adder);
  }
}

static void on_written(void *ud) {
  entry_t *entry = ud;
  tg_fw_adder_t *adder = entry->adder;
  (void)pthread_join(entry->thread, NULL);
  finish(adder);
  go_on(adder);
}

/* Posted, so that nobody is told before the call that asked has returned. */
static void on_begin(void *ud) {
  go_on(ud);
}

tg_fw_adder_t *tg_fw_add_new(tg_loop_t *loop, tg_fw_images_t *images) {
  tg_fw_adder_t *adder = tg_alloc_array(1, sizeof *adder);
  if (!adder) return NULL;
  adder->loop = loop;
  adder->images = images;
  return adder;
}

void tg_fw_add_free(tg_fw_adder_t *adder) {
  if (!adder) return;
  if (adder->is_running) (void)pthread_join(adder->first->thread, NULL);
  if (adder->is_running) tg_loop_unpost(adder->loop, on_written, adder->first);
  if (adder->loop) tg_loop_unpost(adder->loop, on_begin, adder);
  while (adder->first) {
    entry_t *entry = adder->first;
    adder->first = entry->next;
    free_entry(entry);
  }
  tg_alloc_free(adder);
}

static tg_rc_t check(const tg_fw_adder_t *adder, const tg_fw_addition_t *addition, tg_diag_t *diag) {
  if (!tg_fw_name_is_valid(addition->name)) {
    tg_diag_set(diag, NULL, 0, "an image's name has 1 to %d letters, digits, dots, underscores or dashes",
                TG_FW_NAME_MAX);
    return TG_E_ARG;
  }
  if (!tg_fw_info_is_version(addition->version)) {
    tg_diag_set(diag, NULL, 0, "a version has at most %d characters, none of them a control character",
                TG_FW_VERSION_MAX);
    return TG_E_ARG;
  }
  if (adder->count < WAITING_MAX) return TG_OK;
  tg_diag_set(diag, NULL, 0, "%d images are being added already", WAITING_MAX);
  return TG_E_FULL;
}

static entry_t *make(tg_fw_adder_t *adder, const tg_fw_addition_t *addition) {
  entry_t *entry = tg_alloc_array(1, sizeof *entry);
  char *file = entry ? tg_alloc_str(tg_slice_str(addition->file)) : NULL;
  if (!file) {
    tg_alloc_free(entry);
    return NULL;
  }
  *entry = (entry_t){.adder = adder, .done = addition->done, .ud = addition->ud, .file = file};
  tg_fw_row_text(entry->name, sizeof entry->name, addition->name);
  tg_fw_row_text(entry->version, sizeof entry->version, addition->version);
  entry->image.name = entry->name;
  entry->image.version = entry->version;
  return entry;
}

tg_rc_t tg_fw_add(tg_fw_adder_t *adder, const tg_fw_addition_t *addition, tg_diag_t *diag) {
  tg_rc_t rc = check(adder, addition, diag);
  if (rc != TG_OK) return rc;
  entry_t *entry = make(adder, addition);
  if (!entry) return TG_E_NOMEM;
  if (adder->loop && !adder->first) rc = tg_loop_post(adder->loop, on_begin, adder);
  if (rc != TG_OK) {
    free_entry(entry);
    return rc;
  }
  entry_t **at = &adder->first;
  while (*at) at = &(*at)->next;
  *at = entry;
  adder->count++;
  if (!adder->loop) go_on(adder);
  return TG_OK;
}

void tg_fw_add_forget(tg_fw_adder_t *adder, const void *ud) {
  for (entry_t *entry = adder->first; entry; entry = entry->next) {
    if (entry->ud == ud) entry->done = NULL;
  }
}
