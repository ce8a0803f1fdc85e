/* SPDX-License-Identifier: Apache-2.0 */
/* Object 5's state machine; see dev_fw.h. Called by dev_serve.c, dev_push.c and the main loop. */

#include "tests/fake/device/dev_fw.h"

#include <errno.h>
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "tests/fake/device/dev_image.h"
#include "tests/fake/device/dev_life.h"
#include "tests/fake/device/dev_model.h"
#include "tests/fake/device/dev_net.h"
#include "tests/fake/device/dev_observe.h"
#include "tests/fake/device/dev_pull.h"

enum { PACKAGE, URI, UPDATE, STATE, RESULT = 5, NAME, VERSION, CANCEL = 10, CHANGED = 12, URI_MAX = 255, SPACE = 2048 };
enum { INITIAL, SUCCESS, NO_SPACE, NO_RAM, BAD_URI = 7, INSTALL_FAILED, CANCELLED = 10, DEFERRED };

struct tg_dev_fw {
  tg_buf_t image;
  tg_dev_image_t about; /* the image, once it is whole */
  tg_dev_pull_t *pull;
  bool wants_pull; /* Downloading by URI: begins with the next turn, when the answer is out */
  char uri[URI_MAX + 1];
  uint64_t install_ms; /* when Updating ends */
  uint64_t defer_ms;   /* when a deferred update comes by itself; 0: it doesn't */
  uint32_t failures;   /* still to come */
};

static tg_path_t path_of(uint16_t rid) {
  return tg_path(3, 5, 0, rid);
}

static void put(tg_dev_t *dev, uint16_t rid, int64_t number) {
  tg_path_t path = path_of(rid);
  tg_dev_model_put(dev, &path, number);
  tg_dev_observe_changed(dev, &path);
}

static void put_text(tg_dev_t *dev, uint16_t rid, const char *text) {
  tg_path_t path = path_of(rid);
  if (!tg_dev_model_exists(dev, &path)) return;
  if (tg_dev_model_set_text(dev, &path, tg_slice_str(text)) == TG_OK) tg_dev_observe_changed(dev, &path);
}

int tg_dev_fw_state(const tg_dev_t *dev) {
  tg_path_t path = path_of(STATE);
  return (int)tg_dev_model_number(dev, &path);
}

/* The time of the change is set just before the state (Core 1.1 Appendix E.6.1, /5/0/12). */
static void enter(tg_dev_t *dev, int state, int result) {
  tg_path_t changed = path_of(CHANGED);
  tg_dev_net_say(dev, "firmware state %d result %d", state, result);
  put(dev, RESULT, result);
  if (tg_dev_fw_state(dev) == state) return;
  if (tg_dev_model_exists(dev, &changed)) put(dev, CHANGED, tg_clock_wall_ms() / 1000);
  put(dev, STATE, state);
}

static void stop_pull(tg_dev_t *dev) {
  tg_dev_pull_free(dev->fw->pull);
  dev->fw->pull = NULL;
  dev->fw->wants_pull = false;
}

static void show_uri(tg_dev_t *dev) {
  tg_path_t path = path_of(URI);
  tg_dev_model_lend(dev, &path, tg_slice_str(dev->fw->uri));
}

/* Idle again: what was there of an image goes. */
static void end(tg_dev_t *dev, int result) {
  stop_pull(dev);
  tg_buf_fini(&dev->fw->image);
  dev->fw->uri[0] = '\0';
  dev->fw->defer_ms = 0;
  show_uri(dev);
  put_text(dev, NAME, "");
  put_text(dev, VERSION, "");
  enter(dev, TG_DEV_FW_IDLE, result);
}

static bool fails(tg_dev_t *dev, tg_dev_fail_t what) {
  if (dev->config->fw.fail != what || dev->fw->failures == 0) return false;
  dev->fw->failures--;
  return true;
}

