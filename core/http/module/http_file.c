/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/http: files as answers; see http_file.h. Called by http_exchange.c. */

#include "core/http/module/http_file.h"

#include <errno.h>
#include <unistd.h>

#include "core/base/alloc.h"

enum { PIECE = 16384 };

typedef struct open_file {
  tg_http_file_t file;
  tg_http_file_alive_fn alive;
  void *ud;
} open_file_t;

/* MHD_ContentReaderCallback. */
static ssize_t on_read(void *ud, uint64_t at, char *out, size_t max) {
  open_file_t *open = ud;
  ssize_t got;
  do got = pread(open->file.fd, out, max, (off_t)(open->file.offset + at));
  while (got < 0 && errno == EINTR);
  if (got <= 0) return MHD_CONTENT_READER_END_WITH_ERROR; /* it has become shorter */
  if (open->alive) open->alive(open->ud);
  if (open->file.sent) open->file.sent(open->file.ud, open->file.key, open->file.offset + at + (uint64_t)got);
  return got;
}

static void on_free(void *ud) {
  open_file_t *open = ud;
  (void)close(open->file.fd);
  tg_alloc_free(open);
}

struct MHD_Response *tg_http_file_response(const tg_http_file_t *file, tg_http_file_alive_fn alive, void *ud) {
  open_file_t *open = tg_alloc_array(1, sizeof *open);
  struct MHD_Response *response = NULL;
  if (open) {
    *open = (open_file_t){.file = *file, .alive = alive, .ud = ud};
    response = MHD_create_response_from_callback(file->len, PIECE, on_read, open, on_free);
  }
  if (response) return response;
  (void)close(file->fd);
  tg_alloc_free(open);
  return NULL;
}
