/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-load: many LwM2M devices, as fast as the server answers: all register, then send Updates (or, observed by the server,
 * notifications) with 64 requests in flight. Prints one JSON object: rates, the server's CPU time per request, its memory per device.
 */

#include <arpa/inet.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/load_net.h"
#include "tests/bench/load_wire.h"

enum { QUIET_MS = 300, GIVE_UP_S = 60, OBSERVED_MS = 20000 };

typedef enum phase { REGISTERING, UPDATING, NOTIFYING } phase_t;

/* One request in flight. A notification is known by its message id, which is made of slot and use. */
typedef struct slot {
  bool busy;
  uint32_t use;
  tg_load_packet_t packet;
} slot_t;

typedef struct load {
  tg_load_config_t config;
  int fd;
  phase_t phase;
  tg_load_device_t *devices;
  unsigned next;     /* device whose turn it is */
  uint64_t answered; /* in this phase */
  uint64_t refused;
  uint64_t repeated;
  unsigned observed;
  uint16_t mid;
  uint32_t sequence; /* of notifications; ascending for each device */
  slot_t slots[TG_LOAD_WINDOW];
  tg_load_packet_t came[TG_LOAD_WINDOW];
  tg_load_packet_t out[TG_LOAD_WINDOW];
} load_t;

typedef struct measured {
  double seconds;
  double rate;
  double cpu_us;
} measured_t;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t rss_of(int pid) {
  char path[64];
  unsigned long long size, pages = 0;
  snprintf(path, sizeof path, "/proc/%d/statm", pid);
  FILE *file = pid > 0 ? fopen(path, "re") : NULL;
  if (file && fscanf(file, "%llu %llu", &size, &pages) != 2) pages = 0;
  if (file) fclose(file);
  return pages * 4096;
}

/* Fills a free slot with the next device's request; false when there is nothing to send in this phase. */
static bool fill(load_t *load, unsigned at) {
  slot_t *slot = load->slots + at;
  const tg_load_config_t *config = &load->config;
  if (load->next >= config->devices) {
    if (load->phase == REGISTERING) return false;
    load->next = 0;
  }
  unsigned index = load->next++;
  const tg_load_device_t *device = load->devices + index;
  tg_load_mark_t mark = {(uint8_t)at, ++slot->use & 0xFFFFFF};
  slot->busy = true;
  slot->packet.device = config->from + index;
  if (load->phase == REGISTERING) tg_load_wire_register(&slot->packet, mark, load->mid++);
  else if (load->phase == UPDATING) tg_load_wire_update(&slot->packet, device, mark, load->mid++);
  else tg_load_wire_notify(&slot->packet, device, load->sequence++, (uint16_t)((slot->use & 0x3FF) << 6 | at));
  return true;
}

static void pump(load_t *load, bool all) {
  unsigned count = 0;
  for (unsigned i = 0; i < TG_LOAD_WINDOW; i++) {
    if (load->slots[i].busy ? !all : !fill(load, i)) continue;
    load->out[count++] = load->slots[i].packet;
    if (all) load->repeated++;
  }
  tg_load_net_send(load->fd, &load->config.server, load->out, count);
}

static void on_answer(load_t *load, const tg_load_packet_t *packet) {
  tg_load_mark_t mark;
  unsigned mid = (unsigned)packet->bytes[2] << 8 | packet->bytes[3];
  if (load->phase == NOTIFYING && (packet->bytes[0] & 0x30) == 0x20) mark = (tg_load_mark_t){mid & 63, mid >> 6};
  else if (!tg_load_wire_mark(packet, &mark)) return;
  slot_t *slot = load->slots + mark.slot;
  uint32_t mask = load->phase == NOTIFYING ? 0x3FF : 0xFFFFFF;
  if (!slot->busy || (slot->use & mask) != mark.use) return;
  unsigned index = slot->packet.device - load->config.from;
  bool good = load->config.echo || load->phase == NOTIFYING || packet->bytes[1] >> 5 == 2;
  if (load->phase == REGISTERING) good = tg_load_wire_place(packet, load->devices + index);
  slot->busy = false;
  load->answered++;
  if (!good) load->refused++;
}

/* Takes what came; answers of the server free their slots, its requests are answered. @return how many datagrams came */
static unsigned take(load_t *load, int wait_ms) {
  unsigned count = tg_load_net_receive(load->fd, load->came, wait_ms), replies = 0;
  for (unsigned i = 0; i < count; i++) {
    tg_load_packet_t *packet = load->came + i;
    unsigned index = packet->device - load->config.from;
    if (packet->len < 4 || index >= load->config.devices) continue;
    bool request = !load->config.echo && packet->bytes[1] && packet->bytes[1] >> 5 == 0;
    bool con = !load->config.echo && (packet->bytes[0] & 0x30) == 0;
    if (!request) on_answer(load, packet);
    if (request && tg_load_wire_answer(packet, load->devices + index)) load->observed++;
    if (!request && con) tg_load_wire_ack(packet);
    if (request || con) load->out[replies++] = *packet;
  }
  if (replies) tg_load_net_send(load->fd, &load->config.server, load->out, replies);
  return count;
}

static bool in_flight(const load_t *load) {
  for (unsigned i = 0; i < TG_LOAD_WINDOW; i++) {
    if (load->slots[i].busy) return true;
  }
  return false;
}

