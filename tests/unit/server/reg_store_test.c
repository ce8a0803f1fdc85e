/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/reg_store.c: rows of the store as they were written, cut short, and garbled. */

#include "core/loop/loop.h"
#include "tests/unit/server/server_harness.h"

#define BUCKET "registration"
enum { ROW_MAX = 512, GARBLED = 4000, KEPT_OF_ROW = 1 + 1 + 4 + 8 + 2 + 1 };

typedef struct fixture {
  tg_loop_t *loop;
  tg_store_t *store;
  uint8_t row[ROW_MAX]; /* of device `a`, with an observation */
  size_t row_len;
  char location[32];
  far_msg_t asked;
} fixture_t;

static server_bench_t bench;
static const tg_server_observe_t observe[] = {{.path = {{3303}, 1}, .query = ""}};
static const tg_server_config_t config = {.observe = observe, .observe_count = 1};

static bool copy_row(void *ud, tg_slice_t key, tg_slice_t value) {
  fixture_t *f = ud;
  check_slice(key, "a");
  assert_true(value.len <= ROW_MAX);
  memcpy(f->row, value.p, value.len);
  f->row_len = value.len;
  return true;
}

/* A registration is made, observed and written; its row is what the tests cut up. */
static void open_fixture(fixture_t *f, const char *query, const char *links) {
  tg_store_config_t kept = {.path = ""};
  *f = (fixture_t){.loop = tg_loop_new()};
  check_rc(tg_store_open(f->loop, &kept, NULL, &f->store), TG_OK);
  server_bench_open(&bench, &config, f->store);
  check_int(server_bench_register(&bench, 'a', query, links), TG_COAP_201);
  memcpy(f->location, bench.location, sizeof f->location);
  server_bench_pass(&bench, 200);
  const far_msg_t *out = server_bench_out(&bench);
  assert_non_null(out);
  f->asked = *out;
  far_msg_t values = {
      .code = TG_COAP_205, .format = TG_CF_SENML_JSON, .observe = 5, .body = "[{\"n\":\"/3303/0/5700\",\"v\":21.5}]"};
  server_bench_answer(&bench, 'a', &f->asked, values);
  server_bench_close(&bench);
  check_rc(tg_store_each(f->store, BUCKET, copy_row, f), TG_OK);
  assert_true(f->row_len > 0);
}

static void close_fixture(fixture_t *f) {
  tg_store_close(f->store);
  tg_loop_free(f->loop);
}

/* A new life of the server over what the store holds. */
static tg_server_stats_t restart(const fixture_t *f) {
  server_bench_open(&bench, &config, f->store);
  tg_link_t *links[] = {&bench.link};
  size_t restored;
  check_rc(tg_server_restore(bench.server, links, 1, &restored), TG_OK);
  tg_server_stats_t stats;
  tg_server_stats(bench.server, &stats);
  check_int(stats.restored, restored);
  return stats;
}

static void put_row(const fixture_t *f, const void *row, size_t len) {
  check_rc(tg_store_put(f->store, BUCKET, tg_slice_str("a"), tg_slice(row, len)), TG_OK);
}

static void a_row_brings_back_all_that_the_device_said(void **state) {
  (void)state;
  fixture_t f;
  open_fixture(&f, "ep=a&lt=300&lwm2m=1.1&b=U&Q&sms=49151",
               "</lwm2m>;rt=\"oma.lwm2m\";ct=110,</lwm2m/3/0>;ver=1.2,</lwm2m/3303/0>");
  tg_server_stats_t stats = restart(&f);
  check_int(stats.restored, 1);
  check_int(stats.corrupt, 0);
  check_int(stats.registrations, 1);
  const tg_device_t *device = tg_twin_find_ep(bench.twin, tg_slice_str("a"));
  assert_non_null(device);
  check_true(device->online && device->queue_mode && !device->awake);
  check_int(device->lifetime_s, 300);
  check_int(device->enabler, TG_VERSION_1_1);
  check_int(device->object_count, 2);
  check_int(device->objects[1].id[0], 3303);
  check_int(device->version_count, 1);
  check_int(device->versions[0].version, TG_VERSION_OF(1, 2));
  far_msg_t notify = {.type = TG_COAP_CON,
                      .code = TG_COAP_205,
                      .mid = 900,
                      .format = TG_CF_SENML_JSON,
                      .observe = 6,
                      .token_len = f.asked.token_len,
                      .body = "[{\"n\":\"/3303/0/5700\",\"v\":22.5}]"};
  memcpy(notify.token, f.asked.token, sizeof notify.token);
  server_bench_in(&bench, 'a', &notify);
  assert_non_null(strstr(server_bench_events(&bench), "records:a"));
  server_bench_close(&bench);
  close_fixture(&f);
}

