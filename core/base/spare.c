/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/base: see spare.h. Called by those who listen for connections. */

#include "core/base/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void tg_spare_init(tg_spare_t *spare) {
  spare->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void tg_spare_fini(tg_spare_t *spare) {
  if (spare->fd >= 0) (void)close(spare->fd);
  spare->fd = -1;
}

static bool is_out(int error) {
  return error == EMFILE || error == ENFILE;
}

bool tg_spare_is_last(const tg_spare_t *spare) {
  int fd = spare->fd < 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : fcntl(spare->fd, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return is_out(errno);
  (void)close(fd);
  return false;
}

/* Another thread may take the place while it is free; then there is no spare one until there is room again. */
bool tg_spare_refuse(tg_spare_t *spare, int listener) {
  while (tg_spare_is_last(spare)) {
    if (spare->fd < 0) return false;
    tg_spare_fini(spare);
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int why = errno;
    if (client >= 0) (void)close(client);
    tg_spare_init(spare);
    if (client < 0) return !is_out(why);
  }
  if (spare->fd < 0) tg_spare_init(spare);
  return true;
}
