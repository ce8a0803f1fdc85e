/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_CAMPAIGN_STATE_H
#define TG_CORE_FIRMWARE_CAMPAIGN_STATE_H

/** The inside of campaigns, for campaign*.c only. */

#include "core/base/hash.h"
#include "core/base/hidx.h"
#include "core/base/log.h"
#include "core/firmware/campaign_row.h"

/** Further states of a device in a campaign, behind those that are written. */
enum {
  TG_CAMPAIGN_DEVICE_QUEUED = TG_CAMPAIGN_DEVICE_STATES, /* in the present wave, waits for its turn */
  TG_CAMPAIGN_DEVICE_ASKING,                             /* who it is must be read first: the read is on its way */
  TG_CAMPAIGN_DEVICE_ASKED,                              /* … gave no answer (yet) */
  TG_CAMPAIGN_DEVICE_KNOWN,                              /* … was answered: what it did not say it does not have */
  TG_CAMPAIGN_DEVICE_OPEN                                /* looked at, chosen later */
};

/** Queues of a wave: one for each limit, the last for devices without one. */
enum { TG_CAMPAIGN_QUEUES = TG_CAMPAIGN_LIMITS_MAX + 1, TG_CAMPAIGN_NO_LIMIT = TG_CAMPAIGN_LIMITS_MAX };

enum { TG_CAMPAIGN_LISTENERS_MAX = 8, TG_CAMPAIGN_OPEN_MAX = 32, TG_CAMPAIGN_KEPT_MAX = 128 };

/** A device in a campaign. */
typedef struct tg_campaign_device {
  char *ep;
  uint64_t update;   /* id; 0 = none */
  uint64_t asked_ms; /* monotonic time of the last ask */
  uint32_t wave;
  uint32_t next; /* in its queue; UINT32_MAX ends it */
  uint8_t state; /* tg_campaign_device_state_t, or one of those above */
  uint8_t queue; /* whose limit it counts for */
  uint8_t asks;  /* without an answer */
} tg_campaign_device_t;

/** A look at all devices, which goes over several turns. */
typedef struct tg_campaign_walk {
  bool is_on;
  bool is_new;                 /* for a new wave */
  uint32_t at;                 /* how far it has come, see tg_twin_each_part() */
  uint32_t wave_size, in_wave; /* of the wave it fills */
  uint32_t left, unsure;       /* counted so far */
} tg_campaign_walk_t;

/** First and last of a queue, UINT32_MAX when empty, and how many run of those that came from it. */
typedef struct tg_campaign_queue {
  uint32_t first, last;
  uint32_t running;
} tg_campaign_queue_t;

/** One campaign. */
typedef struct tg_campaign_one {
  tg_campaigns_t *all;
  uint8_t *bytes; /* what the strings of row.spec point into */
  tg_campaign_row_t row;
  char cause[TG_FW_CAUSE_MAX];
  tg_hidx_t by_ep;
  tg_campaign_device_t *devices;
  uint32_t device_count, device_cap;
  tg_campaign_queue_t queues[TG_CAMPAIGN_QUEUES];
  uint32_t queued;
  uint32_t in_wave; /* of the present wave: queued, or begun */
  uint32_t asking;  /* reads under way */
  uint32_t unsure;  /* devices of which it is not known whether they belong here, at the last look */
  uint32_t left;    /* devices it is for that wait outside the wave, at the last look */
  tg_campaign_walk_t walk;
  uint64_t look_ms; /* monotonic: not looked at the devices before */
  uint64_t told_ms; /* monotonic: when listeners were told last */
  bool has_ended;   /* an update, since the last look */
  bool is_restored; /* from the store, and not looked after yet */
  bool is_changed;  /* something to tell */
  bool is_urgent;   /* and not to wait with */
  tg_timer_t tick;
} tg_campaign_one_t;

/** A read that finds out who a device is; lives until the command has ended. */
typedef struct tg_campaign_ask {
  struct tg_campaign_ask *next;
  tg_campaign_one_t *campaign; /* NULL: it has gone */
  uint32_t device;
  tg_id_t command;
} tg_campaign_ask_t;

/** Somebody who is told. */
typedef struct tg_campaign_listener {
  tg_campaign_changed_fn fn;
  void *ud;
} tg_campaign_listener_t;

struct tg_campaigns {
  tg_firmware_t *firmware;
  tg_twin_t *twin;
  tg_wheel_t *wheel;
  tg_store_t *store; /* NULL: nothing survives */
  tg_hash_key_t key;
  tg_campaign_one_t *list[TG_CAMPAIGN_KEPT_MAX]; /* the oldest first */
  size_t count;
  tg_campaign_ask_t *asks;
  tg_campaign_listener_t listeners[TG_CAMPAIGN_LISTENERS_MAX];
  tg_log_limit_t limit; /* of complaints about the store */
};

/** Whether the campaign has ended. */
static inline bool tg_campaign_state_ended(const tg_campaign_one_t *campaign) {
  return campaign->row.state == TG_CAMPAIGN_DONE || campaign->row.state == TG_CAMPAIGN_CANCELLED;
}

/** Has the campaign looked after in the next turn, or at @p due_ms (monotonic) if that is nothing new: never from inside a call of others. */
static inline void tg_campaign_state_wake(tg_campaign_one_t *campaign, uint64_t due_ms) {
  tg_timer_t *tick = &campaign->tick;
  if (!tg_timer_active(tick) || tick->due_ms > due_ms) tg_wheel_add(campaign->all->wheel, tick, due_ms);
}

#endif
