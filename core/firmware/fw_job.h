/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_JOB_H
#define TG_CORE_FIRMWARE_FW_JOB_H

/** What the files of the machine share: an update with its private side, and what makes it move. For core/firmware only. */

#include "core/base/hash.h"
#include "core/base/hidx.h"
#include "core/base/log.h"
#include "core/firmware/fw_facts.h"
#include "core/firmware/fw_image.h"

typedef struct tg_fw_job tg_fw_job_t;
typedef struct tg_fw_http tg_fw_http_t;
typedef struct tg_fw_adder tg_fw_adder_t;

/** Commands of one update that may run at the same time, each with its purpose. */
typedef enum tg_fw_lane {
  TG_FW_LANE_MAIN, /* what the state is about */
  TG_FW_LANE_POLL, /* how is it? */
  TG_FW_LANE_SIDE, /* telling the device that an update is over */
  TG_FW_LANE_COUNT
} tg_fw_lane_t;

/** What a lane waits for. */
typedef enum tg_fw_step {
  TG_FW_STEP_NONE,
  TG_FW_STEP_READ_OBJECT,    /* Read /5/0 */
  TG_FW_STEP_READ_VERSION,   /* Read /3/0/3 */
  TG_FW_STEP_OBSERVE_STATE,  /* Observe /5/0/3 */
  TG_FW_STEP_OBSERVE_RESULT, /* Observe /5/0/5 */
  TG_FW_STEP_FORGET_STATE,   /* end of these */
  TG_FW_STEP_FORGET_RESULT,
  TG_FW_STEP_CANCEL,         /* Execute /5/0/10 */
  TG_FW_STEP_EMPTY_URI,      /* Write "" to /5/0/1 */
  TG_FW_STEP_NUL_BYTE,       /* Write 0x00 to /5/0/0 */
  TG_FW_STEP_SEVERITY,       /* Write /5/0/11 */
  TG_FW_STEP_DEFER,          /* Write /5/0/13 */
  TG_FW_STEP_TRIGGER,        /* Execute /1/x/8 with a transport */
  TG_FW_STEP_PREFER,         /* Write /1/x/22 */
  TG_FW_STEP_UPDATE_REQUEST, /* Execute /1/x/8 without one */
  TG_FW_STEP_PUSH,           /* Write /5/0/0 */
  TG_FW_STEP_URI,            /* Write /5/0/1 */
  TG_FW_STEP_UPDATE,         /* Execute /5/0/2 */
  TG_FW_STEP_COUNT
} tg_fw_step_t;

/** What happens to an update. */
typedef enum tg_fw_cue {
  TG_FW_CUE_DEVICE,     /* the device was heard from: registered, updated, woke, moved */
  TG_FW_CUE_REGISTERED, /* the same, and it began anew */
  TG_FW_CUE_GONE,       /* it deregistered or its registration expired */
  TG_FW_CUE_TURN,       /* a place among the transfers is free */
  TG_FW_CUE_ANSWER,     /* a command of lane MAIN ended */
  TG_FW_CUE_REPORT,     /* the device said something of /5/0/3 or /5/0/5, by itself or asked by lane POLL */
  TG_FW_CUE_TIMER,
  TG_FW_CUE_COMMITTED, /* the row of the state is on disk */
  TG_FW_CUE_APPLY,     /* tg_firmware_apply() */
  TG_FW_CUE_CANCEL,
  TG_FW_CUE_EXPIRED,
  TG_FW_CUE_COUNT
} tg_fw_cue_t;

/** A cue with what belongs to it. */
typedef struct tg_fw_news {
  tg_fw_cue_t cue;
  tg_fw_step_t step;                 /* of ANSWER */
  const tg_command_result_t *result; /* of ANSWER */
  bool polled;                       /* of REPORT: state and result were read just now */
  tg_rc_t rc;                        /* of COMMITTED */
} tg_fw_news_t;

/** An update. */
struct tg_fw_job {
  tg_fw_row_t row;
  tg_firmware_t *firmware;
  tg_fw_job_t *newer; /* all, by id */
  tg_fw_job_t *older;
  tg_fw_job_t *next_ended; /* in order of ending */
  tg_fw_job_t *next_turn;  /* who waits for a place among the transfers */
  tg_fw_job_t *last_turn;
  tg_fw_job_t *next_held; /* whose row is on the way to the disk */
  tg_fw_job_t *last_held;
  tg_timer_t timer; /* of the state */
  tg_timer_t expiry;
  tg_fw_image_slot_t *image; /* used until the update ends; NULL where it is gone */
  tg_id_t lane[TG_FW_LANE_COUNT];
  tg_fw_step_t step[TG_FW_LANE_COUNT];
  tg_fw_facts_t facts;
  uint64_t ticket;        /* of the row, while APPLYING waits for it; 0 = none */
  uint64_t not_before_ms; /* WAITING: no new try until then, unless the device comes by itself */
  uint64_t best;          /* most bytes that were taken in any try */
  uint64_t told_sent;     /* of progress: what listeners and the store know, and since when */
  uint64_t told_ms;
  uint64_t saved_sent;
  uint64_t saved_ms;
  int result_before; /* the transfer: what stands there still is no news */
  uint8_t refused;   /* CoAP code with which the device refused; why is being asked */
  uint64_t
      idle_ms; /* APPLYING: monotonic, since when the device says the same, as far as we know; 0 = it has said nothing */
  int idle_state;  /* and what it says */
  uint8_t polls;   /* that told nothing new */
  uint8_t backoff; /* how often it was doubled */
  bool turn;       /* has a place among the transfers */
  bool queued;     /* waits for one */
  bool executed;   /* Update may have been executed */
  bool reset;      /* the device has been told in this try to let go what it holds */
  bool fresh;      /* the device has been seen downloading in this try */
  bool given_up;   /* cancelled, or its time is over: the device is told to let the image go */
  bool recheck;    /* READY or RETURNING, but by an earlier process: the device is asked again */
  bool preferred;  /* MOVING: /1/x/22 was written, and is to be written back */
  bool obey_over;  /* MOVING: the time for the trigger alone is over */
  bool move_again; /* the end of an earlier process cut MOVING short: the device is asked once more */
};

enum { TG_FW_LISTENERS_MAX = 8 };

struct tg_firmware {
  tg_firmware_config_t config;
  tg_fw_images_t *images;
  tg_fw_adder_t *adder;
  tg_fw_http_t *http;
  char *http_base; /* owned; NULL: none */
  tg_hash_key_t key;
  tg_pool_t jobs;
  tg_hidx_t by_id;
  tg_hidx_t by_ep; /* the newest of a device */
  tg_fw_job_t *newest;
  tg_fw_job_t *oldest;
  tg_fw_job_t *ended_first;
  tg_fw_job_t *ended_last;
  uint32_t ended_count;
  tg_fw_job_t *turn_first;
  tg_fw_job_t *turn_last;
  uint32_t turns;  /* places taken */
  tg_timer_t kick; /* gives free places away */
  tg_fw_job_t *held_first;
  uint64_t next_id;
  bool closing;
  tg_log_limit_t store_failed;
  struct {
    tg_fw_changed_fn fn;
    void *ud;
  } listeners[TG_FW_LISTENERS_MAX];
  /** Seam: a command of @p lane ended; from the leaf that submits them to the machine. */
  void (*answer)(tg_fw_job_t *job, tg_fw_lane_t lane, tg_fw_step_t step, const tg_command_result_t *result);
};

/** Whether an update has ended. */
static inline bool tg_fw_job_has_ended(const tg_fw_job_t *job) {
  return job->row.state >= TG_FW_DONE;
}

#endif
