/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulation's command line: seeds, several processes, the same seed twice, what broke. See README.md; called by simulation_test.sh.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/log.h"
#include "tests/sim/sim_edge.h"
#include "tests/sim/sim_world.h"

enum { JOBS_MAX = 16, MINUTES = 60 };

static const char *const break_names[SIM_BREAK_COUNT] = {
    "nothing", "no-sync", "ack-early", "repeat-execute", "lose-publish", "swap-publish", "leak", "hold", "forget"};

typedef struct options {
  uint64_t from, to; /* seeds, both included */
  uint32_t minutes;
  uint32_t jobs;
  bool is_one; /* --seed: everything about it */
  bool traces;
  sim_break_t breaks;
} options_t;

/* Sums of one process or of all. */
typedef struct sums {
  uint64_t runs, broken, digest, events, crashes, stops, disk_troubles, memory_most;
  sim_ledger_stats_t books;
} sums_t;

static const char usage[] =
    "usage: simulation [--seed N | --seeds N | --seeds A..B] [--minutes M] [--jobs N] [--trace] [--break WHAT]\n"
    "  --seed N        one run; prints its digest, which a replay has to repeat\n"
    "  --seeds N       the runs 1..N; A..B: those\n"
    "  --minutes M     virtual minutes with faults (60)\n"
    "  --jobs N        processes (1)\n"
    "  --trace         prints all that happens, with the virtual time\n"
    "  --break WHAT    breaks the world around the gateway, to see that it is noticed: no-sync, ack-early, repeat-execute,\n"
    "                  lose-publish, swap-publish, leak, hold, forget\n"
    "Exit 1 when an invariant is broken: `seed=N` with the virtual time and what came before. 2: wrong usage.\n";

static bool read_number(const char *text, char **end, uint64_t *number) {
  if (*text < '0' || *text > '9') return false;
  *number = strtoull(text, end, 10);
  return true;
}

static bool read_seeds(const char *text, options_t *options) {
  char *end;
  if (!read_number(text, &end, &options->from)) return false;
  options->to = options->from;
  if (*end == '\0') {
    options->from = 1;
    return options->to > 0;
  }
  return end[0] == '.' && end[1] == '.' && read_number(end + 2, &end, &options->to) && *end == '\0' &&
         options->to >= options->from;
}

static bool read_small(const char *text, uint32_t most, uint32_t *number) {
  uint64_t value;
  char *end;
  if (!read_number(text, &end, &value) || *end || value == 0 || value > most) return false;
  *number = (uint32_t)value;
  return true;
}

static bool read_break(const char *text, options_t *options) {
  for (int i = 0; i < SIM_BREAK_COUNT; i++) {
    if (strcmp(break_names[i], text) != 0) continue;
    options->breaks = (sim_break_t)i;
    return true;
  }
  return false;
}

static bool read_option(const char *name, const char *value, options_t *options) {
  char *end;
  if (strcmp(name, "--seeds") == 0) return read_seeds(value, options);
  if (strcmp(name, "--minutes") == 0) return read_small(value, 100000, &options->minutes);
  if (strcmp(name, "--jobs") == 0) return read_small(value, JOBS_MAX, &options->jobs);
  if (strcmp(name, "--break") == 0) return read_break(value, options);
  if (strcmp(name, "--seed") != 0 || !read_number(value, &end, &options->from) || *end) return false;
  options->to = options->from;
  options->is_one = true;
  return true;
}

static bool read_options(int argc, char **argv, options_t *options) {
  *options = (options_t){.from = 1, .to = 100, .minutes = MINUTES, .jobs = 1};
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--trace") == 0) options->traces = true;
    else if (i + 1 == argc || !read_option(argv[i], argv[i + 1], options)) return false;
    else i++;
  }
  return true;
}

static void on_log(void *ud, tg_log_level_t level, const char *area, const char *line) {
  (void)ud, (void)level;
  sim_trace("log %s: %s", area, line);
}

static void set_traces(bool traces, bool prints) {
  sim.traces = traces;
  sim.prints = prints;
  tg_log_setup(traces ? TG_LOG_DEBUG : TG_LOG_ERROR, on_log, NULL);
}

/* Once more with everything taken down: the same seed breaks at the same time. */
static void tell_broken(const options_t *options, uint64_t seed, const sim_world_result_t *first) {
  sim_world_result_t again;
  uint64_t ms = sim.broken_ms;
  set_traces(true, options->traces);
  sim_world_run(seed, options->minutes, &again);
  (void)printf("seed=%" PRIu64 " virtual time %" PRIu64 ".%03" PRIu64 " s: %s\n", seed, ms / 1000, ms % 1000,
               sim.broken);
  if (again.digest != first->digest || sim.broken_ms != ms) (void)printf("seed=%" PRIu64 " does not replay\n", seed);
  sim_print_trace();
  (void)fflush(stdout);
  set_traces(options->traces, options->traces);
}

static void add(sums_t *sums, const sim_world_result_t *result) {
  sums->runs++;
  sums->broken += sim.is_broken;
  sums->digest ^= result->digest;
  sums->events += result->events;
  sums->crashes += result->crashes;
  sums->stops += result->stops;
  sums->disk_troubles += result->disk_troubles;
  if (result->memory_most > sums->memory_most) sums->memory_most = result->memory_most;
  sums->books.acked += result->books.acked;
  sums->books.received += result->books.received;
  sums->books.duplicates += result->books.duplicates;
  sums->books.twice += result->books.twice;
  sums->books.orders += result->books.orders;
  sums->books.accepted += result->books.accepted;
  sums->books.executed += result->books.executed;
  for (int i = 0; i <= TG_COMMAND_ACCEPTED; i++) sums->books.ended[i] += result->books.ended[i];
}

