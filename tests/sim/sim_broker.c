/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of tests/sim: see sim_broker.h. Called by the gateway's connection and by those who order. */

#include "tests/sim/sim_broker.h"

#include <stdlib.h>

enum {
  PAYLOAD = 256,
  HOP_MS = 20,
  SETTLED_MS = 3,
  DOWN_EVERY_MS = 9 * 60 * 1000,
  DOWN_MS = 60 * 1000,
  BREAK_EVERY_MS = 7 * 60 * 1000,
  NOTICE_MS = 1500,
  HELD_BACK_PER_MILLE = 30
};

/* A message on its way; up: to the broker. */
typedef struct letter {
  struct letter *next;
  uint64_t due_ms;
  bool is_up;
  sim_broker_news_t news;
  int token;
  uint64_t seq;
  size_t len;
  uint8_t bytes[PAYLOAD];
} letter_t;

typedef struct way {
  letter_t *first;
  letter_t **last;
  uint64_t last_ms; /* due time of the last one */
  tg_timer_t timer;
} way_t;

static struct {
  sim_broker_subscriber_fn subscriber;
  sim_broker_fn fn; /* of the connection, NULL: none */
  void *ud;
  bool is_up;
  bool is_connected;
  int last_token;
  way_t up, down;
  tg_timer_t outage;
  tg_timer_t breaks;
  letter_t *held_back; /* of SIM_BREAK_SWAP_PUBLISH */
} broker;

static void arm(way_t *way) {
  if (way->first && !tg_timer_active(&way->timer)) tg_wheel_add(sim.wheel, &way->timer, way->first->due_ms);
}

static void put(way_t *way, const letter_t *letter, uint64_t delay_ms) {
  letter_t *copy = sim_alloc(sizeof *copy);
  *copy = *letter;
  copy->next = NULL;
  copy->due_ms = sim.now_ms + delay_ms;
  if (copy->due_ms < way->last_ms) copy->due_ms = way->last_ms;
  way->last_ms = copy->due_ms;
  *way->last = copy;
  way->last = &copy->next;
  arm(way);
}

static letter_t *take(way_t *way) {
  letter_t *letter = way->first;
  if (!letter) return NULL;
  way->first = letter->next;
  if (!way->first) way->last = &way->first;
  return letter;
}

static void clear(way_t *way) {
  tg_wheel_del(sim.wheel, &way->timer);
  for (letter_t *letter = take(way); letter; letter = take(way)) free(letter);
  way->last_ms = 0;
}

static uint64_t hop(void) {
  return 1 + sim_draw(sim.is_calm ? SETTLED_MS : HOP_MS);
}

static void tell(sim_broker_news_t news, int number, tg_slice_t bytes, uint64_t delay_ms) {
  letter_t letter = {.news = news, .token = number, .len = bytes.len};
  if (bytes.len) memcpy(letter.bytes, bytes.p, bytes.len);
  put(&broker.down, &letter, delay_ms);
}

static void give(const letter_t *letter) {
  sim_note('s', (uint32_t)letter->seq, tg_slice(letter->bytes, letter->len));
  broker.subscriber(letter->seq, tg_slice(letter->bytes, letter->len));
}

/* What the switches of the self-test do to a message. @return whether it goes on */
static bool passes(const letter_t *letter) {
  if (sim.breaks == SIM_BREAK_LOSE_PUBLISH) return !sim_chance(HELD_BACK_PER_MILLE);
  if (sim.breaks != SIM_BREAK_SWAP_PUBLISH) return true;
  if (broker.held_back) {
    give(letter);
    give(broker.held_back);
    free(broker.held_back);
    broker.held_back = NULL;
    return false;
  }
  if (!sim_chance(HELD_BACK_PER_MILLE)) return true;
  broker.held_back = sim_alloc(sizeof *letter);
  *broker.held_back = *letter;
  return false;
}

static void arrive(const letter_t *letter) {
  if (passes(letter)) give(letter);
}

