/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-fake-device: one process that is one or many LwM2M devices over UDP, for tests and the demo. Told what to do on the command line
 * and on standard input; tells what happens on standard output, one line an event. It uses our codecs, never the exchange layer.
 */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "tests/fake/device/dev_fw.h"
#include "tests/fake/device/dev_life.h"
#include "tests/fake/device/dev_model.h"
#include "tests/fake/device/dev_net.h"
#include "tests/fake/device/dev_observe.h"
#include "tests/fake/device/dev_options.h"
#include "tests/fake/device/dev_reg.h"
#include "tests/fake/device/dev_serve.h"

enum { TURN_MS = 50, FETCH_TURN_MS = 5, LEAVE_MS = 3000 };

typedef struct fleet {
  tg_dev_config_t config;
  tg_registry_t *registry;
  tg_model_t model;
  tg_dev_t *devices;
  struct pollfd *polled; /* two a device, its own and that of a download; then standard input */
  bool input_is_pipe;
  bool input_ended;
  uint64_t leave_ms; /* when waiting for de-registration ends; 0: not leaving */
  size_t line_len;
  char line[256];
} fleet_t;

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

static void leave(fleet_t *fleet) {
  if (!fleet->leave_ms) fleet->leave_ms = tg_clock_mono_ms() + LEAVE_MS;
  for (unsigned i = 0; i < fleet->config.count; i++) fleet->devices[i].leaving = true;
}

static void on_datagram(tg_dev_t *dev, tg_slice_t datagram) {
  tg_coap_msg_t msg;
  if (tg_coap_msg_decode(&msg, datagram) != TG_OK) return;
  if (msg.code && msg.code >> 5 == 0) {
    tg_dev_serve_request(dev, &msg);
    return;
  }
  if (msg.type == TG_COAP_RST) tg_dev_observe_reset(dev, msg.mid);
  tg_dev_flight_t *flight = tg_dev_net_match(dev, &msg);
  if (msg.type == TG_COAP_CON) tg_dev_net_send_empty(dev, msg.code && flight ? TG_COAP_ACK : TG_COAP_RST, msg.mid);
  if (!flight) return;
  if (flight->kind == TG_DEV_NOTIFY) {
    if (msg.type == TG_COAP_ACK) tg_dev_observe_acknowledged(dev, flight);
    flight->kind = TG_DEV_FREE;
  } else if (msg.code) tg_dev_reg_answered(dev, flight, &msg);
  else if (msg.type == TG_COAP_RST) tg_dev_reg_answered(dev, flight, NULL);
  else if (!flight->acked) {
    flight->acked = true;
    flight->due_ms = tg_clock_mono_ms() + 60000;
  }
}

/* What arrives while a device in queue mode sleeps is lost, as it is in the field. */
static void receive(tg_dev_t *dev) {
  uint8_t bytes[TG_DEV_DATAGRAM_MAX];
  ssize_t len;
  while (dev->fd >= 0 && (len = recv(dev->fd, bytes, sizeof bytes, 0)) >= 0) {
    if (!dev->asleep && !dev->gone) on_datagram(dev, tg_slice(bytes, (size_t)len));
  }
}

static tg_rc_t change(tg_dev_t *dev, const tg_path_t *path, tg_slice_t text) {
  tg_rc_t rc = tg_dev_model_set_text(dev, path, text);
  if (rc == TG_OK) tg_dev_observe_changed(dev, path);
  return rc;
}

/* The temperature walks up and down between 20 and 25, a quarter of a degree a step; the extremes follow. */
static void move(tg_dev_t *dev) {
  static const tg_path_t now_at = {{3303, 0, 5700, 0}, 3}, least = {{3303, 0, 5601, 0}, 3},
                         most = {{3303, 0, 5602, 0}, 3};
  unsigned phase = ++dev->step % 40;
  double now = 20 + 0.25 * (phase < 20 ? phase : 40 - phase);
  char text[32];
  snprintf(text, sizeof text, "%.2f", now);
  tg_rc_t rc = change(dev, &now_at, tg_slice_str(text));
  if (rc == TG_OK && now < tg_dev_model_number(dev, &least)) rc = change(dev, &least, tg_slice_str(text));
  if (rc == TG_OK && now > tg_dev_model_number(dev, &most)) rc = change(dev, &most, tg_slice_str(text));
}

