/* SPDX-License-Identifier: Apache-2.0 */
/* See sim_device.h. Called by the world; calls its message layer, its answers and the books. */

#include "tests/sim/sim_device.h"

#include <stdio.h>

#include "tests/sim/sim_ledger.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_serve.h"
#include "tests/sim/sim_speak.h"

enum {
  TICK_MS = 1000,
  READINGS_KEPT = 30,
  AGAIN_MS = 20000,
  BUSY_MS = 30000,
  LISTENS_MS = 12000,
  WAKES_MS = 45000,
  OFF_MS = 20000
};
enum { MINUTE = 60 * 1000 };

static const sim_device_kind_t kinds[SIM_DEVICE_KINDS] = {
    {.name = "sender", .format = TG_CF_SENML_CBOR, .sends = true, .reading_ms = 12000, .lifetime_s = 300},
    {.name = "notifier",
     .format = TG_CF_TLV,
     .confirmable_every = 1,
     .reading_ms = 14000,
     .lifetime_s = 240,
     .reboots_ms = 25 * MINUTE},
    {.name = "sleeper",
     .format = TG_CF_SENML_CBOR,
     .sends = true,
     .sleeps = true,
     .reading_ms = 30000,
     .lifetime_s = 400},
    {.name = "wanderer",
     .format = TG_CF_SENML_JSON,
     .confirmable_every = 1,
     .reading_ms = 20000,
     .lifetime_s = 200,
     .moves_ms = 5 * MINUTE},
    {.name = "guest",
     .format = TG_CF_SENML_JSON,
     .sends = true,
     .reading_ms = 20000,
     .lifetime_s = 120,
     .moves_ms = 9 * MINUTE,
     .reboots_ms = 12 * MINUTE,
     .leaves_ms = 14 * MINUTE},
    {.name = "drowsy",
     .format = TG_CF_TLV,
     .sleeps = true,
     .confirmable_every = 3,
     .reading_ms = 25000,
     .lifetime_s = 300,
     .reboots_ms = 30 * MINUTE},
};

static uint64_t in(uint32_t mean_ms) {
  return mean_ms ? sim.now_ms + sim_wait(mean_ms) : UINT64_MAX;
}

/* ---- what it does next ---- */

static void stay_awake(sim_device_t *device) {
  device->is_awake = true;
  device->sleep_ms = sim.now_ms + LISTENS_MS;
}

static void report(sim_device_t *device) {
  while (device->next > device->first && sim.now_ms >= device->retry_ms && !device->coap.is_busy) {
    stay_awake(device);
    if (device->kind->sends) sim_speak_values(device);
    else if (!device->observation.stands || sim_speak_notify(device)) return;
  }
}

static void go_on(sim_device_t *device) {
  if (!device->is_on || !device->is_awake || device->coap.is_busy) return;
  if (device->later.waits) {
    sim_speak_later(device);
  } else if (!device->is_registered) {
    if (sim.now_ms >= device->register_ms) sim_speak_register(device);
  } else if (device->wants_bye) {
    sim_speak_location(device, SIM_SPEAK_BYE, TG_COAP_DELETE);
  } else if (sim.now_ms >= device->update_ms) {
    sim_speak_location(device, SIM_SPEAK_UPDATE, TG_COAP_POST);
  } else {
    report(device);
  }
}

static void lose_registration(sim_device_t *device, uint64_t again_ms) {
  device->is_registered = device->wants_bye = false;
  device->observation.stands = false;
  device->register_ms = sim.now_ms + again_ms;
}

static void plan_update(sim_device_t *device) {
  uint32_t half_ms = device->kind->lifetime_s * 500;
  device->update_ms = sim.now_ms + half_ms + sim_draw(half_ms / 2);
}

static void acknowledged(sim_device_t *device) {
  for (uint32_t i = 0; i < device->sent; i++) sim_ledger_acked(device->node, device->first + i);
  device->first += device->sent;
}

