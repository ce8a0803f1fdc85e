/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_SPARE_H
#define TG_CORE_BASE_SPARE_H

/**
 * A file descriptor that is held back. When all others are in use, a listening socket stays readable because nobody can accept what
 * waits there, and its loop would turn without end: with the spare one the connections are taken and closed, so whoever made them knows.
 */

#include <stdbool.h>

/** Private member; `{.fd = -1}` before tg_spare_init(). */
typedef struct tg_spare {
  int fd;
} tg_spare_t;

/** Holds a descriptor back; where there is none left it is tried again with each use. */
void tg_spare_init(tg_spare_t *spare);

/** Gives it back. */
void tg_spare_fini(tg_spare_t *spare);

/** Whether the process or the system has no descriptor left but this one. */
bool tg_spare_is_last(const tg_spare_t *spare);

/**
 * Takes and closes what waits at the non-blocking @p listener while no other descriptor is left.
 * @return false when it couldn't: the spare one is gone as well. Then the caller has to look away for a while.
 */
bool tg_spare_refuse(tg_spare_t *spare, int listener);

#endif
