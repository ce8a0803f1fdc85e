/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_COAP_BULK_HARNESS_H
#define TG_TESTS_UNIT_COAP_BULK_HARNESS_H

/**
 * A gateway and a device on a simulated network, with bodies of a mebibyte between them: pushed by Block1, pulled by Block2, while urgent reads
 * pass. The same seed gives the same run; that of a failing test is printed.
 */

#include "tests/unit/check.h"
#include "tests/unit/coap/sim_harness.h"

enum {
  BULK_BYTES = 1 << 20,
  BULK_SEEDS = 6,
  BULK_PATIENCE_MS = 600000,
  BULK_DAY_MS = 86400000,
  BULK_GATEWAY = 1,
  BULK_DEVICE = 2,
  BULK_SPAN_MS = 93000
};

/** Loses 30 %, duplicates 10 %, reorders 20 %. */
extern const sim_weather_t bulk_bad;

/** Random bytes: what is pushed and served, and something else. */
extern uint8_t bulk_image[BULK_BYTES], bulk_second[BULK_BYTES];

/** How one request of ours ended, and what was told before. */
typedef struct bulk_end {
  bool is_over;
  tg_rc_t rc;
  uint8_t code;
  size_t sent;   /* last progress */
  size_t steps;  /* how often it was told */
  bool is_equal; /* the answer's body is the image that the test expects */
  uint64_t at_ms;
} bulk_end_t;

/** Urgent reads of the device and their answers. */
typedef struct bulk_reads {
  unsigned asked;
  unsigned answered;
  uint64_t longest_ms;
  uint64_t sum_ms;
  uint64_t began_ms;
  bool is_busy;
} bulk_reads_t;

/** Everything; members may be set before bulk_start(). */
typedef struct bulk_world {
  sim_net_t net;
  sim_link_t links[3]; /* by address */
  tg_coap_t *coaps[3];
  tg_coap_params_t params;
  size_t request_body; /* of the device */
  tg_slice_t served;   /* by the gateway */
  const char *etag;
  const uint8_t *expected;
  size_t expected_len;
  unsigned puts; /* bodies that the device has had whole */
  unsigned good_puts;
  tg_id_t device;  /* as the gateway's peer */
  tg_id_t gateway; /* as the device's */
  bulk_end_t push, pull;
  bulk_reads_t reads;
  tg_timer_t next_read;
  uint32_t read_every_ms;
  uint32_t patience_ms;
  unsigned blocks;      /* Block1 messages of the gateway */
  uint32_t first_block; /* number of the first one */
  bool is_last_lost;    /* the device is not heard any more when it has been sent the last block */
} bulk_world_t;

/** A world without engines; lent until the next call. */
bulk_world_t *bulk_open(uint64_t seed, const sim_weather_t *weather);

/** Starts both engines. */
void bulk_start(bulk_world_t *world);

/** Opens in bad weather, starts both and pushes from the beginning. */
bulk_world_t *bulk_begin(uint64_t seed);

/** One engine begins. */
void bulk_start_engine(bulk_world_t *world, uint8_t address);

/** One engine goes; its requests end as cancelled. */
void bulk_stop_engine(bulk_world_t *world, uint8_t address);

/** Ends everything; fails if an exchange is left. */
void bulk_close(bulk_world_t *world);

/** The gateway pushes the image from @p first_at on. */
void bulk_push(bulk_world_t *world, size_t first_at);

/** The device pulls what is served. */
void bulk_pull(bulk_world_t *world);

/** The gateway asks for a value now and then from now on. */
void bulk_start_reads(bulk_world_t *world);

/** Conditions for sim_run(); @p ud is the world. */
bool bulk_both_over(void *ud);
bool bulk_push_over(void *ud);
bool bulk_pull_over(void *ud);

/** Runs until half of the image has been taken; fails after a day. */
void bulk_run_to_half(bulk_world_t *world);

/** Runs until the push is over; fails after a day. */
void bulk_run_to_end(bulk_world_t *world);

/** Fails unless the device has had the body once, whole, and said so. */
void bulk_check_pushed(const bulk_world_t *world);

/** Of the group: makes the images. */
int bulk_set_up(void **state);

/** Of each test: cmocka leaves a failed one in the middle; the seed is said here. */
int bulk_say_seed(void **state);

/** A test whose seed is said. */
#define BULK(test) cmocka_unit_test_teardown(test, bulk_say_seed)

#endif
