/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/http: files as answers, and the Range header; see http_file.h. Called by http_exchange.c and by handlers that serve files. */

#include "core/http/http_file.h"

#include <errno.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/num.h"

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

tg_rc_t tg_http_file_range(tg_slice_t header, uint64_t size, uint64_t *from, uint64_t *len) {
  static const char unit[] = "bytes=";
  tg_slice_t rest = tg_slice_from(header, sizeof unit - 1);
  if (!tg_slice_begins(header, tg_slice_str(unit)) || tg_slice_find(rest, '-') == rest.len) return TG_E_NOT_FOUND;
  tg_slice_t first = tg_slice_take(&rest, '-');
  uint64_t low = 0, high = UINT64_MAX;
  if (first.len && tg_num_parse_u64(first, INT64_MAX, &low) != TG_OK) return TG_E_NOT_FOUND;
  if (rest.len && tg_num_parse_u64(rest, INT64_MAX, &high) != TG_OK) return TG_E_NOT_FOUND;
  if (!first.len && !rest.len) return TG_E_NOT_FOUND;
  if (!first.len) { /* the last so many bytes */
    if (high == 0) return TG_E_RANGE;
    low = high < size ? size - high : 0;
    high = UINT64_MAX;
  }
  if (high < low) return TG_E_NOT_FOUND;
  if (low >= size) return TG_E_RANGE;
  *from = low;
  *len = high < size - 1 ? high - low + 1 : size - low;
  return TG_OK;
}