/* Runs a phase for so many seconds, or until all have registered. False when the server has stopped answering. */
static bool run(load_t *load, phase_t phase, double seconds, measured_t *measured) {
  uint64_t cpu = tg_load_net_cpu_ns(load->config.pid);
  double start = now_s(), heard = start, now = start;
  load->phase = phase;
  load->answered = load->next = 0;
  for (unsigned i = 0; i < TG_LOAD_WINDOW; i++) load->slots[i].busy = false;
  while (phase == REGISTERING ? load->answered < load->config.devices : now < start + seconds) {
    pump(load, false);
    unsigned came = take(load, QUIET_MS);
    now = now_s();
    if (came) heard = now;
    else pump(load, true);
    if (now - heard > 10 || now - start > GIVE_UP_S + seconds) break;
  }
  measured->seconds = now - start;
  measured->rate = (double)load->answered / measured->seconds;
  measured->cpu_us =
      load->answered ? (double)(tg_load_net_cpu_ns(load->config.pid) - cpu) / 1000.0 / (double)load->answered : 0;
  for (double end = now + 2; in_flight(load) && now_s() < end;) {
    if (!take(load, QUIET_MS)) break;
  }
  return load->answered > 0 && now - heard <= 10 && (phase != REGISTERING || load->answered >= load->config.devices);
}

/* The server observes by itself, some time after a registration. */
static bool await_observed(load_t *load) {
  double end = now_s() + OBSERVED_MS / 1000.0;
  while (load->observed < load->config.devices && now_s() < end) take(load, QUIET_MS);
  return load->observed == load->config.devices;
}

static bool play(load_t *load) {
  static const uint8_t place[] = "\xB2rd\x08"
                                 "abcdefgh";
  measured_t reg = {0}, work = {0};
  uint64_t rss = rss_of(load->config.pid);
  for (unsigned i = 0; i < load->config.devices && load->config.echo; i++) {
    load->devices[i].place_len = sizeof place - 1;
    memcpy(load->devices[i].place, place, sizeof place - 1);
  }
  bool good = load->config.echo || run(load, REGISTERING, 0, &reg);
  uint64_t refused = load->refused, grown = rss_of(load->config.pid) - rss;
  if (good && load->config.notify && !await_observed(load)) {
    fprintf(stderr, "tg-load: only %u of %u devices were observed\n", load->observed, load->config.devices);
    return false;
  }
  if (good && !refused) good = run(load, load->config.notify ? NOTIFYING : UPDATING, load->config.seconds, &work);
  if (!good || load->refused) {
    fprintf(stderr, "tg-load: answered %llu, refused %llu: the server does not keep up or refuses\n",
            (unsigned long long)load->answered, (unsigned long long)load->refused);
    return false;
  }
  printf(
      "{\"devices\":%u,\"register_rps\":%.0f,\"register_cpu_us\":%.2f,\"rss_per_device\":%.0f,\"rps\":%.0f,\"cpu_us\":%.2f,\"answered\":%llu,\"repeated\":%llu}\n",
      load->config.devices, reg.rate, reg.cpu_us, (double)(int64_t)grown / load->config.devices, work.rate, work.cpu_us,
      (unsigned long long)load->answered, (unsigned long long)load->repeated);
  return true;
}

static const char usage[] =
    "usage: tg-load --server ADDRESS:PORT [--devices N] [--from N] [--seconds S] [--pid SERVER] [--cpu N] [--echo | --notify]\n";

static bool set_server(struct sockaddr_in *server, const char *text) {
  char host[64];
  const char *colon = strchr(text, ':');
  if (!colon || (size_t)(colon - text) >= sizeof host) return false;
  memcpy(host, text, (size_t)(colon - text));
  host[colon - text] = '\0';
  server->sin_family = AF_INET;
  server->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
  return inet_pton(AF_INET, host, &server->sin_addr) == 1;
}

static bool read_options(int argc, char **argv, tg_load_config_t *config) {
  static const struct option options[] = {
      {"server", 1, NULL, 's'}, {"devices", 1, NULL, 'n'}, {"seconds", 1, NULL, 't'},
      {"pid", 1, NULL, 'p'},    {"cpu", 1, NULL, 'c'},     {"echo", 0, NULL, 'e'},
      {"notify", 0, NULL, 'o'}, {"from", 1, NULL, 'f'},    {NULL, 0, NULL, 0}};
  *config = (tg_load_config_t){.devices = 1000, .seconds = 2};
  cpu_set_t set;
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    if (option == 's' && !set_server(&config->server, optarg)) return false;
    if (option == 'n') config->devices = (unsigned)strtoul(optarg, NULL, 10);
    if (option == 'f') config->from = (unsigned)strtoul(optarg, NULL, 10);
    if (option == 't') config->seconds = strtod(optarg, NULL);
    if (option == 'p') config->pid = atoi(optarg);
    if (option == 'e') config->echo = true;
    if (option == 'o') config->notify = true;
    if (option == '?') return false;
    if (option != 'c') continue;
    CPU_ZERO(&set);
    CPU_SET((size_t)atoi(optarg), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) perror("tg-load: --cpu");
  }
  return config->server.sin_port && config->devices >= 1 && config->devices + config->from <= 10000000;
}

int main(int argc, char **argv) {
  load_t *load = calloc(1, sizeof *load);
  if (!load || !read_options(argc, argv, &load->config)) {
    fputs(usage, stderr);
    free(load);
    return 2;
  }
  load->fd = tg_load_net_open();
  load->devices = calloc(load->config.devices, sizeof *load->devices);
  bool good = load->fd >= 0 && load->devices && play(load);
  free(load->devices);
  free(load);
  return good ? 0 : 1;
}
