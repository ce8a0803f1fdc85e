/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_DEVICE_DEVICE_H
#define TG_CORE_DEVICE_DEVICE_H

/**
 * The twin: every device whatever it speaks, its last values and its command queue. Sources (LwM2M sessions, Lua drivers) open
 * devices and put records; sinks (rules, command line) read them and submit commands; nobody knows who is on the other side.
 */

#include "core/base/random.h"
#include "core/event/event.h"
#include "core/loop/wheel.h"
#include "core/registry/registry.h"
#include "core/store/store.h"

typedef struct tg_twin tg_twin_t;
typedef struct tg_device tg_device_t;

typedef enum tg_op {
  TG_OP_READ,
  TG_OP_WRITE,  /* replace (PUT) */
  TG_OP_UPDATE, /* partial write (POST) */
  TG_OP_EXECUTE,
  TG_OP_CREATE,
  TG_OP_DELETE,
  TG_OP_DISCOVER,
  TG_OP_OBSERVE,
  TG_OP_CANCEL,            /* end an observation */
  TG_OP_ATTRIBUTES,        /* Write-Attributes */
  TG_OP_READ_COMPOSITE,    /* several paths at once */
  TG_OP_WRITE_COMPOSITE,   /* values of several instances and objects at once */
  TG_OP_OBSERVE_COMPOSITE, /* one a device; CANCEL of the root ends it */
  TG_OP_COUNT
} tg_op_t;

typedef struct tg_command tg_command_t;

/** Seam: so many bytes of a command's body has the device taken; from the loop, as answers come. */
typedef void (*tg_command_progress_fn)(void *ud, const tg_command_t *command, uint64_t sent);

/** One command; borrowed by submit, lent to backends and done functions. */
struct tg_command {
  tg_id_t id; /* set by submit */
  tg_id_t device;
  tg_op_t op;
  tg_path_t path;
  const tg_record_t *
      records; /* WRITE, UPDATE, CREATE: at or below path; of composites path is the root; READ_COMPOSITE and OBSERVE_COMPOSITE: paths, without values; WRITE_COMPOSITE: in the order to be written, one without a value deletes; EXECUTE: written before, resources of the same instance, and where that fails it is not executed */
  size_t record_count;
  tg_slice_t text;    /* EXECUTE: arguments; ATTRIBUTES: `pmin=1&pmax=60`; DISCOVER: `depth=2` or nothing */
  int content_format; /* wanted format, -1 = the backend chooses */
  uint32_t
      timeout_s; /* to the deadline; 0 = 30 s, for a device in queue mode and with a body 7,200 s; with a body it begins anew with each progress */
  uint8_t priority; /* 0 bulk … 3 interactive */
  tg_slice_t tag;   /* the asker's own id (≤ 64 bytes), echoed in events */
  bool durable;     /* has a row in the store until it ends: goes on after a restart */
  bool
      unless_observed; /* OBSERVE: where that path is observed already, by whomever, it stays so and this fails with TG_E_EXISTS */
  bool retry; /* EXECUTE, CREATE, DELETE: may be sent again when no answer came, though it may have been carried out */
  tg_slice_t replace_key; /* WRITE, UPDATE: ends a waiting one with the same key (≤ 64 bytes) as CANCELLED */
  tg_slice_t owner;       /* who submitted it (≤ 64 bytes), such as a script's name; may be empty; told in events */
  int64_t deadline_ms;    /* Unix time; set by submit */
  tg_slice_t
      body; /* WRITE of one opaque resource, instead of records: its value, lent until done(), not copied, never durable; up to 16 MiB to LwM2M devices. One such command a device runs beside the others. Once started it never goes back to the queue: where the device registers anew, moves or goes, it ends FAILED with TG_E_AGAIN, and whoever asked decides, with body_from, whether to go on */
  uint64_t
      body_from; /* bytes of it that the device has from an earlier try; the backend begins anew where it has forgotten them */
  tg_command_progress_fn progress; /* with body; may be NULL; its ud is that of done() */
};

/** How a command ended. Lent for the call. */
typedef struct tg_command_result {
  tg_command_state_t state; /* DONE, FAILED, EXPIRED, CANCELLED, UNKNOWN */
  tg_rc_t rc;
  uint8_t code; /* CoAP code, 0 when the device gave none */
  bool unsent;  /* with TG_E_AGAIN from a backend: whatever it is, it has not been carried out and may go again */
  const tg_record_t *records;
  size_t record_count;
  tg_slice_t text; /* DISCOVER: links; CREATE: path; composites: what did not go, `/3/0/99: 4.04; …` */
} tg_command_result_t;

