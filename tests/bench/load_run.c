/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of tg-load at work; see load_run.h. */

#include "tests/bench/load_run.h"

#include <string.h>
#include <time.h>

#include "tests/bench/load_net.h"
#include "tests/bench/load_wire.h"

enum { QUIET_MS = 300, GIVE_UP_S = 60 };

static double clock_s(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double tg_load_now(void) {
  return clock_s(CLOCK_MONOTONIC);
}

/* Fills a free slot with the next device's request; false when there is nothing to send in this phase. */
static bool fill(tg_load_run_t *load, unsigned at, double now) {
  tg_load_slot_t *slot = load->slots + at;
  const tg_load_config_t *config = &load->config;
  if (load->next >= config->devices) {
    if (load->phase == TG_LOAD_REGISTER) return false;
    load->next = 0;
  }
  unsigned index = load->next++;
  const tg_load_device_t *device = load->devices + index;
  tg_load_mark_t mark = {(uint8_t)at, ++slot->use & 0xFFFFFF};
  slot->busy = true;
  slot->sent = now;
  slot->packet.device = config->from + index;
  if (load->phase == TG_LOAD_REGISTER) tg_load_wire_register(&slot->packet, mark, load->mid++);
  else if (load->phase == TG_LOAD_UPDATE) tg_load_wire_update(&slot->packet, device, mark, load->mid++);
  else tg_load_wire_notify(&slot->packet, device, load->sequence++, (uint16_t)((slot->use & 0x3FF) << 6 | at));
  return true;
}

static void pump(tg_load_run_t *load, bool all, double now) {
  unsigned count = 0;
  for (unsigned i = 0; i < TG_LOAD_WINDOW; i++) {
    if (load->slots[i].busy ? !all : !fill(load, i, now)) continue;
    load->out[count++] = load->slots[i].packet;
    if (all) load->repeated++;
  }
  tg_load_net_send(load->fd, &load->config.server, load->out, count);
}

static void count_delay(tg_load_run_t *load, double seconds) {
  double bin = seconds * 1e6 / TG_LOAD_DELAY_US;
  load->delays[bin < TG_LOAD_DELAY_BINS - 1 ? (size_t)bin : TG_LOAD_DELAY_BINS - 1]++;
}

static void on_answer(tg_load_run_t *load, const tg_load_packet_t *packet, double now) {
  tg_load_mark_t mark;
  unsigned mid = (unsigned)packet->bytes[2] << 8 | packet->bytes[3];
  bool notifies = load->phase == TG_LOAD_NOTIFY;
  if (notifies && (packet->bytes[0] & 0x30) == 0x20) mark = (tg_load_mark_t){mid & 63, mid >> 6};
  else if (!tg_load_wire_mark(packet, &mark)) return;
  tg_load_slot_t *slot = load->slots + mark.slot;
  uint32_t mask = notifies ? 0x3FF : 0xFFFFFF;
  if (!slot->busy || (slot->use & mask) != mark.use) return;
  unsigned index = slot->packet.device - load->config.from;
  bool good = load->config.echo || notifies || packet->bytes[1] >> 5 == 2;
  if (load->phase == TG_LOAD_REGISTER) good = tg_load_wire_place(packet, load->devices + index);
  slot->busy = false;
  count_delay(load, now - slot->sent);
  load->answered++;
  if (!good) load->refused++;
}

unsigned tg_load_run_take(tg_load_run_t *load, int wait_ms) {
  unsigned count = tg_load_net_receive(load->fd, load->came, wait_ms), replies = 0;
  double now = tg_load_now();
  for (unsigned i = 0; i < count; i++) {
    tg_load_packet_t *packet = load->came + i;
    unsigned index = packet->device - load->config.from;
    if (packet->len < 4 || index >= load->config.devices) continue;
    bool request = !load->config.echo && packet->bytes[1] && packet->bytes[1] >> 5 == 0;
    bool con = !load->config.echo && (packet->bytes[0] & 0x30) == 0;
    if (!request) on_answer(load, packet, now);
    if (request && tg_load_wire_answer(packet, load->devices + index)) load->observed++;
    if (!request && con) tg_load_wire_ack(packet);
    if (request || con) load->out[replies++] = *packet;
  }
  if (replies) tg_load_net_send(load->fd, &load->config.server, load->out, replies);
  return count;
}

static bool in_flight(const tg_load_run_t *load) {
  for (unsigned i = 0; i < TG_LOAD_WINDOW; i++) {
    if (load->slots[i].busy) return true;
  }
  return false;
}

/* The time within which so many in a hundred were answered; the upper end of its bin. */
static double percentile(const tg_load_run_t *load, double percent) {
  double wanted = (double)load->answered * percent / 100, seen = 0;
  size_t bin = 0;
  while (bin < TG_LOAD_DELAY_BINS && (seen += load->delays[bin]) < wanted) bin++;
  return (double)(bin + 1) * TG_LOAD_DELAY_US / 1000;
}

static void begin(tg_load_run_t *load, tg_load_phase_t phase) {
  load->phase = phase;
  load->answered = load->next = 0;
  memset(load->delays, 0, sizeof load->delays);
  for (unsigned i = 0; i < TG_LOAD_WINDOW; i++) load->slots[i].busy = false;
}

bool tg_load_run(tg_load_run_t *load, tg_load_phase_t phase, double seconds, tg_load_measured_t *measured) {
  uint64_t cpu = tg_load_net_cpu_ns(load->config.pid);
  double start = tg_load_now(), heard = start, now = start;
  begin(load, phase);
  while (phase == TG_LOAD_REGISTER ? load->answered < load->config.devices : now < start + seconds) {
    pump(load, false, now);
    unsigned came = tg_load_run_take(load, QUIET_MS);
    now = tg_load_now();
    if (came) heard = now;
    else pump(load, true, now);
    if (now - heard > 10 || now - start > GIVE_UP_S + seconds) break;
  }
  measured->seconds = now - start;
  measured->rate = (double)load->answered / measured->seconds;
  measured->cpu_us =
      load->answered ? (double)(tg_load_net_cpu_ns(load->config.pid) - cpu) / 1000.0 / (double)load->answered : 0;
  measured->p50_ms = percentile(load, 50);
  measured->p99_ms = percentile(load, 99);
  for (double end = now + 2; in_flight(load) && tg_load_now() < end;) {
    if (!tg_load_run_take(load, QUIET_MS)) break;
  }
  return load->answered > 0 && now - heard <= 10 &&
         (phase != TG_LOAD_REGISTER || load->answered >= load->config.devices);
}

/* One burst, each of another device. */
static void send_burst(tg_load_run_t *load) {
  unsigned count = load->config.burst;
  for (unsigned i = 0; i < count; i++) {
    if (load->next >= load->config.devices) load->next = 0;
    unsigned index = load->next++;
    load->out[i].device = load->config.from + index;
    tg_load_wire_notify(load->out + i, load->devices + index, load->sequence++, load->mid++);
    tg_load_wire_non(load->out + i);
  }
  tg_load_net_send(load->fd, &load->config.server, load->out, count);
}

bool tg_load_run_paced(tg_load_run_t *load, tg_load_measured_t *measured) {
  const tg_load_config_t *config = &load->config;
  uint64_t cpu = tg_load_net_cpu_ns(config->pid);
  double start = tg_load_now(), now = start, looked = 0;
  begin(load, TG_LOAD_NOTIFY);
  while (now < start + config->seconds) {
    for (; (double)measured->sent < (now - start) * config->rate; measured->sent += config->burst) send_burst(load);
    double ahead = start + (double)measured->sent / config->rate - tg_load_now();
    (void)tg_load_run_take(load, ahead > 0.001 ? (int)(ahead * 1000) : 0);
    now = tg_load_now();
    if (now - looked < 1) continue;
    looked = now;
    measured->rss_end = tg_load_net_rss(config->pid);
    if (measured->rss_end > measured->rss_max) measured->rss_max = measured->rss_end;
    if (now - start < config->seconds / 2) measured->rss_begin = measured->rss_end; /* half-way */
  }
  measured->seconds = now - start;
  measured->rate = (double)measured->sent / measured->seconds;
  measured->cpu_us = (double)(tg_load_net_cpu_ns(config->pid) - cpu) / 1000.0 / (double)measured->sent;
  return measured->sent > 0;
}

double tg_load_run_await(tg_load_run_t *load) {
  double end = tg_load_now() + GIVE_UP_S;
  begin(load, TG_LOAD_UPDATE);
  for (unsigned at = 0; tg_load_now() < end; at = (at + 1) % TG_LOAD_WINDOW) {
    load->next = 0;
    (void)fill(load, at, tg_load_now());
    load->out[0] = load->slots[at].packet;
    tg_load_net_send(load->fd, &load->config.server, load->out, 1);
    (void)tg_load_run_take(load, 1);
    if (load->answered > load->refused) return clock_s(CLOCK_REALTIME);
  }
  return 0;
}
