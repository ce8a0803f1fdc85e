/* SPDX-License-Identifier: Apache-2.0 */
/* URIs and their schemes; see dev_pull.h. Called by dev_fw.c. */

#include "tests/fake/device/dev_pull.h"

#include "core/base/alloc.h"

enum { BAD_URI = 7, BAD_SCHEME = 9 };

struct tg_dev_pull {
  const tg_dev_pull_scheme_t *scheme;
  void *self;
};

static bool keep(tg_slice_t bytes, char to[256]) {
  if (bytes.len > 255) return false;
  if (bytes.len) memcpy(to, bytes.p, bytes.len);
  to[bytes.len] = '\0';
  return true;
}

static bool split(tg_slice_t rest, tg_dev_url_t *url) {
  size_t path_at = tg_slice_find(rest, '/');
  tg_slice_t authority = tg_slice(rest.p, path_at), query = tg_slice_from(rest, path_at);
  tg_slice_t path = tg_slice_take(&query, '?');
  if (!authority.len || !keep(authority, url->authority) || !keep(query, url->query)) return false;
  if (!keep(path.len ? path : tg_slice_str("/"), url->path)) return false;
  const char *colon = strrchr(url->authority, ':');
  url->has_port = colon && !strchr(colon, ']');
  return true;
}

int tg_dev_pull_new(const tg_dev_config_t *config, const char *uri, tg_dev_pull_t **pull) {
  static const tg_dev_pull_scheme_t *const schemes[] = {&tg_dev_pull_coap, &tg_dev_pull_http};
  tg_dev_url_t url = {0};
  const tg_dev_pull_scheme_t *scheme = NULL;
  for (size_t i = 0; i < TG_COUNT(schemes); i++) {
    if (strncmp(uri, schemes[i]->name, strlen(schemes[i]->name)) == 0) scheme = schemes[i];
  }
  if (!scheme || !(config->fw.protocols & scheme->bit)) return strstr(uri, "://") ? BAD_SCHEME : BAD_URI;
  if (!split(tg_slice_str(uri + strlen(scheme->name)), &url)) return BAD_URI;
  *pull = tg_alloc_array(1, sizeof **pull);
  if (!*pull) return BAD_URI;
  **pull = (tg_dev_pull_t){scheme, scheme->open(config, &url)};
  if ((*pull)->self) return 0;
  tg_alloc_free(*pull);
  *pull = NULL;
  return BAD_URI;
}

int tg_dev_pull_run(tg_dev_pull_t *pull, uint64_t now_ms, tg_buf_t *image) {
  return pull->scheme->run(pull->self, now_ms, image);
}

int tg_dev_pull_fd(const tg_dev_pull_t *pull) {
  return pull ? pull->scheme->fd(pull->self) : -1;
}

void tg_dev_pull_free(tg_dev_pull_t *pull) {
  if (!pull) return;
  pull->scheme->close(pull->self);
  tg_alloc_free(pull);
}
