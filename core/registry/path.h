/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_REGISTRY_PATH_H
#define TG_CORE_REGISTRY_PATH_H

/** LwM2M paths, parsed to integers once: /object/instance/resource/resource-instance (LwM2M Core 1.1 §6.1). */

#include "core/base/buf.h"

enum { TG_PATH_OBJECT = 1, TG_PATH_INSTANCE = 2, TG_PATH_RESOURCE = 3, TG_PATH_RESOURCE_INSTANCE = 4 };

/** Longest text of a path, with its NUL. */
#define TG_PATH_TEXT_MAX 25

/** `len` ids of which each is 0–65534; len 0 is the root `/`. Ids behind len are 0, so that paths may be compared as bytes. */
typedef struct tg_path {
  uint16_t id[4];
  uint16_t len;
} tg_path_t;

/** A path of @p len ids; those behind it are given as 0. */
static inline tg_path_t tg_path(uint16_t len, uint16_t object, uint16_t instance, uint16_t resource) {
  return (tg_path_t){{object, instance, resource, 0}, len};
}

/** Reads `/3/0/1`; the first slash may be missing; `/` and the empty text are the root. Strict: decimal, no leading zeros, no trailing or double slash. TG_E_SYNTAX, TG_E_RANGE above 65534, TG_E_TOO_LONG above four ids. */
TG_MUST_CHECK tg_rc_t tg_path_parse(tg_slice_t text, tg_path_t *path);

/** Reads `0/1`, ids without a slash in front, which are those behind @p base; the empty text is @p base itself. Errors of tg_path_parse(). @p path may be @p base. */
TG_MUST_CHECK tg_rc_t tg_path_parse_below(const tg_path_t *base, tg_slice_t text, tg_path_t *path);

/** Appends `/3/0/1`; the root is `/`. */
void tg_path_put(tg_buf_t *out, const tg_path_t *path);

/** Writes the text with a NUL into @p text and returns it. */
const char *tg_path_text(const tg_path_t *path, char text[TG_PATH_TEXT_MAX]);

/** Whether both are the same path. */
bool tg_path_eq(const tg_path_t *a, const tg_path_t *b);

/** Whether @p path is @p prefix or lies below it; the root covers all. */
bool tg_path_covers(const tg_path_t *prefix, const tg_path_t *path);

/** Order by ids, a prefix before what it covers: <0, 0, >0. */
int tg_path_cmp(const tg_path_t *a, const tg_path_t *b);

/** @p path with one more id. @p path must be shorter than four. */
tg_path_t tg_path_child(const tg_path_t *path, uint16_t id);

#endif
