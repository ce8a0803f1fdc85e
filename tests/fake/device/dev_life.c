/* SPDX-License-Identifier: Apache-2.0 */
/* Restarts and changes of transport; see dev_life.h. Called by dev_serve.c, dev_fw.c, dev_reg.c and the main loop. */

#include "tests/fake/device/dev_life.h"

#include "core/base/clock.h"
#include "tests/fake/device/dev_model.h"
#include "tests/fake/device/dev_net.h"
#include "tests/fake/device/dev_observe.h"

enum { DISABLE = 4, UPDATE = 8, BOOTSTRAP = 9, MOVE_MS = 100, RETRY_MS = 1000 };

/* `0='U'`, as others write it `0=U`, and `U`. */
static tg_slice_t letter_of(tg_slice_t args) {
  if (args.len > 2 && args.p[0] == '0' && args.p[1] == '=') args = tg_slice_from(args, 2);
  if (args.len == 3 && args.p[0] == '\'' && args.p[2] == '\'') return tg_slice(args.p + 1, 1);
  return args;
}

static char transport_of(const tg_dev_t *dev) {
  return dev->at ? dev->at : 'U';
}

bool tg_dev_life_has(const tg_dev_t *dev, tg_slice_t letter) {
  const tg_dev_config_t *config = dev->config;
  if (tg_slice_is(letter, "N")) return config->server_n != NULL;
  return tg_slice_is(letter, "U") && (config->server_u || !config->server_n);
}

static bool names_transport(const tg_dev_t *dev, uint16_t rid, tg_slice_t args) {
  return rid == UPDATE && args.len && !dev->config->plain_trigger;
}

tg_rc_t tg_dev_life_check(const tg_dev_t *dev, uint16_t rid, tg_slice_t args) {
  return !names_transport(dev, rid, args) || tg_dev_life_has(dev, letter_of(args)) ? TG_OK : TG_E_ARG;
}

void tg_dev_life_move(tg_dev_t *dev, char letter) {
  if (letter == transport_of(dev)) {
    dev->want_update = true;
    return;
  }
  dev->move_to = letter;
  dev->move_ms = tg_clock_mono_ms() + MOVE_MS;
}

void tg_dev_life_execute(tg_dev_t *dev, uint16_t rid, tg_slice_t args) {
  if (names_transport(dev, rid, args)) tg_dev_life_move(dev, (char)letter_of(args).p[0]);
  else if (rid == UPDATE) dev->want_update = true;
  else if (rid == DISABLE) {
    double seconds = tg_dev_model_number(dev, &(tg_path_t){{1, 0, 5, 0}, 3});
    dev->disabled_s = seconds >= 1 && seconds < 1e9 ? (uint32_t)seconds : 1;
  } else if (rid == BOOTSTRAP) { /* there is no Bootstrap-Server: it comes back with the account it had */
    tg_dev_net_say(dev, "bootstrap");
    dev->registered = false;
    dev->next_reg_ms = tg_clock_mono_ms() + dev->config->restart_ms;
  }
}

void tg_dev_life_restart(tg_dev_t *dev, uint32_t ms) {
  tg_dev_net_say(dev, "restart");
  tg_dev_net_close(dev);
  tg_dev_observe_clear(dev);
  dev->registered = false;
  dev->want_update = false;
  dev->asleep = false;
  dev->next_reg_ms = 0;
  dev->open_ms = tg_clock_mono_ms() + ms;
}

static void move(tg_dev_t *dev) {
  tg_dev_net_close(dev);
  dev->at = dev->move_to;
  dev->move_to = 0;
  dev->moved = true;
  dev->asleep = false;
  dev->open_ms = 0;
  tg_dev_net_say(dev, "moved %c", dev->at);
  if (dev->registered) dev->want_update = !dev->config->move_anew;
  if (dev->config->move_anew) dev->registered = false;
  dev->next_reg_ms = 0;
}

void tg_dev_life_tick(tg_dev_t *dev, uint64_t now_ms) {
  if (dev->move_to && now_ms >= dev->move_ms) move(dev);
  if (dev->fd >= 0 || now_ms < dev->open_ms) return;
  if (!tg_dev_net_open(dev)) {
    tg_dev_net_close(dev);
    dev->open_ms = now_ms + RETRY_MS;
  }
}