/** Seam: command done; called exactly once for each accepted submit, never from inside it. */
typedef void (*tg_command_done_fn)(void *ud, const tg_command_t *command, const tg_command_result_t *result);

/** Seam: what a kind of device can do. */
typedef struct tg_backend_ops {
  const char *kind; /* `lwm2m`, `driver` */
  /** Begins @p command; the backend calls tg_twin_finish() later, or returns an error now and the command has failed. TG_E_AGAIN / TG_E_ASLEEP: back to the head of the queue until tg_twin_awake(). */
  tg_rc_t (*start)(void *ud, const tg_device_t *device, const tg_command_t *command);
  /** Stops a command that was started; tg_twin_finish() must not follow. */
  void (*cancel)(void *ud, const tg_device_t *device, tg_id_t command);
} tg_backend_ops_t;

/** What may be read of a device; lent until the loop turn ends. Written only by the twin. */
struct tg_device {
  tg_id_t id;
  const char *ep;
  const tg_backend_ops_t *backend;
  void *backend_ud;
  uint64_t backend_cookie; /* the backend's own handle (a registration's id, a driver's number) */
  const char *link;        /* name of its link, or its driver; kept by the source */
  bool online;             /* registered, or its driver runs */
  bool queue_mode;
  bool awake;      /* commands may go out; without queue mode true unless the bearer holds what is sent */
  uint8_t active;  /* commands started and not finished */
  uint16_t queued; /* commands waiting */
  uint16_t object_count;
  uint16_t version_count;
  uint32_t lifetime_s;          /* 0 = for ever */
  uint32_t quirks;              /* what was tolerated (bits of core/server/quirk.h) */
  const uint32_t *quirk_counts; /* how often each of the 32 was tolerated since the start; NULL: none was */
  const char *wire_ep;          /* what it calls itself, where a policy gave it another name; else NULL */
  const char *tags;             /* words separated by blanks; NULL = none */
  tg_version_t enabler;         /* LwM2M version, 0 for drivers */
  uint32_t
      awake_window_ms; /* how long it is taken to listen after a message; 0 = not in queue mode, or its bearer tells */
  int64_t asleep_until_ms; /* not awake: Unix time when its bearer expects it; 0 = not known */
  int64_t since_ms;        /* online since, Unix time */
  int64_t last_seen_ms;
  uint64_t may_move_until_ms; /* monotonic: so long it may come from another link; see tg_twin_may_move(); 0 = not */
  const tg_path_t *objects;   /* what it announced: objects and instances, ascending */
  const tg_model_version_t *versions;
};

typedef struct tg_twin_config {
  const tg_registry_t *registry; /* kept */
  tg_event_bus_t *events;        /* kept */
  tg_wheel_t *wheel;             /* kept */
  tg_store_t *store;             /* kept, outlives the twin; NULL: no command is durable */
  tg_random_fn random;
  void *random_ud;
  uint32_t devices_max;     /* 0 = 131,072 */
  uint32_t commands_max;    /* all devices together, 0 = 65,536; 100 a device */
  size_t command_bytes_max; /* values and texts of all commands, 0 = 64 MiB */
  uint32_t values_max;      /* last values a device keeps, 0 = 512; the oldest written goes */
  bool fixed_windows;       /* windows are as configured, whatever devices show */
} tg_twin_config_t;

/** An empty twin; NULL without memory. @p config is copied. */
tg_twin_t *tg_twin_new(const tg_twin_config_t *config);

/** Takes no more commands and ends those there are as CANCELLED; of durable ones only done() is told, their rows go on at the next start. To be called before backends go. */
void tg_twin_stop(tg_twin_t *twin);

/** Stops and frees all. NULL is allowed. */
void tg_twin_free(tg_twin_t *twin);

/** Takes over the durable commands that an earlier process left in the store, once, before messages come: they wait for their devices, known or not. Those whose time is over end as EXPIRED; an EXECUTE, CREATE or DELETE that may have been sent as UNKNOWN; both are told when the loop runs. Bad rows are logged and left out. @param count set to how many there are. TG_E_STORE, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_twin_restore(tg_twin_t *twin, size_t *count);

/** The store told of a commit (or of a failed one): commands whose rows are on disk now are ACCEPTED (told as events, then WAITING of those that wait) and may go. New ones whose rows could not be written end as FAILED with TG_E_STORE when the loop runs. */
void tg_twin_committed(tg_twin_t *twin, uint64_t ticket, tg_rc_t rc);

