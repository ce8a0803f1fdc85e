/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_FIRMWARE_FW_HARNESS_H
#define TG_TESTS_UNIT_FIRMWARE_FW_HARNESS_H

/**
 * Firmware over a real twin and a real store, in virtual time, with a backend that plays devices with object 5. The process can be killed at any
 * moment: what is in memory goes, store, images and devices stay.
 */

#include "core/firmware/fw_job.h"
#include "tests/unit/check.h"
#include "tests/unit/store/store_harness.h"

enum { FW_DEVICES = 4, FW_PENDING = 16, FW_BYTES = 300000 };

/** A device, and how it behaves. */
typedef struct fw_device {
  const char *ep;
  const char *link;
  bool registered, asleep, queue_mode;
  /* what it is */
  int state, result;
  char version[32];
  char pkg_version[32];
  int delivery;       /* -1: no /5/0/9 */
  unsigned protocols; /* bits; 0: no /5/0/8 */
  bool has_settings;  /* /5/0/11 and /5/0/13 */
  tg_version_t enabler;
  bool no_object;  /* announces no object 5 */
  bool no_version; /* has no /3/0/3 */
  /* what it does */
  bool silent;               /* answers nothing */
  size_t silent_at;          /* answers nothing more once it has so many bytes; 0 = never */
  uint8_t refuse[32];        /* CoAP codes by resource of object 5: the operation is refused */
  uint8_t refuse_server[32]; /* the same for /1 */
  uint8_t refuse_read;       /* Read of /5/0 */
  bool quiet;                /* sends no notifications */
  bool lose_update;          /* the answer to Update is lost */
  bool ignore_update;        /* answers Update, and does nothing */
  bool defers;               /* answers Update with result 11 */
  unsigned observed_before;  /* resources of object 5 that somebody else observes, as bits */
  bool auto_update;          /* applies what it has of itself */
  int image_result;          /* finds this once it has the image; 0: fine */
  int update_result;         /* of Update; 0: gives none */
  const char *runs;          /* version after an Update that went well */
  const char *moves_to;      /* comes over this link when it is triggered */
  bool by_preference;        /* takes a trigger, but its transport from /1/x/22 */
  uint32_t update_ms;        /* how long Update takes; 0 = 5 s */
  size_t chunk;              /* bytes a second; 0 = all */
  /* what it got */
  uint8_t image[FW_BYTES];
  size_t len;
  char uri[256];
  unsigned updates, pushes, uris, resets, cancels, triggers, observed;
  size_t pushed_from;
  char trigger[16], preferred[8];
  int severity;
  int64_t defer_s;
  uint64_t restart_at; /* when Update ends; 0 = none runs */
} fw_device_t;

typedef struct fw_bench {
  store_harness_t store;
  store_harness_t grave; /* what a killed process still writes goes here */
  char folder[128];
  char file[128];
  uint8_t bytes[FW_BYTES];
  size_t size; /* of the image */
  tg_event_bus_t *bus;
  tg_wheel_t *wheel;
  tg_twin_t *twin;
  tg_firmware_t *firmware;
  tg_firmware_config_t config; /* of the next process */
  tg_random_seeded_t random;
  uint64_t now;
  fw_device_t devices[FW_DEVICES];
  size_t device_count;
  struct {
    tg_id_t id;
    fw_device_t *device;
    size_t at; /* of a body */
  } pending[FW_PENDING];
  char states[2048]; /* `waiting asking …` as they were told, progress left out */
  unsigned told;     /* calls of the listener */
  uint64_t last_id;
  bool keeps_devices; /* the next process knows them from the start, as out of the store, and they do not register */
  bool disk_stalls;   /* nothing is committed */
  bool disk_fails;    /* commits are told as failed */
  uint64_t most;      /* progress, at most */
} fw_bench_t;

/** Opens all, with one image `app` of version `2.0` and @p size bytes, and one device `dev` that works well. */
void fw_bench_open(fw_bench_t *bench, size_t size);

/** Seam tg_fw_added_fn: keeps the code in the tg_rc_t at @p ud. */
void fw_bench_added(void *ud, tg_rc_t rc, const char *why);

/** Ends all and removes the files. */
void fw_bench_close(fw_bench_t *bench);

/** Another device like the first. */
fw_device_t *fw_bench_device(fw_bench_t *bench, const char *ep);

/** The device registers (again). */
void fw_bench_register(fw_bench_t *bench, fw_device_t *device);

/** It deregisters. */
void fw_bench_deregister(fw_bench_t *bench, fw_device_t *device);

/** The device answers what is in @p slot of bench->pending, as far as it has come. */
void fw_bench_answer(fw_bench_t *bench, size_t slot);

/** Devices act once: they answer what they were asked, fetch, restart. Part of fw_bench_pass(). */
void fw_bench_live(fw_bench_t *bench);

/** Lets @p ms pass, in steps of a second at most; devices answer, the store writes. */
void fw_bench_pass(fw_bench_t *bench, uint64_t ms);

/** The same until update @p id is in @p state; fails the test after @p ms. */
void fw_bench_until(fw_bench_t *bench, uint64_t id, tg_fw_state_t state, uint64_t ms);

/** Begins an update of @p ep to `app`; @p request may be NULL. */
uint64_t fw_bench_update(fw_bench_t *bench, const char *ep, const tg_fw_request_t *request);

/** How update @p id stands; fails the test if there is none. */
tg_fw_update_t fw_bench_get(const fw_bench_t *bench, uint64_t id);

/** The process is killed, another one begins; devices come back as they were. @p wire: what is on its way still arrives. */
void fw_bench_kill(fw_bench_t *bench, bool wire);

/** Whether the device has exactly the image. */
bool fw_bench_has_image(const fw_bench_t *bench, const fw_device_t *device);

/** Fails unless the cause of update @p id has @p part in it. */
void fw_bench_check_cause(const fw_bench_t *bench, uint64_t id, const char *part);

#endif
