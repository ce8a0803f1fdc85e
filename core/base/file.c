/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/base: files as a whole. Called by whoever reads what an operator has put somewhere. See file.h. */

#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 8192 };

static tg_rc_t read_all(int fd, tg_buf_t *content) {
  uint8_t chunk[CHUNK];
  while (content->rc == TG_OK) {
    ssize_t got = read(fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return TG_E_IO;
    if (got == 0) return TG_OK;
    tg_buf_put(content, tg_slice(chunk, (size_t)got));
  }
  return content->rc;
}

tg_rc_t tg_file_read(const char *path, tg_buf_t *content) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* of a pipe, too, at once */
  if (fd < 0) return errno == ENOENT || errno == ENOTDIR ? TG_E_NOT_FOUND : TG_E_IO;
  struct stat found;
  tg_rc_t rc = fstat(fd, &found) != 0 ? TG_E_IO : TG_OK;
  if (rc == TG_OK) rc = S_ISREG(found.st_mode) ? read_all(fd, content) : TG_E_TYPE;
  int error = errno;
  (void)close(fd);
  errno = error;
  return rc;
}

const char *tg_file_why(tg_rc_t rc) {
  return rc == TG_E_TYPE ? "not a file" : tg_rc_text(rc);
}