/** How a source introduces or refreshes a device. Borrowed; everything is copied but `link` (kept). */
typedef struct tg_device_info {
  tg_slice_t ep; /* 1–255 bytes */
  const tg_backend_ops_t *backend;
  void *backend_ud;
  uint64_t backend_cookie;
  const char *link;
  bool queue_mode;
  uint32_t lifetime_s;
  uint32_t quirks;
  tg_slice_t wire_ep; /* empty: ep is what it calls itself */
  tg_slice_t tags;    /* words separated by blanks */
  tg_version_t enabler;
  const tg_path_t *objects; /* any order */
  size_t object_count;
  const tg_model_version_t *versions;
  size_t version_count;
} tg_device_info_t;

/** Makes the device online under info->ep, or takes the existing one over (values stay, the new source owns it), and emits @p event (REGISTERED or UPDATED; TG_EVENT_TYPE_COUNT: none, for devices restored from the store). A device in queue mode is awake until tg_twin_awake() gives its window an end; a restored one sleeps. On an error nothing has changed. TG_E_FULL, TG_E_ARG, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_twin_online(tg_twin_t *twin, const tg_device_info_t *info, tg_event_type_t event,
                                     tg_id_t *device);

/** Marks it offline and emits @p event (DEREGISTERED, EXPIRED) with @p note. Durable commands, and all of a device in queue mode, stay until their deadlines; others fail with TG_E_GONE. The record stays for 24 h at most, longer while durable commands wait; where the table is full the longest offline one is forgotten first. */
void tg_twin_offline(tg_twin_t *twin, tg_id_t id, tg_event_type_t event, tg_slice_t note);

/** The device was heard from just now: last_seen moves. Cheap, for every message. */
void tg_twin_seen(tg_twin_t *twin, tg_id_t id);

/** Who asks the device to come over another link says so: until @p until_ms (monotonic; 0: no longer) a Register or an Update of it is taken from another link, although the link it is on vouches for its identity. Never for anyone on that same link. A stale id is ignored. */
void tg_twin_may_move(tg_twin_t *twin, tg_id_t id, uint64_t until_ms);

/** The device has come over @p link (kept) without registering anew. A stale id is ignored. */
void tg_twin_moved(tg_twin_t *twin, tg_id_t id, const char *link);

/** The device in queue mode listens until @p until_ms (monotonic; UINT64_MAX: until further notice): its queue drains. So does any device's that was held. Emits AWAKE on a change; ASLEEP comes by itself at the end. */
void tg_twin_awake(tg_twin_t *twin, tg_id_t id, uint64_t until_ms);

/** The device in queue mode was heard: it listens for @p window_ms, or for as long as it has shown by how it answers. */
void tg_twin_heard(tg_twin_t *twin, tg_id_t id, uint32_t window_ms);

/** A request goes out to the device; what comes of it shows how long it listens. */
void tg_twin_asked(tg_twin_t *twin, tg_id_t id);

/** An answer came; to be called before tg_twin_heard(). @p is_short: it was one message, as the request was; else the device listened when it was asked, and what came later was its own doing. */
void tg_twin_answered(tg_twin_t *twin, tg_id_t id, bool is_short);

/** None came to what tg_twin_asked() told of: where the device has said nothing else since, it did not listen. */
void tg_twin_missed(tg_twin_t *twin, tg_id_t id);

/** The device sleeps from now on (a request timed out, its window is over). Started commands are not touched. */
void tg_twin_asleep(tg_twin_t *twin, tg_id_t id);

/** What is known of the device's quirks now; takes the place of what was. */
void tg_twin_quirks_set(tg_twin_t *twin, tg_id_t id, uint32_t quirks);

/** Each of @p quirks was tolerated just now: noted and counted. */
void tg_twin_quirks_count(tg_twin_t *twin, tg_id_t id, uint32_t quirks);
/** Its bearer can't reach the device, in queue mode or not, and keeps what was sent: it sleeps until @p until_ms (monotonic, 0: nobody knows), then it is tried again, or until tg_twin_awake() or tg_twin_heard(). Started commands are not touched. */
void tg_twin_held(tg_twin_t *twin, tg_id_t id, uint64_t until_ms);

/** The device @p id, or NULL. */
const tg_device_t *tg_twin_find(const tg_twin_t *twin, tg_id_t id);

/** The device called @p ep, or NULL. O(1). */
const tg_device_t *tg_twin_find_ep(const tg_twin_t *twin, tg_slice_t ep);

/** Commands that may wait for one device. */
#define TG_DEVICE_COMMANDS_MAX 100

/** What was turned away at the twin's bounds since the start. */
typedef struct tg_twin_refused {
  uint64_t devices;
  uint64_t commands;     /* their device had too many waiting */
  uint64_t all_commands; /* there were too many in all, or their values too long */
} tg_twin_refused_t;

/** How often the twin's bounds were met. */
void tg_twin_refused(const tg_twin_t *twin, tg_twin_refused_t *refused);

