/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-slow-names.so, for LD_PRELOAD: a DNS that does not answer. Names that end in `.slow` have no address, and it takes TG_SLOW_NAMES
 * seconds (5) to find that out. All others are looked up as ever.
 */

#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))

static int (*look_up)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

__attribute__((constructor)) static void begin(void) {
  *(void **)&look_up = dlsym(RTLD_NEXT, "getaddrinfo");
}

EXPORT int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                       struct addrinfo **restrict list) {
  size_t len = name ? strlen(name) : 0;
  if (len < 5 || strcmp(name + len - 5, ".slow") != 0) return look_up(name, service, hints, list);
  const char *seconds = getenv("TG_SLOW_NAMES");
  nanosleep(&(struct timespec){.tv_sec = seconds ? atoi(seconds) : 5}, NULL);
  return EAI_AGAIN;
}