static void merge(sums_t *sums, const sums_t *of) {
  bool was_broken = sim.is_broken;
  sim_world_result_t result = {.digest = of->digest, .events = of->events, .memory_most = of->memory_most};
  result.books = of->books;
  sim.is_broken = false;
  add(sums, &result);
  sim.is_broken = was_broken;
  sums->runs += of->runs - 1;
  sums->broken += of->broken;
  sums->crashes += of->crashes;
  sums->stops += of->stops;
  sums->disk_troubles += of->disk_troubles;
}

/* Every jobs-th seed, in a folder of its own. */
static void run_share(const options_t *options, uint32_t job, sums_t *sums) {
  const char *base = getenv("TMPDIR");
  char folder[200], store[240];
  (void)snprintf(folder, sizeof folder, "%s/tg-sim.XXXXXX", base && *base ? base : "/tmp");
  if (!mkdtemp(folder)) {
    perror(folder);
    exit(2);
  }
  sim_world_install(folder);
  sim.breaks = options->breaks;
  set_traces(options->traces, options->traces);
  for (uint64_t seed = options->from + job; seed <= options->to; seed += options->jobs) {
    sim_world_result_t result;
    sim_world_run(seed, options->minutes, &result);
    add(sums, &result);
    if (sim.is_broken) tell_broken(options, seed, &result);
  }
  sim_world_uninstall();
  (void)snprintf(store, sizeof store, "%s/store.db-lock", folder);
  (void)unlink(store);
  (void)rmdir(folder);
}

/* @return whether all shares were run */
static bool run_all(const options_t *options, sums_t *sums) {
  int ends[2];
  if (options->jobs == 1) {
    run_share(options, 0, sums);
    return true;
  }
  if (pipe(ends) != 0) return false;
  for (uint32_t job = 0; job < options->jobs; job++) {
    pid_t pid = fork();
    if (pid < 0) return false;
    if (pid > 0) continue;
    sums_t mine = {0};
    run_share(options, job, &mine);
    (void)fflush(stdout);
    _exit(write(ends[1], &mine, sizeof mine) == sizeof mine ? 0 : 2);
  }
  (void)close(ends[1]);
  sums_t share;
  while (read(ends[0], &share, sizeof share) == sizeof share) merge(sums, &share);
  bool is_good = true;
  for (int status; wait(&status) > 0;) is_good = is_good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return is_good;
}

/* Of this process and of those it waited for: what a run costs on a machine that does other things, too. */
static double processor_seconds(void) {
  double seconds = 0;
  struct rusage used[2] = {0};
  (void)getrusage(RUSAGE_SELF, &used[0]);
  (void)getrusage(RUSAGE_CHILDREN, &used[1]);
  for (size_t i = 0; i < TG_COUNT(used); i++) {
    seconds += (double)(used[i].ru_utime.tv_sec + used[i].ru_stime.tv_sec);
    seconds += (double)(used[i].ru_utime.tv_usec + used[i].ru_stime.tv_usec) / 1e6;
  }
  return seconds;
}

static void print_sums(const options_t *options, const sums_t *sums, double seconds) {
  const sim_ledger_stats_t *books = &sums->books;
  if (options->is_one) (void)printf("seed=%" PRIu64 " ", options->from);
  (void)printf("digest=%016" PRIx64 " events=%" PRIu64 "\n", sums->digest, sums->events);
  (void)printf("readings: %" PRIu64 " acknowledged, %" PRIu64 " messages, %" PRIu64 " dropped by seq, %" PRIu64
               " said twice\n",
               books->acked, books->received, books->duplicates, books->twice);
  (void)printf("commands: %" PRIu64 " given, %" PRIu64 " accepted, %" PRIu64 " carried out;", books->orders,
               books->accepted, books->executed);
  for (int state = TG_COMMAND_DONE; state <= TG_COMMAND_UNKNOWN; state++)
    (void)printf(" %" PRIu64 " %s", books->ended[state], tg_event_state_name((tg_command_state_t)state));
  (void)printf("\nfaults: %" PRIu64 " crashes, %" PRIu64 " stops, %" PRIu64 " times no disk; memory %" PRIu64
               " KiB at most\n",
               sums->crashes, sums->stops, sums->disk_troubles, sums->memory_most / 1024);
  (void)printf("%" PRIu64 " runs of %u virtual minutes in %.1f s; %.0f s of processor time\n", sums->runs,
               options->minutes, seconds, processor_seconds());
  (void)printf("%" PRIu64 " passed, %" PRIu64 " failed\n", sums->runs - sums->broken, sums->broken);
}

int main(int argc, char **argv) {
  options_t options;
  sums_t sums = {0};
  if (argc == 2 && strcmp(argv[1], "--help") == 0) {
    (void)fputs(usage, stdout);
    return 0;
  }
  if (!read_options(argc, argv, &options)) {
    (void)fputs(usage, stderr);
    return 2;
  }
  struct timespec from, to;
  (void)clock_gettime(CLOCK_MONOTONIC, &from);
  if (!run_all(&options, &sums)) return 2;
  (void)clock_gettime(CLOCK_MONOTONIC, &to);
  print_sums(&options, &sums, (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
  return sums.broken ? 1 : 0;
}