static void a_row_cut_short_anywhere_is_skipped_and_counted(void **state) {
  (void)state;
  fixture_t f;
  open_fixture(&f, "ep=a&lt=300&lwm2m=1.1&sms=49151", "</>;ct=110,</3/0>;ver=1.2,</3303/0>");
  for (size_t len = 0; len < f.row_len; len++) {
    put_row(&f, f.row, len);
    tg_server_stats_t stats = restart(&f);
    if (stats.corrupt != 1) print_error("length %zu of %zu\n", len, f.row_len);
    check_int(stats.corrupt, 1);
    check_int(stats.restored, 0);
    check_int(stats.registrations, 0);
    assert_null(tg_twin_find_ep(bench.twin, tg_slice_str("a")));
    server_bench_close(&bench);
  }
  close_fixture(&f);
}

static void a_row_with_more_than_it_says_or_of_another_version_is_skipped(void **state) {
  (void)state;
  fixture_t f;
  open_fixture(&f, "ep=a&lt=300&lwm2m=1.1", "</3303/0>");
  uint8_t row[ROW_MAX + 1];
  memcpy(row, f.row, f.row_len);
  row[f.row_len] = 0;
  put_row(&f, row, f.row_len + 1);
  check_int(restart(&f).corrupt, 1);
  server_bench_close(&bench);
  row[0]++;
  put_row(&f, row, f.row_len);
  check_int(restart(&f).corrupt, 1);
  server_bench_close(&bench);
  close_fixture(&f);
}

static void garbled_rows_neither_crash_nor_leave_half_a_registration(void **state) {
  (void)state;
  fixture_t f;
  open_fixture(&f, "ep=a&lt=300&lwm2m=1.1&sms=49151", "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/3/0>;ver=1.2,</lwm2m/3303/0>");
  tg_random_seeded_t random = {.state = 7};
  size_t corrupt = 0;
  for (int i = 0; i < GARBLED; i++) {
    uint8_t row[ROW_MAX], dice[8];
    memcpy(row, f.row, f.row_len);
    tg_random_fill_seeded(&random, dice, sizeof dice);
    for (size_t k = 0; k < 1u + dice[0] % 3u; k++)
      row[(dice[k * 2 + 1] | (unsigned)dice[0] << 8) % f.row_len] =
          (uint8_t)(dice[k * 2 + 2] % 4 ? dice[k * 2 + 2] : 255);
    put_row(&f, row, f.row_len);
    tg_server_stats_t stats = restart(&f);
    corrupt += stats.corrupt;
    check_int(stats.corrupt + stats.restored, 1);
    check_int(stats.registrations, stats.restored);
    check_int(tg_twin_count(bench.twin), stats.restored);
    if (i % 16 == 0) server_bench_pass(&bench, 2000); /* what came back lives */
    server_bench_close(&bench);
  }
  assert_true(corrupt > GARBLED / 10 && corrupt < GARBLED);
  close_fixture(&f);
}

static void a_row_that_cannot_be_read_does_not_stop_the_others(void **state) {
  (void)state;
  fixture_t f;
  open_fixture(&f, "ep=a&lt=300&lwm2m=1.1", "</3303/0>");
  check_rc(tg_store_put(f.store, BUCKET, tg_slice_str("0"), tg_slice_str("garbage")), TG_OK);
  check_rc(tg_store_put(f.store, BUCKET, tg_slice_str("b"), tg_slice(f.row, f.row_len)), TG_OK); /* same location */
  check_rc(tg_store_put(f.store, BUCKET, tg_slice_str("z"), tg_slice(NULL, 0)), TG_OK);
  tg_server_stats_t stats = restart(&f);
  check_int(stats.restored, 1);
  check_int(stats.corrupt, 3);
  far_msg_t update = {.code = TG_COAP_POST, .format = -1, .observe = -1};
  snprintf(update.path, sizeof update.path, "%s", f.location);
  check_int(server_bench_request(&bench, 'a', &update), TG_COAP_204);
  server_bench_close(&bench);
  close_fixture(&f);
}

