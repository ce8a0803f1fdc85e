/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_EMBED_H
#define TG_CORE_BASE_EMBED_H

/** Files that are part of the program (the tables are made by cmake/embed.cmake). */

#include <stddef.h>

/** One file; a table of them ends with a row whose name is NULL. */
typedef struct tg_embedded_file {
  const char *name;           /* as in the source tree, such as `scripts/tidegate/bridge.lua` */
  const unsigned char *bytes; /* followed by one 0 byte that `len` does not count */
  size_t len;
} tg_embedded_file_t;

#endif