static void registered(sim_device_t *device, uint8_t code, const tg_coap_msg_t *msg) {
  if (code != TG_COAP_201) {
    if (code >> 5 != 5) sim_fail("a Register of device %u is answered %u.%02u", device->node, code >> 5, code & 31U);
    lose_registration(device, BUSY_MS);
    return;
  }
  tg_slice_t location = {NULL, 0};
  for (size_t i = 0; i < msg->option_count; i++) {
    if (msg->options[i].number == TG_OPT_LOCATION_PATH) location = tg_coap_msg_value(&msg->options[i]);
  }
  if (location.len == 0 || location.len >= sizeof device->location) {
    sim_fail("a Register of device %u has no location", device->node);
    return;
  }
  memcpy(device->location, location.p, location.len);
  device->location[location.len] = '\0';
  device->is_registered = true;
  plan_update(device);
  sim_trace("device %u is registered at %s", device->node, device->location);
}

static void sent(sim_device_t *device, uint8_t code) {
  if (code == TG_COAP_204) acknowledged(device);
  else if (code >> 5 == 5) device->retry_ms = sim.now_ms + BUSY_MS;
  else if (code == TG_COAP_400) lose_registration(device, 0);
  else sim_fail("a Send of device %u is answered %u.%02u", device->node, code >> 5, code & 31U);
}

static void updated(sim_device_t *device, uint8_t code) {
  if (code == TG_COAP_204) plan_update(device);
  else if (code == TG_COAP_404) lose_registration(device, 0);
  else if (code >> 5 == 5) device->update_ms = sim.now_ms + BUSY_MS;
  else sim_fail("an Update of device %u is answered %u.%02u", device->node, code >> 5, code & 31U);
}

static void on_answer(sim_device_t *device, int kind, const tg_coap_msg_t *msg) {
  uint8_t code = msg->code;
  if (kind == SIM_SPEAK_REGISTER) registered(device, code, msg);
  else if (kind == SIM_SPEAK_UPDATE) updated(device, code);
  else if (kind == SIM_SPEAK_SEND) sent(device, code);
  else lose_registration(device, sim_draw(2 * MINUTE));
}

static void on_silence(sim_device_t *device, int kind) {
  if (kind == SIM_SPEAK_REGISTER || kind == SIM_SPEAK_UPDATE) lose_registration(device, sim_draw(AGAIN_MS));
  else if (kind == SIM_SPEAK_BYE) lose_registration(device, sim_draw(MINUTE));
  else if (kind == SIM_SPEAK_NOTIFY) device->observation.stands = false; /* RFC 7641 section 4.5 */
  else device->retry_ms = sim.now_ms + sim_draw(AGAIN_MS);
}

static void on_ended(void *ud, int kind, sim_coap_end_t end, const tg_coap_msg_t *msg) {
  sim_device_t *device = ud;
  switch (end) {
  case SIM_COAP_ANSWERED: on_answer(device, kind, msg); break;
  case SIM_COAP_ACKED:
    if (kind == SIM_SPEAK_NOTIFY) acknowledged(device);
    break;
  case SIM_COAP_RESET:
    if (kind == SIM_SPEAK_NOTIFY || kind < 0) device->observation.stands = false;
    else if (kind != SIM_SPEAK_LATER) on_silence(device, kind);
    break;
  case SIM_COAP_TIMEOUT: on_silence(device, kind); break;
  }
  go_on(device);
}

static uint8_t on_request(void *ud, const tg_coap_msg_t *msg, tg_coap_enc_t *enc) {
  return sim_serve_request(ud, msg, enc);
}

static const sim_coap_ops_t ops = {.request = on_request, .ended = on_ended};

static void on_datagram(void *ud, tg_slice_t datagram) {
  sim_device_t *device = ud;
  if (!device->is_on || !device->is_awake) return;
  stay_awake(device);
  sim_coap_receive(&device->coap, datagram);
  go_on(device);
}