static void a_lifetime_that_ended_while_the_server_was_away_ends_at_once(void **state) {
  (void)state;
  fixture_t f;
  open_fixture(&f, "ep=a&lt=300&lwm2m=1.1", "</3303/0>");
  memset(f.row + 9, 0, 8); /* heard of in 1970 */
  put_row(&f, f.row, f.row_len);
  check_int(restart(&f).restored, 1);
  server_bench_pass(&bench, 1000);
  assert_string_equal(server_bench_events(&bench), "expired:a ");
  server_bench_close(&bench);
  memset(f.row + 9, 0xFF, 8); /* a time before that, which can't be */
  put_row(&f, f.row, f.row_len);
  check_int(restart(&f).restored, 1);
  server_bench_close(&bench);
  memset(f.row + 9, 0x7F, 8); /* the wall clock was set back */
  put_row(&f, f.row, f.row_len);
  check_int(restart(&f).restored, 1);
  server_bench_pass(&bench, 1000);
  check_true(tg_twin_find_ep(bench.twin, tg_slice_str("a"))->online);
  server_bench_close(&bench);
  close_fixture(&f);
}

static void a_row_goes_with_its_registration(void **state) {
  (void)state;
  fixture_t f;
  open_fixture(&f, "ep=a&lt=300&lwm2m=1.1", "</3303/0>");
  check_int(restart(&f).restored, 1);
  far_msg_t bye = {.code = TG_COAP_DELETE, .format = -1, .observe = -1};
  snprintf(bye.path, sizeof bye.path, "%s", f.location);
  check_int(server_bench_request(&bench, 'a', &bye), TG_COAP_202);
  server_bench_close(&bench);
  tg_server_stats_t stats = restart(&f);
  check_int(stats.restored + stats.corrupt, 0);
  server_bench_close(&bench);
  close_fixture(&f);
}

/* The fixture's observation, of /3303/0, made one of the root: its paths are at the device alone. */
static void a_composite_observation_goes_on(void **state) {
  (void)state;
  enum { TAIL = 1 + 4 + KEPT_OF_ROW, KEPT = KEPT_OF_ROW };
  fixture_t f;
  open_fixture(&f, "ep=a&lwm2m=1.1", "</3/0>,</3303/0>");
  uint8_t *path = f.row + f.row_len - TAIL;
  check_int(path[0], 2);
  path[0] = 0;
  memmove(path + 1, path + 5, KEPT);
  put_row(&f, f.row, f.row_len - 4);
  check_int(restart(&f).corrupt, 0);
  far_msg_t told = {.type = TG_COAP_NON,
                    .code = TG_COAP_205,
                    .mid = 9,
                    .token_len = f.asked.token_len,
                    .format = TG_CF_SENML_JSON,
                    .observe = 9,
                    .body = "[{\"n\":\"/3303/0/5700\",\"v\":3.5},{\"n\":\"/3/0/9\",\"v\":7}]"};
  memcpy(told.token, f.asked.token, sizeof told.token);
  server_bench_in(&bench, 'a', &told);
  server_bench_pass(&bench, 1);
  tg_record_t record;
  const tg_path_t battery = tg_path(3, 3, 0, 9);
  tg_id_t device = tg_twin_find_ep(bench.twin, tg_slice_str("a"))->id;
  check_rc(tg_twin_value(bench.twin, device, &battery, &record), TG_OK);
  check_int(record.value.i, 7);
  server_bench_close(&bench);
  close_fixture(&f);
}

CHECK_SUITE(a_composite_observation_goes_on, a_row_brings_back_all_that_the_device_said,
            a_row_cut_short_anywhere_is_skipped_and_counted,
            a_row_with_more_than_it_says_or_of_another_version_is_skipped,
            garbled_rows_neither_crash_nor_leave_half_a_registration,
            a_row_that_cannot_be_read_does_not_stop_the_others,
            a_lifetime_that_ended_while_the_server_was_away_ends_at_once, a_row_goes_with_its_registration)
