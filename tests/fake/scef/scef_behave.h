/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_FAKE_SCEF_BEHAVE_H
#define TG_TESTS_FAKE_SCEF_BEHAVE_H

/**
 * How the fake network behaves towards one device, and its JSON form (`behaviour` in control requests; README.md lists
 * the members).
 */

#include <stdbool.h>
#include <stdint.h>

struct json_object;

enum { TG_SCEF_WORD = 64 }; /* room for a cause, status or mode */

/** Behaviour of one device. Times in milliseconds, -1 for "none"; counts of -1 mean "until changed". */
typedef struct tg_scef_behave {
  char mode[TG_SCEF_WORD];            /* deliver, buffer, refuse: what a downlink meets */
  int64_t mode_count;                 /* downlinks the mode is good for, then it is deliver again */
  char delivery_status[TG_SCEF_WORD]; /* told when data went out */
  char buffer_status[TG_SCEF_WORD];   /* told with a 201 */
  int64_t release_after;              /* buffered data goes out by itself */
  bool release_on_uplink;             /* buffered data goes out when the device is heard */
  int64_t refuse_status;              /* HTTP status of a refusal */
  char refuse_cause[TG_SCEF_WORD];
  int64_t retry_after;   /* requestedRetransmissionTime, Retry-After */
  int64_t delay;         /* a downlink request is served this late */
  int64_t uplink_delay;  /* an uplink is notified this late */
  bool duplicate_uplink; /* each uplink is notified twice */
  bool duplicate_downlink;
  int64_t lose_uplink; /* the next so many datagrams vanish */
  int64_t lose_downlink;
  int64_t max_packet;   /* maximumPacketSize, bits */
  int64_t max_duration; /* configurations live at most this long */
  bool no_content;      /* PATCH and PUT are answered 204 instead of 200 with a body */
} tg_scef_behave_t;

/** The network at its best: deliver at once, SUCCESS_NEXT_HOP_ACKNOWLEDGED, 10864 bits. */
void tg_scef_behave_init(tg_scef_behave_t *behave);

/**
 * Applies the members of @p patch (borrowed) to @p behave.
 *
 * @param invalid  array; an InvalidParam object is added for each unknown member or bad value
 * @return false, and @p behave untouched, where something was invalid
 */
bool tg_scef_behave_apply(tg_scef_behave_t *behave, struct json_object *patch, struct json_object *invalid);

/** The behaviour as a JSON object; the caller takes it. */
struct json_object *tg_scef_behave_show(const tg_scef_behave_t *behave);

#endif
