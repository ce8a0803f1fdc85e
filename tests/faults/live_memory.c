/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-live-memory.so, for LD_PRELOAD: what is allocated in this program, which resident memory can't tell: a heap that was full once keeps its pages.
 * TG_LIVE_MEMORY names a file of eight bytes (uint64_t, the machine's byte order). Fifty times a second it becomes the bytes in use, where those are
 * fewer than it says; who reads it puts UINT64_MAX there and finds the least since then. So garbage that waits for its collector is not counted.
 */

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define EVERY_NS 20000000

static _Atomic uint64_t *least;

static void *look(void *unused) {
  (void)unused;
  for (;;) {
    struct mallinfo2 info = mallinfo2();
    uint64_t now = info.uordblks + info.hblkhd;
    uint64_t before = atomic_load(least);
    while (now < before && !atomic_compare_exchange_weak(least, &before, now))
      ;
    nanosleep(&(struct timespec){.tv_nsec = EVERY_NS}, NULL);
  }
  return NULL;
}

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("TG_LIVE_MEMORY");
  int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
  void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *least, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd >= 0) (void)close(fd);
  if (at == MAP_FAILED) return;
  least = at;
  pthread_t thread;
  if (pthread_create(&thread, NULL, look, NULL) == 0) pthread_detach(thread);
}
