/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_BINDINGS_HOST_CONTROL_CONN_H
#define TG_BINDINGS_HOST_CONTROL_CONN_H

/**
 * One client of the control socket: lines in, lines out, both bounded. Never blocks; who does not read what it asked for is cut
 * off. A connection ends only inside its own callback or when its owner closes it.
 */

#include "core/base/buf.h"
#include "core/loop/loop.h"

/** Longest request. */
#define TG_CONTROL_LINE_MAX 65536

/** What may wait for a client that reads slowly. */
#define TG_CONTROL_OUT_MAX ((size_t)32 << 20)

typedef struct tg_control_conn tg_control_conn_t;

/** Receiver of what a client says. */
typedef struct tg_control_conn_events {
  void (*line)(void *ud, tg_control_conn_t *conn, tg_slice_t line);
  void (*closed)(void *ud, tg_control_conn_t *conn, bool slow); /* the connection is freed when this returns */
  void (*too_long)(void *ud);                                   /* a line is longer than it may be */
  void *ud;
} tg_control_conn_events_t;

/** A connection over @p fd (taken); @p events is kept. NULL without memory: then fd is closed. */
tg_control_conn_t *tg_control_conn_new(tg_loop_t *loop, int fd, const tg_control_conn_events_t *events);

/** Appends bytes for the client. Too many, and the connection is broken off: its `closed` comes later, never from here. */
void tg_control_conn_send(tg_control_conn_t *conn, tg_slice_t bytes);

/** Ends it now without telling `closed`; for the owner's end. */
void tg_control_conn_free(tg_control_conn_t *conn);

#endif
