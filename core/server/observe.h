/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_SERVER_OBSERVE_H
#define TG_CORE_SERVER_OBSERVE_H

/** Automatic observations: the plan that makes them, what it does next, the list of those that stand, and whether devices keep to what they were told. For core/server only. */

#include "core/server/policy.h"

enum {
  TG_OBSERVE_GROUP_MAX = 32, /* paths of one composite observation */
  TG_OBSERVE_GROUPS_MAX = 16 /* composite observations of one device */
};

/** When a registration's plan is to begin. */
typedef struct tg_observe_turn {
  bool sleeps;       /* its device will not listen for long */
  bool asks;         /* it begins by asking who the device is */
  uint32_t delay_ms; /* not before; for all of one kind the same, or nearly so */
} tg_observe_turn_t;

/** What a plan does. */
typedef enum tg_observe_step {
  TG_OBSERVE_END,        /* nothing is left */
  TG_OBSERVE_WHO,        /* reads what the device says it is */
  TG_OBSERVE_ATTRIBUTES, /* writes the attributes of a path */
  TG_OBSERVE_SINGLE,     /* observes one path */
  TG_OBSERVE_GROUP,      /* observes several at once */
  TG_OBSERVE_SEND,       /* tells the device whether it may Send */
  TG_OBSERVE_VERIFY      /* at last, asks by Discover whether the device has the attributes that it took */
} tg_observe_step_t;

/** Where the making of a registration's observations stands. */
typedef struct tg_observe_plan {
  tg_server_t *server;
  tg_id_t reg;
  tg_id_t exchange;
  tg_observe_step_t step; /* that is under way */
  tg_server_who_t who;
  tg_path_t path;    /* that step is about */
  const char *query; /* attributes of the target; lent by the policy */
  uint16_t entry;    /* of the policy */
  uint16_t object;   /* of the device's list */
  uint16_t resource; /* of its definition, where the device can tell of single ones only */
  uint16_t chunk;    /* of the group that entry leads */
  uint8_t attempt;   /* of formats */
  uint8_t written;   /* attributes of so many paths of the target */
  bool by_resource;  /* the target is one of several of its object */
  bool dropped;
  bool is_stuck;          /* for want of memory: it goes on with the device's next message */
  tg_path_t told_path;    /* of the first that took its attributes, */
  const char *told_query; /* which are these; NULL: none did */
  int format;
  uint8_t group_count; /* 0: the target is a single path */
  tg_path_t *group;    /* room for TG_OBSERVE_GROUP_MAX, owned; NULL until there is one */
} tg_observe_plan_t;

/** Makes the queue empty; @p begin is called for each registration whose turn has come. */
void tg_observe_queue_init(tg_server_t *server, tg_observe_begin_fn begin);

/** Stops its timer. */
void tg_observe_queue_fini(tg_server_t *server);

/** Puts @p reg, which is in no lane, at the end of its lane. */
void tg_observe_queue_add(tg_server_t *server, tg_reg_t *reg, const tg_observe_turn_t *turn);

/** Takes @p reg out; does nothing where it does not wait. */
void tg_observe_queue_del(tg_server_t *server, tg_reg_t *reg);

/** A plan has ended: who waits for that may go. */
void tg_observe_queue_go_on(tg_server_t *server);

/** CRC-32 of attributes, never 0 where there are some. */
uint32_t tg_observe_attributes(const char *query);

/** Number @p name of attributes such as `pmin=10&pmax=60`; 0 where it is not there. */
uint32_t tg_observe_seconds(const char *query, const char *name);

/** Moves the cursor of @p plan to what is to be done next and sets step and path. What stands already and is wanted is marked so. */
void tg_observe_next(tg_observe_plan_t *plan, tg_reg_t *reg, const tg_device_t *device);

/** The target is done with, or was refused: the next one. */
void tg_observe_pass(tg_observe_plan_t *plan);

/** Whether a Discover's answer shows at @p path of @p reg's device each of @p query. */
bool tg_observe_shows(const tg_reg_t *reg, const tg_path_t *path, const char *query, tg_slice_t links);

/** Takes an observation into the list of @p reg (its paths are copied): a row, an event. One that stood in its place is cancelled. */
void tg_observe_take(tg_server_t *server, tg_reg_t *reg, const tg_reg_obs_t *granted);

/** Tells the device that @p obs is not wanted any more, by its token, where it listens; then tg_observe_ended(). */
void tg_observe_cancel(tg_server_t *server, tg_reg_t *reg, tg_reg_obs_t *obs, const char *why);

/** Cancels all automatic observations that are not marked as wanted. */
void tg_observe_sweep(tg_server_t *server, tg_reg_t *reg);

/** Tells people about the observation @p obs. */
void tg_observe_tell(tg_server_t *server, const tg_reg_t *reg, const tg_reg_obs_t *obs, const char *how);

/** The lowest number that no composite observation of @p reg has, or 0 where all are taken. */
uint8_t tg_observe_number(const tg_reg_t *reg);

/** A notification of @p obs came, whatever is in it. @return whether it is to be dropped, being too early */
bool tg_observe_watch_heard(tg_server_t *server, tg_reg_t *reg, tg_reg_obs_t *obs);

/** A value of @p obs is acknowledged by @p reply before it is there (coap.h, notify): that it is owed is written first, and a process that ends meanwhile reads it at its next start. */
void tg_observe_owe(tg_server_t *server, tg_reg_t *reg, tg_reg_obs_t *obs, tg_coap_reply_t *reply);

/** Values of @p reg's observation @p id came, and were @p taken or not: where one was owed, it no longer is, or is read. */
void tg_observe_owed(tg_server_t *server, tg_reg_t *reg, tg_id_t id, bool taken);

/** @p reg's device is at another peer: what plan and watch have asked it where it was, is asked again where it is, the plan's by the next tg_observe_plan(). */
void tg_observe_moved(tg_server_t *server, tg_reg_t *reg);

/** Begins to look after the periods of @p reg's observations, and what is owed of them; does nothing where there is none of both. */
void tg_observe_watch(tg_server_t *server, tg_reg_t *reg);

/** Ends that. */
void tg_observe_watch_end(tg_server_t *server, tg_reg_t *reg);

/** Makes the pool of those that are looked after. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_observe_watch_init(tg_server_t *server);

#endif