bool tg_dev_fw_new(tg_dev_t *dev) {
  if (!dev->config->fw.on) return true;
  dev->fw = tg_alloc_array(1, sizeof *dev->fw);
  if (!dev->fw) return false;
  dev->fw->failures = dev->config->fw.fail_count;
  tg_buf_init_growing(&dev->fw->image, dev->config->fw.max);
  return true;
}

void tg_dev_fw_free(tg_dev_t *dev) {
  if (!dev->fw) return;
  stop_pull(dev);
  tg_buf_fini(&dev->fw->image);
  tg_alloc_free(dev->fw);
  dev->fw = NULL;
}

bool tg_dev_fw_is_pulling(const tg_dev_t *dev) {
  return dev->fw->pull || dev->fw->wants_pull;
}

tg_slice_t tg_dev_fw_image(const tg_dev_t *dev) {
  return tg_buf_slice(&dev->fw->image);
}

void tg_dev_fw_begin(tg_dev_t *dev) {
  tg_buf_clear(&dev->fw->image);
  enter(dev, TG_DEV_FW_DOWNLOADING, INITIAL);
}

tg_rc_t tg_dev_fw_append(tg_dev_t *dev, tg_slice_t bytes) {
  tg_buf_t *image = &dev->fw->image;
  if (image->len == 0 && fails(dev, TG_DEV_FAIL_RAM)) {
    end(dev, NO_RAM);
    return TG_E_IO;
  }
  if (image->len + bytes.len > SPACE && fails(dev, TG_DEV_FAIL_SPACE)) {
    end(dev, NO_SPACE);
    return TG_E_IO;
  }
  tg_buf_put(image, bytes);
  if (image->rc == TG_OK) return TG_OK;
  end(dev, NO_SPACE);
  return TG_E_TOO_LONG;
}

/* One file a device; a later image takes its place. */
static void write_file(const tg_dev_t *dev) {
  const char *file = dev->config->fw.image_out;
  char name[512];
  if (!file) return;
  snprintf(name, sizeof name, dev->config->count > 1 ? "%s-%s" : "%s", file, dev->ep);
  FILE *out = fopen(name, "wb");
  size_t len = dev->fw->image.len;
  bool good = out && fwrite(dev->fw->image.p, 1, len, out) == len;
  if (out && fclose(out) != 0) good = false;
  if (!good) fprintf(stderr, "tg-fake-device: %s: %s\n", name, strerror(errno));
}

void tg_dev_fw_complete(tg_dev_t *dev) {
  tg_slice_t image = tg_dev_fw_image(dev);
  stop_pull(dev);
  write_file(dev);
  tg_dev_net_say(dev, "firmware image %zu %08x", image.len, tg_hash_crc32(0, image));
  int result = tg_dev_image_read(image, &dev->fw->about);
  if (result != 0) {
    end(dev, result);
    return;
  }
  put_text(dev, NAME, dev->fw->about.model);
  put_text(dev, VERSION, dev->fw->about.version);
  enter(dev, TG_DEV_FW_DOWNLOADED, INITIAL);
}

void tg_dev_fw_reset(tg_dev_t *dev) {
  end(dev, INITIAL);
}

tg_rc_t tg_dev_fw_check_uri(const tg_dev_t *dev, tg_slice_t uri) {
  int state = tg_dev_fw_state(dev);
  if (dev->config->fw.method == TG_DEV_PUSH || state == TG_DEV_FW_UPDATING) return TG_E_METHOD;
  if (uri.len && state != TG_DEV_FW_IDLE) return TG_E_METHOD;
  return uri.len > URI_MAX ? TG_E_TOO_LONG : TG_OK;
}

void tg_dev_fw_set_uri(tg_dev_t *dev, tg_slice_t uri) {
  if (!uri.len) {
    end(dev, INITIAL);
    return;
  }
  memcpy(dev->fw->uri, uri.p, uri.len);
  dev->fw->uri[uri.len] = '\0';
  show_uri(dev);
  dev->fw->wants_pull = true;
  tg_dev_fw_begin(dev);
}

