/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-bad-clock.so, for LD_PRELOAD: a wall clock that is set while the program runs, and nothing else. TG_BAD_CLOCK names a file of eight bytes, the
 * seconds (int64_t, the machine's byte order) by which the wall clock is ahead; it is looked at with every question for the time. The
 * monotonic clock, and so every timer, is the kernel's. Waits until a time of the wall clock last as long as they would have.
 * The kernel says of this clock that nothing synchronises it.
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static const _Atomic int64_t *ahead; /* NULL: not asked for */

/* Times below are of the monotonic clock: no machine of ours runs for twelve years. */
#define MONOTONIC_MAX 400000000

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("TG_BAD_CLOCK");
  int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, fd, 0);
  if (at != MAP_FAILED) ahead = at;
  if (fd >= 0) (void)close(fd);
}

static time_t offset(void) {
  return ahead ? (time_t)atomic_load(ahead) : 0;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
  return result;
}

EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  int result = (int)syscall(SYS_gettimeofday, now, zone);
  if (result == 0) now->tv_sec += offset();
  return result;
}

EXPORT time_t time(time_t *out) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}

EXPORT int adjtimex(struct timex *state) {
  int result = (int)syscall(SYS_adjtimex, state);
  if (!ahead || result < 0) return result;
  state->status |= STA_UNSYNC;
  return TIME_ERROR;
}

static struct timespec real(const struct timespec *until) {
  struct timespec then = *until;
  if (then.tv_sec > MONOTONIC_MAX) then.tv_sec -= offset();
  return then;
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict lock,
                                  const struct timespec *restrict until) {
  static int (*wait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
  if (!wait) *(void **)(&wait) = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  struct timespec then = real(until);
  return wait(cond, lock, &then);
}

EXPORT int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict until) {
  static int (*wait)(sem_t *, const struct timespec *);
  if (!wait) *(void **)(&wait) = dlsym(RTLD_NEXT, "sem_timedwait");
  struct timespec then = real(until);
  return wait(sem, &then);
}