static void restart(tg_dev_t *dev, uint32_t ms) {
  if (dev->fw) tg_dev_fw_restarted(dev);
  dev->restart_ms = 0;
  tg_dev_life_restart(dev, ms);
}

static void turn(fleet_t *fleet, tg_dev_t *dev, uint64_t now_ms) {
  if (dev->restart_ms && now_ms >= dev->restart_ms) restart(dev, fleet->config.restart_ms);
  tg_dev_life_tick(dev, now_ms);
  if (dev->fd < 0) {
    dev->gone = dev->leaving;
    return;
  }
  if (fleet->config.interval_ms && now_ms >= dev->next_change_ms) {
    dev->next_change_ms = now_ms + fleet->config.interval_ms;
    move(dev);
  }
  if (dev->fw) tg_dev_fw_tick(dev, now_ms);
  if (dev->fd < 0) return; /* it restarts with its new firmware */
  tg_dev_reg_tick(dev, now_ms);
  tg_dev_observe_tick(dev, now_ms);
  tg_dev_flight_t *lost = tg_dev_net_tick(dev, now_ms);
  if (lost && lost->kind == TG_DEV_NOTIFY) lost->kind = TG_DEV_FREE;
  else if (lost) tg_dev_reg_answered(dev, lost, NULL);
  if (fleet->config.queue && dev->registered && !dev->asleep && now_ms > dev->awake_until_ms) {
    dev->asleep = true;
    tg_dev_net_say(dev, "asleep");
  }
}

static void obey(tg_dev_t *dev, tg_slice_t line) {
  tg_slice_t verb = tg_slice_take(&line, ' ');
  tg_slice_t value = line, where = tg_slice_take(&value, ' ');
  tg_path_t path;
  tg_rc_t rc = TG_OK;
  char text[TG_PATH_TEXT_MAX];
  if (tg_slice_is(verb, "update")) dev->want_update = true;
  else if (tg_slice_is(verb, "restart")) restart(dev, dev->config->restart_ms);
  else if (tg_slice_is(verb, "deregister") || tg_slice_is(verb, "quit")) dev->leaving = true;
  else if ((rc = tg_path_parse(where, &path)) != TG_OK) rc = TG_E_SYNTAX;
  else if (tg_slice_is(verb, "set")) {
    rc = change(dev, &path, value);
    if (rc == TG_OK)
      tg_dev_net_say(dev, "value %s %.*s", tg_path_text(&path, text), (int)value.len, (const char *)value.p);
  } else if (tg_slice_is(verb, "send")) rc = tg_dev_reg_send(dev, &path) ? TG_OK : TG_E_NOT_FOUND;
  else rc = TG_E_SYNTAX;
  if (rc != TG_OK) tg_dev_net_say(dev, "error %s", tg_rc_name(rc));
}

static void on_line(fleet_t *fleet, tg_slice_t line) {
  tg_slice_t only = tg_slice(NULL, 0);
  if (line.len && line.p[0] == '@') only = tg_slice_from(tg_slice_take(&line, ' '), 1);
  if (!line.len) return;
  if (!only.len && tg_slice_is(line, "quit")) leave(fleet);
  for (unsigned i = 0; i < fleet->config.count; i++) {
    if (!only.len || tg_slice_is(only, fleet->devices[i].ep)) obey(fleet->devices + i, line);
  }
}

static void read_input(fleet_t *fleet) {
  ssize_t len = read(STDIN_FILENO, fleet->line + fleet->line_len, sizeof fleet->line - fleet->line_len);
  if (len <= 0) {
    fleet->input_ended = true;
    if (fleet->input_is_pipe) leave(fleet);
    return;
  }
  tg_slice_t rest = tg_slice(fleet->line, fleet->line_len + (size_t)len);
  while (tg_slice_find(rest, '\n') < rest.len) on_line(fleet, tg_slice_take(&rest, '\n'));
  bool overlong = rest.len == sizeof fleet->line;
  fleet->line_len = overlong ? 0 : rest.len;
  memmove(fleet->line, rest.p, fleet->line_len);
}