tg_rc_t tg_dev_fw_check_execute(const tg_dev_t *dev, uint16_t rid) {
  int state = tg_dev_fw_state(dev);
  if (rid == UPDATE) return state == TG_DEV_FW_DOWNLOADED ? TG_OK : TG_E_METHOD;
  return state == TG_DEV_FW_DOWNLOADING || state == TG_DEV_FW_DOWNLOADED ? TG_OK : TG_E_METHOD;
}

static void install(tg_dev_t *dev, uint64_t now_ms) {
  dev->fw->defer_ms = 0;
  dev->fw->install_ms = now_ms + dev->config->fw.install_ms;
  enter(dev, TG_DEV_FW_UPDATING, INITIAL);
}

void tg_dev_fw_execute(tg_dev_t *dev, uint16_t rid) {
  uint64_t now_ms = tg_clock_mono_ms();
  if (rid == CANCEL) end(dev, CANCELLED);
  else if (fails(dev, TG_DEV_FAIL_DEFER)) {
    dev->fw->defer_ms = dev->config->fw.defer_ms ? now_ms + dev->config->fw.defer_ms : 0;
    enter(dev, TG_DEV_FW_DOWNLOADED, DEFERRED);
  } else install(dev, now_ms);
}

void tg_dev_fw_restarted(tg_dev_t *dev) {
  if (tg_dev_fw_state(dev) != TG_DEV_FW_DOWNLOADING) return;
  bool pulls = tg_dev_fw_is_pulling(dev);
  stop_pull(dev);
  tg_buf_clear(&dev->fw->image);
  dev->fw->wants_pull = pulls;
  if (!pulls) end(dev, INITIAL);
}

/* The new version runs after the restart, where it says so first. */
static void end_install(tg_dev_t *dev) {
  static const tg_path_t runs = {{3, 0, 3, 0}, 3};
  if (fails(dev, TG_DEV_FAIL_INSTALL)) {
    enter(dev, TG_DEV_FW_DOWNLOADED, INSTALL_FAILED);
    return;
  }
  if (tg_dev_model_set_text(dev, &runs, tg_slice_str(dev->fw->about.version)) == TG_OK) {
    tg_dev_net_say(dev, "firmware version %s", dev->fw->about.version);
  }
  end(dev, SUCCESS);
  tg_dev_life_restart(dev, dev->config->restart_ms);
}

static void follow_pull(tg_dev_t *dev, uint64_t now_ms) {
  tg_dev_fw_t *fw = dev->fw;
  int result = TG_DEV_PULL_GOES_ON;
  if (fw->wants_pull) {
    fw->wants_pull = false;
    result = fails(dev, TG_DEV_FAIL_URI) ? BAD_URI : tg_dev_pull_new(dev->config, fw->uri, &fw->pull);
    if (result != 0) {
      end(dev, result);
      return;
    }
  }
  result = tg_dev_pull_run(fw->pull, now_ms, &fw->image);
  bool got_some = fw->image.len > 0;
  if (got_some && fails(dev, TG_DEV_FAIL_RAM)) end(dev, NO_RAM);
  else if (got_some && fails(dev, TG_DEV_FAIL_SPACE)) end(dev, NO_SPACE);
  else if (result == 0) tg_dev_fw_complete(dev);
  else if (result != TG_DEV_PULL_GOES_ON) end(dev, result);
}

void tg_dev_fw_tick(tg_dev_t *dev, uint64_t now_ms) {
  int state = tg_dev_fw_state(dev);
  if (dev->fd < 0) return; /* restarting */
  if (tg_dev_fw_is_pulling(dev)) follow_pull(dev, now_ms);
  else if (state == TG_DEV_FW_UPDATING && now_ms >= dev->fw->install_ms) end_install(dev);
  else if (state == TG_DEV_FW_DOWNLOADED && dev->fw->defer_ms && now_ms >= dev->fw->defer_ms) install(dev, now_ms);
}

int tg_dev_fw_fd(const tg_dev_t *dev) {
  return dev->fw ? tg_dev_pull_fd(dev->fw->pull) : -1;
}