/** Most devices that are known at a time. */
uint32_t tg_twin_devices_max(const tg_twin_t *twin);

/** Most commands of all devices together. */
uint32_t tg_twin_commands_max(const tg_twin_t *twin);

/** Number of devices known. */
size_t tg_twin_count(const tg_twin_t *twin);

/** Walks all devices; return false to stop. */
void tg_twin_each(const tg_twin_t *twin, bool (*fn)(void *ud, const tg_device_t *device), void *ud);

/** Walks a part of the devices, for those with too much to do for one turn: at most @p max places of the table from @p at on (0 begins), which becomes where the next part begins. Devices that come or go between parts may be seen or not, others are seen once. @return whether there is more; false also once @p fn has stopped it */
bool tg_twin_each_part(const tg_twin_t *twin, uint32_t *at, uint32_t max,
                       bool (*fn)(void *ud, const tg_device_t *device), void *ud);

/** A device's view of the object definitions, by value; lent until the device changes. */
tg_model_t tg_twin_model(const tg_twin_t *twin, const tg_device_t *device);

/** Records arrived: last values are kept and one RECORDS event is emitted. Values borrowed. TG_E_GONE, TG_E_FULL (nothing kept, nothing emitted). */
TG_MUST_CHECK tg_rc_t tg_twin_put(tg_twin_t *twin, tg_id_t device, const tg_event_records_t *records);

/** The last value at exactly @p path; bytes lent until the turn ends. TG_E_NOT_FOUND, TG_E_GONE. */
TG_MUST_CHECK tg_rc_t tg_twin_value(const tg_twin_t *twin, tg_id_t device, const tg_path_t *path, tg_record_t *record);

/** Walks the last values at or below @p path in order; return false to stop. */
void tg_twin_values(const tg_twin_t *twin, tg_id_t id, const tg_path_t *path,
                    bool (*fn)(void *ud, const tg_record_t *record), void *ud);

/** Submits a command (copied). One runs at a time per device, by priority then order, and one with a body beside it. done() comes exactly once; also told as COMMAND events. At the deadline a waiting one ends as EXPIRED, a started one as FAILED with TG_E_TIMEOUT. A durable one starts when its row is on disk, and one that can't be repeated when the row says so. TG_E_GONE (also for an offline device without queue mode), TG_E_FULL, TG_E_NOMEM, TG_E_ARG. */
TG_MUST_CHECK tg_rc_t tg_twin_submit(tg_twin_t *twin, const tg_command_t *command, tg_command_done_fn done, void *ud,
                                     tg_id_t *id);

/** Cancels a command in any state but an ended one; done() comes with CANCELLED. TG_E_GONE. */
TG_MUST_CHECK tg_rc_t tg_twin_cancel(tg_twin_t *twin, tg_id_t command);

/** A backend tells how its command ended: state is DONE or FAILED. A stale id is ignored. TG_E_TIMEOUT and TG_E_ASLEEP send a device in queue mode to sleep. A FAILED result without a code puts the command back at the head: with TG_E_ASLEEP (it never left) in queue mode; with TG_E_TIMEOUT in queue mode and with TG_E_AGAIN in any mode unless it is an EXECUTE, CREATE or DELETE, which may have been done already and then ends as UNKNOWN if it is not said to be unsent, or has a body. */
void tg_twin_finish(tg_twin_t *twin, tg_id_t id, const tg_command_result_t *result);

/** A backend tells that the device has taken @p sent bytes of its command's body: the deadline moves, progress() is told; it may end the command. Stale ids are ignored. */
void tg_twin_progress(tg_twin_t *twin, tg_id_t id, uint64_t sent);

/** The command @p id as long as it has not ended, or NULL. */
const tg_command_t *tg_twin_command(const tg_twin_t *twin, tg_id_t id);

/** Walks the commands of a device in the order in which they will go; return false to stop. */
void tg_twin_commands(const tg_twin_t *twin, tg_id_t id,
                      bool (*fn)(void *ud, const tg_command_t *command, tg_command_state_t state), void *ud);

/** Lower-case name of an operation: `read`, `write` … */
const char *tg_twin_op_name(tg_op_t op);

/** Whether @p command may be carried out once more: without harm, or because its asker said so. */
bool tg_twin_op_is_repeatable(const tg_command_t *command);

/** Whether a record at @p path may be part of @p command. */
bool tg_twin_op_reaches(const tg_command_t *command, const tg_path_t *path);

/** The operation called @p name; TG_E_NOT_FOUND. */
TG_MUST_CHECK tg_rc_t tg_twin_op_of(tg_slice_t name, tg_op_t *op);

#endif