static void on_up_due(tg_timer_t *timer, void *ud) {
  (void)timer, (void)ud;
  while (broker.up.first && broker.up.first->due_ms <= sim.now_ms) {
    letter_t *letter = take(&broker.up);
    arrive(letter);
    tell(SIM_BROKER_TAKEN, letter->token, tg_slice(NULL, 0), hop());
    free(letter);
  }
  arm(&broker.up);
}

static void on_down_due(tg_timer_t *timer, void *ud) {
  (void)timer, (void)ud;
  while (broker.down.first && broker.down.first->due_ms <= sim.now_ms) {
    letter_t *letter = take(&broker.down);
    if (letter->news == SIM_BROKER_UP) broker.is_connected = true;
    if (broker.fn) broker.fn(broker.ud, letter->news, letter->token, tg_slice(letter->bytes, letter->len));
    free(letter);
  }
  arm(&broker.down);
}

/* The connection is no more: from some message on, nothing of what was sent arrives. */
static void cut_ways(void) {
  while (broker.is_up && broker.up.first && sim_chance(600)) {
    letter_t *letter = take(&broker.up);
    arrive(letter);
    free(letter);
  }
  clear(&broker.up);
  clear(&broker.down);
  broker.is_connected = false;
}

static void cut_connection(void) {
  if (!broker.is_connected && !broker.down.first) return;
  cut_ways();
  sim_trace("broker connection broken");
  tell(SIM_BROKER_DOWN, 0, tg_slice(NULL, 0), sim_draw(NOTICE_MS));
}

static void on_outage(tg_timer_t *timer, void *ud) {
  (void)ud;
  if (sim.is_calm && broker.is_up) return;
  broker.is_up = !broker.is_up;
  sim_trace("broker %s", broker.is_up ? "up" : "down");
  if (!broker.is_up) cut_connection();
  sim_after(timer, broker.is_up ? sim_wait(DOWN_EVERY_MS) : 1 + sim_draw(DOWN_MS));
}

static void on_break(tg_timer_t *timer, void *ud) {
  (void)ud;
  if (sim.is_calm) return;
  cut_connection();
  sim_after(timer, sim_wait(BREAK_EVERY_MS));
}

static void open_way(way_t *way, tg_timer_fn fn) {
  way->last = &way->first;
  way->timer = (tg_timer_t){.fn = fn};
}

void sim_broker_begin(sim_broker_subscriber_fn fn) {
  memset(&broker, 0, sizeof broker);
  broker.subscriber = fn;
  broker.is_up = true;
  open_way(&broker.up, on_up_due);
  open_way(&broker.down, on_down_due);
  broker.outage = (tg_timer_t){.fn = on_outage};
  broker.breaks = (tg_timer_t){.fn = on_break};
  sim_after(&broker.outage, sim_wait(DOWN_EVERY_MS));
  sim_after(&broker.breaks, sim_wait(BREAK_EVERY_MS));
}

void sim_broker_end(void) {
  clear(&broker.up);
  clear(&broker.down);
  free(broker.held_back);
  broker.held_back = NULL;
}

void sim_broker_connect(sim_broker_fn fn, void *ud) {
  cut_ways();
  broker.fn = fn;
  broker.ud = ud;
  tell(broker.is_up ? SIM_BROKER_UP : SIM_BROKER_REFUSED, 0, tg_slice(NULL, 0), hop() + hop());
}

void sim_broker_leave(bool is_polite) {
  while (is_polite && broker.is_up && broker.up.first) {
    letter_t *letter = take(&broker.up);
    arrive(letter);
    free(letter);
  }
  cut_ways();
  broker.fn = NULL;
}

int sim_broker_publish(uint64_t seq, tg_slice_t payload) {
  if (!broker.is_connected || payload.len > PAYLOAD) return 0;
  letter_t letter = {.is_up = true, .seq = seq, .token = ++broker.last_token, .len = payload.len};
  memcpy(letter.bytes, payload.p, payload.len);
  put(&broker.up, &letter, hop());
  return letter.token;
}

bool sim_broker_order(tg_slice_t bytes) {
  if (!broker.is_connected || bytes.len > PAYLOAD) return false;
  tell(SIM_BROKER_MESSAGE, 0, bytes, hop());
  return true;
}