static bool start(fleet_t *fleet) {
  unsigned count = fleet->config.count;
  fleet->devices = tg_alloc_array(count, sizeof *fleet->devices);
  fleet->polled = tg_alloc_array(2 * (size_t)count + 1, sizeof *fleet->polled);
  fleet->registry = tg_dev_model_new();
  fleet->model = (tg_model_t){.registry = fleet->registry, .enabler = TG_VERSION_1_0};
  if (!fleet->devices || !fleet->polled || !fleet->model.registry) return false;
  for (unsigned i = 0; i < count; i++) {
    tg_dev_t *dev = fleet->devices + i;
    dev->config = &fleet->config;
    dev->model = &fleet->model;
    dev->lifetime_s = fleet->config.lifetime_s;
    if (fleet->config.ep && count == 1) snprintf(dev->ep, sizeof dev->ep, "%s", fleet->config.ep);
    else
      snprintf(dev->ep, sizeof dev->ep, "%s%u", fleet->config.prefix ? fleet->config.prefix : fleet->config.ep, i + 1);
    dev->at = fleet->config.server_n ? 'N' : 0;
    tg_dev_model_init(dev);
    if (!tg_dev_fw_new(dev) || !tg_dev_net_open(dev)) return false;
  }
  struct stat input;
  fleet->input_ended = fstat(STDIN_FILENO, &input) != 0;
  fleet->input_is_pipe = !fleet->input_ended && (S_ISFIFO(input.st_mode) || S_ISSOCK(input.st_mode));
  return true;
}

static void wait_for_something(fleet_t *fleet) {
  nfds_t at = 0;
  int wait_ms = TURN_MS;
  for (unsigned i = 0; i < fleet->config.count; i++) {
    fleet->polled[at++] = (struct pollfd){.fd = fleet->devices[i].fd, .events = POLLIN};
    fleet->polled[at] = (struct pollfd){.fd = tg_dev_fw_fd(fleet->devices + i), .events = POLLIN};
    if (fleet->polled[at++].fd >= 0) wait_ms = FETCH_TURN_MS; /* its repetitions may be due soon */
  }
  fleet->polled[at++] = (struct pollfd){.fd = fleet->input_ended ? -1 : STDIN_FILENO, .events = POLLIN};
  if (poll(fleet->polled, at, wait_ms) > 0 && fleet->polled[at - 1].revents) read_input(fleet);
}

/* False when all devices are gone. */
static bool run_turn(fleet_t *fleet) {
  unsigned count = fleet->config.count, there = 0;
  wait_for_something(fleet);
  if (stopped) leave(fleet);
  uint64_t now_ms = tg_clock_mono_ms();
  for (unsigned i = 0; i < count; i++) {
    if (fleet->polled[2 * i].revents) receive(fleet->devices + i);
    if (fleet->devices[i].gone) continue;
    turn(fleet, fleet->devices + i, now_ms);
    there++;
  }
  return there && (!fleet->leave_ms || now_ms < fleet->leave_ms);
}

int main(int argc, char **argv) {
  fleet_t fleet = {0};
  int status = tg_dev_options_read(argc, argv, &fleet.config);
  if (status >= 0) return status;
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  status = start(&fleet) ? 0 : 1;
  while (status == 0 && run_turn(&fleet)) continue;
  for (unsigned i = 0; fleet.devices && i < fleet.config.count; i++) {
    tg_dev_fw_free(fleet.devices + i);
    if (fleet.devices[i].fd > 0) close(fleet.devices[i].fd);
  }
  tg_registry_free(fleet.registry);
  tg_alloc_free(fleet.devices);
  tg_alloc_free(fleet.polled);
  return status;
}
