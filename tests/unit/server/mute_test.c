/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/server/mute.c: what a device that registers is told about Send (lwm2m.md 1.4.5). */

#include "tests/unit/server/server_harness.h"

static server_bench_t bench;

static const char links[] = "</>;ct=110,</1/2>,</3/0>";

static void open_with(tg_server_sends_t sends, const char *query, const char *objects) {
  tg_server_config_t config = {.sends = sends, .rebind = TG_COAP_REBIND_ANY};
  server_bench_open(&bench, &config, NULL);
  check_int(server_bench_register(&bench, 'a', query, objects), TG_COAP_201);
  server_bench_pass(&bench, 2);
}

static void a_device_is_told_what_the_configuration_says(void **state) {
  (void)state;
  static const struct {
    tg_server_sends_t sends;
    const char *query, *objects, *body; /* NULL: nothing is sent */
  } rows[] = {
      {TG_SERVER_SENDS_ALLOW, "ep=a&lwm2m=1.1", links, "\"vb\":false"},
      {TG_SERVER_SENDS_MUTE, "ep=a&lwm2m=1.1", links, "\"vb\":true"},
      {TG_SERVER_SENDS_ALLOW, "ep=a&lwm2m=1.2", links, "\"vb\":false"},
      {TG_SERVER_SENDS_KEEP, "ep=a&lwm2m=1.1", links, NULL},
      {TG_SERVER_SENDS_ALLOW, "ep=a&lwm2m=1.0", links, NULL},             /* there is no Send */
      {TG_SERVER_SENDS_ALLOW, "ep=a&lwm2m=1.1", "</3/0>", NULL},          /* no account to tell it */
      {TG_SERVER_SENDS_ALLOW, "ep=a&lwm2m=1.1&Q", links, "\"vb\":false"}, /* it has just spoken, so it listens */
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    open_with(rows[i].sends, rows[i].query, rows[i].objects);
    const far_msg_t *out = server_bench_out(&bench);
    if ((out != NULL) != (rows[i].body != NULL)) print_error("row %zu\n", i);
    assert_true((out != NULL) == (rows[i].body != NULL));
    if (out) {
      check_int(out->code, TG_COAP_PUT);
      assert_string_equal(out->path, "/1/2/23");
      assert_non_null(strstr(out->body, rows[i].body));
    }
    server_bench_close(&bench);
  }
}

static void a_device_without_the_resource_is_served_all_the_same(void **state) {
  (void)state;
  open_with(TG_SERVER_SENDS_ALLOW, "ep=a&lwm2m=1.1", links);
  far_msg_t asked = *server_bench_out(&bench);
  server_bench_answer(&bench, 'a', &asked, (far_msg_t){.code = TG_COAP_404, .format = -1, .observe = -1});
  server_bench_pass(&bench, 1000);
  assert_null(server_bench_out(&bench)); /* it is not asked again */
  check_true(tg_twin_find_ep(bench.twin, tg_slice_str("a"))->online);
  server_bench_close(&bench);
}

static void one_that_registers_again_is_told_again_but_once(void **state) {
  (void)state;
  open_with(TG_SERVER_SENDS_ALLOW, "ep=a&lwm2m=1.1", links);
  for (char peer = 'a'; peer < 'e'; peer++) /* before it has answered */
    check_int(server_bench_register(&bench, peer, "ep=a&lwm2m=1.1", links), TG_COAP_201);
  check_true(tg_twin_find_ep(bench.twin, tg_slice_str("a"))->queued <= 1);
  server_bench_pass(&bench, 2);
  far_msg_t asked = *server_bench_out(&bench);
  assert_string_equal(asked.path, "/1/2/23");
  server_bench_answer(&bench, 'd', &asked, (far_msg_t){.code = TG_COAP_204, .format = -1, .observe = -1});
  server_bench_pass(&bench, 2);
  const far_msg_t *more = server_bench_out(&bench);
  if (more) { /* the one that was on its way when it registered again */
    asked = *more;
    server_bench_answer(&bench, 'd', &asked, (far_msg_t){.code = TG_COAP_204, .format = -1, .observe = -1});
    server_bench_pass(&bench, 2);
  }
  assert_null(server_bench_out(&bench));
  server_bench_close(&bench);
}

CHECK_SUITE(a_device_is_told_what_the_configuration_says, a_device_without_the_resource_is_served_all_the_same,
            one_that_registers_again_is_told_again_but_once)
