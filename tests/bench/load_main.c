/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-load: many LwM2M devices, as fast as the server answers: all register, then send Updates (or, observed by the server,
 * notifications) with 64 requests in flight; or notifications at a pace, not confirmable. Prints one JSON object: rates, times, the
 * server's CPU time per request, its memory per device. With --restart it then waits for the server to go and to come back.
 */

#include <arpa/inet.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/load_net.h"
#include "tests/bench/load_run.h"

enum { OBSERVED_S = 20, OBSERVED_PER_S = 500, QUIET_MS = 300, GONE_S = 60 };

/* The server observes by itself, some time after a registration and at a pace of its own. */
static bool await_observed(tg_load_run_t *load) {
  double end = tg_load_now() + OBSERVED_S + (double)load->config.devices / OBSERVED_PER_S;
  while (load->observed < load->config.devices && tg_load_now() < end) (void)tg_load_run_take(load, QUIET_MS);
  return load->observed == load->config.devices;
}

/* Devices of the echo have no place of their own. */
static void place_all(tg_load_run_t *load) {
  static const uint8_t place[] = "\xB2rd\x08"
                                 "abcdefgh";
  for (unsigned i = 0; i < load->config.devices; i++) {
    load->devices[i].place_len = sizeof place - 1;
    memcpy(load->devices[i].place, place, sizeof place - 1);
  }
}

static void print(const tg_load_run_t *load, const tg_load_measured_t *reg, const tg_load_measured_t *work,
                  double rss_per_device) {
  printf("{\"devices\":%u,\"register_rps\":%.0f,\"register_cpu_us\":%.2f,\"rss_per_device\":%.0f,\"rps\":%.0f,"
         "\"cpu_us\":%.2f,\"answered\":%llu,\"repeated\":%llu,\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"sent\":%llu,"
         "\"rss_begin\":%llu,\"rss_end\":%llu,\"rss_max\":%llu}\n",
         load->config.devices, reg->rate, reg->cpu_us, rss_per_device, work->rate, work->cpu_us,
         (unsigned long long)load->answered, (unsigned long long)load->repeated, work->p50_ms, work->p99_ms,
         (unsigned long long)work->sent, (unsigned long long)work->rss_begin, (unsigned long long)work->rss_end,
         (unsigned long long)work->rss_max);
  fflush(stdout);
}

/* Waits until the process of the server is gone, then for the one that follows. */
static bool await_restart(tg_load_run_t *load) {
  double end = tg_load_now() + GONE_S;
  while (kill(load->config.pid, 0) == 0 && tg_load_now() < end) usleep(1000);
  double back = tg_load_run_await(load);
  printf("{\"back\":%.6f}\n", back);
  return back > 0;
}

static bool work_on(tg_load_run_t *load, tg_load_measured_t *work) {
  const tg_load_config_t *config = &load->config;
  if (config->rate > 0) return tg_load_run_paced(load, work);
  return tg_load_run(load, config->notify ? TG_LOAD_NOTIFY : TG_LOAD_UPDATE, config->seconds, work);
}

static bool play(tg_load_run_t *load) {
  tg_load_measured_t reg = {0}, work = {0};
  const tg_load_config_t *config = &load->config;
  uint64_t rss = tg_load_net_rss(config->pid);
  if (config->echo) place_all(load);
  bool good = config->echo || tg_load_run(load, TG_LOAD_REGISTER, 0, &reg);
  if (good && config->notify && !await_observed(load)) {
    fprintf(stderr, "tg-load: only %u of %u devices were observed\n", load->observed, config->devices);
    return false;
  }
  double grown = (double)tg_load_net_rss(config->pid) - (double)rss;
  if (good && !load->refused) good = work_on(load, &work);
  if (!good || load->refused) {
    fprintf(stderr, "tg-load: answered %llu, refused %llu: the server does not keep up or refuses\n",
            (unsigned long long)load->answered, (unsigned long long)load->refused);
    return false;
  }
  print(load, &reg, &work, grown / config->devices);
  return !config->restart || await_restart(load);
}

static const char usage[] =
    "usage: tg-load --server ADDRESS:PORT [--devices N] [--from N] [--seconds S] [--pid SERVER] [--cpu N] [--restart]\n"
    "               [--echo | --notify [--rate N [--burst N]]]\n";

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
      {"server", 1, NULL, 's'}, {"devices", 1, NULL, 'n'}, {"seconds", 1, NULL, 't'}, {"pid", 1, NULL, 'p'},
      {"cpu", 1, NULL, 'c'},    {"echo", 0, NULL, 'e'},    {"notify", 0, NULL, 'o'},  {"from", 1, NULL, 'f'},
      {"rate", 1, NULL, 'r'},   {"burst", 1, NULL, 'b'},   {"restart", 0, NULL, 'R'}, {NULL, 0, NULL, 0}};
  *config = (tg_load_config_t){.devices = 1000, .seconds = 2, .burst = 20};
  cpu_set_t set;
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    if (option == 's' && !set_server(&config->server, optarg)) return false;
    if (option == 'n') config->devices = (unsigned)strtoul(optarg, NULL, 10);
    if (option == 'f') config->from = (unsigned)strtoul(optarg, NULL, 10);
    if (option == 't') config->seconds = strtod(optarg, NULL);
    if (option == 'p') config->pid = atoi(optarg);
    if (option == 'e') config->echo = true;
    if (option == 'o') config->notify = true;
    if (option == 'r') config->rate = strtod(optarg, NULL);
    if (option == 'b') config->burst = (unsigned)strtoul(optarg, NULL, 10);
    if (option == 'R') config->restart = true;
    if (option == '?') return false;
    if (option != 'c') continue;
    CPU_ZERO(&set);
    CPU_SET((size_t)atoi(optarg), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) perror("tg-load: --cpu");
  }
  bool paces = config->burst >= 1 && config->burst <= TG_LOAD_WINDOW && (config->rate <= 0 || config->notify);
  bool waits = !config->restart || config->pid > 0;
  return config->server.sin_port && paces && waits && config->devices >= 1 &&
         config->devices + config->from <= 10000000;
}

int main(int argc, char **argv) {
  tg_load_run_t *load = calloc(1, sizeof *load);
  if (!load || !read_options(argc, argv, &load->config)) {
    fputs(usage, stderr);
    free(load);
    return 2;
  }
  load->fd = tg_load_net_open();
  load->sequence =
      1; /* the answers to Observe have number 0: a notification with it would be none that is newer (RFC 7641 §3.4) */
  load->devices = calloc(load->config.devices, sizeof *load->devices);
  bool good = load->fd >= 0 && load->devices && play(load);
  free(load->devices);
  free(load);
  return good ? 0 : 1;
}
