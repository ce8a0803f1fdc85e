/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_UNIT_COAP_OBSERVER_BENCH_H
#define TG_TESTS_UNIT_COAP_OBSERVER_BENCH_H

/** A resource of ours on a wire, which peers observe. To be included by one test file. */

#include "core/coap/coap_engine.h"
#include "tests/unit/check.h"
#include "tests/unit/coap/wire_harness.h"

enum { RESOURCE = 42 };

static inline wire_t *open_observable(const wire_options_t *options) {
  wire_t *wire = wire_open(options);
  wire->reply.observed = RESOURCE;
  return wire;
}

static inline uint32_t notify(wire_t *wire, const char *payload, bool confirmable) {
  tg_coap_reply_t reply = {.code = TG_COAP_205, .content_format = TG_CF_NONE, .payload = tg_slice_str(payload)};
  return tg_coap_observer_notify(wire->coap, RESOURCE, &reply, confirmable);
}

/* GET /a with Observe 0 and token 4a; the answer names the sequence number. */
static inline void observe(wire_t *wire, char peer) {
  wire_in_from(wire, peer, "4101000%d 4a 60 5161", peer % 10);
  assert_memory_equal(wire_out(wire) + 8, "4a6101ff6f6b", 12);
}

#endif
