/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_DEVICE_TWIN_H
#define TG_CORE_DEVICE_TWIN_H

/** What the files of the twin share: its tables and the private side of devices and commands. For core/device only. */

#include "core/base/hash.h"
#include "core/base/hidx.h"
#include "core/base/log.h"
#include "core/device/device.h"
#include "core/device/twin_window.h"

typedef struct tg_twin_command tg_twin_command_t;
typedef struct tg_twin_values tg_twin_values_t;
typedef struct tg_twin_device tg_twin_device_t;

/** When a device listens: the awake window of one in queue mode, or what its bearer says of it; made when it is first needed. */
typedef struct tg_twin_wake {
  tg_timer_t timer;
  uint64_t until_ms; /* moves with every message; the timer follows when it fires */
  tg_twin_t *twin;
  tg_twin_device_t *device;
  bool is_held;            /* the bearer said that it sleeps: until_ms is when that is over */
  uint64_t heard_ms;       /* last message of it (monotonic); 0 = none yet */
  uint64_t asked_ms;       /* when the last request went out */
  uint64_t silent_ms;      /* heard_ms then */
  tg_twin_window_t window; /* what it has shown; kept while it is offline, and in the store */
  uint32_t saved_ms;       /* length of the window when that was written */
} tg_twin_wake_t;

/** A device with its private side. 131,072 of them: everything rare hangs behind a pointer. */
struct tg_twin_device {
  tg_device_t pub;
  tg_twin_values_t *values;
  tg_twin_wake_t *wake;
  tg_twin_command_t *running;  /* at the backend */
  tg_twin_command_t *bulk;     /* one with a body, likewise */
  tg_twin_command_t *queue;    /* waiting, in the order in which they go */
  tg_twin_device_t *pump_next; /* list of devices whose queue is to be looked at */
  uint32_t newer_ref;          /* list of offline devices, longest offline first; slot + 1, 0 = none */
  uint32_t older_ref;
  uint32_t offline_s; /* monotonic */
  uint16_t journaled; /* commands that have a row */
  bool pumping;       /* is in the pump list, or waits for a commit to get there */
  bool pump_again;    /* there came more to do while its turn was on */
};

/** A command until its done function returned. */
struct tg_twin_command {
  tg_command_t pub;
  tg_command_state_t state;
  tg_timer_t deadline;
  tg_twin_t *twin;
  tg_twin_device_t *device;
  tg_twin_command_t *next;
  tg_command_done_fn done;
  void *ud;
  void *block; /* memory behind pub's slices and records */
  size_t bytes;
  uint64_t timeout_ms;   /* to the deadline */
  uint64_t row;          /* number in the journal; 0 = not durable */
  uint64_t ticket;       /* under which the row was written last */
  bool marked;           /* the row says that it may have been sent */
  bool fresh;            /* its first row is not on disk yet: in the twin's list of those */
  bool tells_waiting;    /* of a fresh one: WAITING is told after ACCEPTED */
  uint64_t fresh_ticket; /* of the first row */
  tg_twin_command_t *fresh_next;
  tg_command_state_t
      ends_as; /* of a restored one: EXPIRED or UNKNOWN; of one that the store refused: FAILED; it does not go any more; else 0 */
};

struct tg_twin {
  tg_twin_config_t config;
  tg_hash_key_t key;
  tg_pool_t devices;  /* tg_twin_device_t */
  tg_pool_t commands; /* tg_twin_command_t */
  tg_hidx_t by_ep;
  tg_timer_t pump;
  tg_twin_device_t *pump_first;
  tg_timer_t forget;
  uint32_t offline_first_ref;
  uint32_t offline_last_ref;
  uint64_t wall_at_ms; /* the wheel's time at which wall_ms was read */
  int64_t wall_ms;
  tg_log_limit_t lost;
  tg_twin_refused_t refused;
  bool closing;            /* being freed: takes no more commands */
  tg_timer_fn on_deadline; /* of commands */
  size_t command_bytes;
  uint64_t next_row;              /* of the journal */
  uint64_t committed;             /* last ticket known to be on disk with all before it */
  uint64_t failed;                /* last ticket that was not */
  tg_twin_command_t *fresh_first; /* commands whose first rows are not on disk yet, in the order of their tickets */
  tg_twin_command_t *fresh_last;
  tg_twin_device_t *held_first; /* devices whose next command waits for a commit; linked by pump_next */
  tg_timer_t retry;             /* rows that could not be written */
};

/** The private side of @p device, or NULL. */
static inline tg_twin_device_t *tg_twin_device_of(const tg_twin_t *twin, tg_id_t device) {
  return tg_pool_find(&twin->devices, device);
}

/** Unix milliseconds, read once per tick of the wheel: messages of one batch share it. */
int64_t tg_twin_wall(tg_twin_t *twin);

/** Emits @p event (borrowed) for @p device: sets its id, ep and time. */
TG_MUST_CHECK tg_rc_t tg_twin_emit(tg_twin_t *twin, const tg_twin_device_t *device, tg_event_t *event);

/** The same for events that nobody can send again: where the bus is full that is logged, at most a few times a minute. */
void tg_twin_emit_or_log(tg_twin_t *twin, const tg_twin_device_t *device, tg_event_t *event);

/** The device called @p ep; one that is not known yet is made: offline, in queue mode until it says otherwise. TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_twin_place(tg_twin_t *twin, tg_slice_t ep, tg_twin_device_t **device);

/** Has the queue of @p device looked at in the next turn, not from inside this call. */
void tg_twin_pump(tg_twin_t *twin, tg_twin_device_t *device);

/** The end of the awake window; starts no command. What the device has shown goes, too. */
void tg_twin_wake_free(tg_twin_t *twin, tg_twin_device_t *device);

/** The same where the device went offline: what it has shown stays. */
void tg_twin_wake_stop(tg_twin_t *twin, tg_twin_device_t *device);

/** The device is forgotten: its row goes. */
void tg_twin_wake_forget(tg_twin_t *twin, tg_twin_device_t *device);

/** Takes back what a device has shown from its row @p bytes. TG_E_CORRUPT, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_twin_wake_restore(tg_twin_t *twin, tg_twin_device_t *device, tg_slice_t bytes);

/** The bucket of those rows; the key is the endpoint name. */
#define TG_TWIN_WAKE_BUCKET "window"

/** Frees the last values of @p device. */
void tg_twin_values_free(tg_twin_device_t *device);

/** Sets what the timers of the pump and of deadlines call. */
void tg_twin_command_init(tg_twin_t *twin);

/** The device went offline: commands that can't wait for it end with TG_E_GONE; with @p all every one does. */
void tg_twin_command_offline(tg_twin_t *twin, tg_twin_device_t *device, bool all);

/** Another backend takes the device over: the command running at the old one (still set in pub) goes back to the queue, or ends as UNKNOWN if it can't be repeated; one with a body fails with TG_E_AGAIN. */
void tg_twin_command_release(tg_twin_t *twin, tg_twin_device_t *device);

#endif