/* ---- its day ---- */

static void move(sim_device_t *device) {
  device->port = (uint16_t)(10000 + sim_draw(40000));
  sim_net_set_port(device->node, device->port);
  sim_trace("device %u has port %u", device->node, device->port);
}

static void switch_on(sim_device_t *device) {
  sim_coap_begin(&device->coap, device->node, &ops, device);
  device->is_on = true;
  device->later.waits = false;
  move(device);
  stay_awake(device);
  lose_registration(device, sim_draw(3000));
}

static void switch_off(sim_device_t *device) {
  sim_trace("device %u is switched off", device->node);
  sim_coap_end(&device->coap);
  device->coap.is_busy = false;
  device->is_on = false;
  device->on_ms = sim.now_ms + 1000 + sim_draw(OFF_MS);
}

static void measure(sim_device_t *device) {
  if (sim.is_silent || sim.now_ms < device->reading_ms) return;
  device->reading_ms = in(device->kind->reading_ms);
  device->next++;
  bool is_sending =
      device->coap.is_busy && (device->coap.kind == SIM_SPEAK_SEND || device->coap.kind == SIM_SPEAK_NOTIFY);
  if (device->next - device->first > READINGS_KEPT && !is_sending) device->first++;
}

static void sleep_and_wake(sim_device_t *device) {
  if (!device->kind->sleeps || !device->is_on) return;
  if (device->is_awake && sim.now_ms >= device->sleep_ms && !device->coap.is_busy && device->is_registered) {
    device->is_awake = false;
    device->wake_ms = sim.now_ms + WAKES_MS / 2 + sim_draw(WAKES_MS);
  } else if (!device->is_awake && sim.now_ms >= device->wake_ms) {
    stay_awake(device);
    if (device->next == device->first || !device->kind->sends) device->update_ms = sim.now_ms;
  }
}

/* Faults of its own; none once everything is calm. */
static void have_trouble(sim_device_t *device) {
  if (sim.is_calm || !device->is_on) return;
  if (sim.now_ms >= device->move_ms) {
    device->move_ms = in(device->kind->moves_ms);
    move(device);
  }
  if (sim.now_ms >= device->leave_ms) {
    device->leave_ms = in(device->kind->leaves_ms);
    device->wants_bye = device->is_registered;
  }
  if (sim.now_ms >= device->reboot_ms) {
    device->reboot_ms = in(device->kind->reboots_ms);
    switch_off(device);
  }
}

static void on_tick(tg_timer_t *timer, void *ud) {
  sim_device_t *device = ud;
  sim_after(timer, TICK_MS);
  measure(device);
  have_trouble(device);
  if (!device->is_on && sim.now_ms >= device->on_ms) switch_on(device);
  if (!sim.is_silent) sleep_and_wake(device);
  if (!sim.is_silent || device->coap.is_busy) go_on(device);
}

void sim_device_begin(sim_device_t *device, uint32_t node, uint32_t kind) {
  device->node = node;
  device->kind = &kinds[kind % SIM_DEVICE_KINDS];
  (void)snprintf(device->ep, sizeof device->ep, "%s-%u", device->kind->name, node);
  device->first = device->next = 1;
  device->reading_ms = in(device->kind->reading_ms);
  device->move_ms = in(device->kind->moves_ms);
  device->reboot_ms = in(device->kind->reboots_ms);
  device->leave_ms = in(device->kind->leaves_ms);
  device->tick = (tg_timer_t){.fn = on_tick, .ud = device};
  sim_net_attach(node, on_datagram, device);
  switch_on(device);
  sim_after(&device->tick, 1 + sim_draw(TICK_MS));
}

void sim_device_end(sim_device_t *device) {
  tg_wheel_del(sim.wheel, &device->tick);
  sim_coap_end(&device->coap);
}
