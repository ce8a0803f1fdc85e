/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors bindings/host/control_firmware.c, control_campaign.c and control_fields.c: requests over a real socket, updates as the test says. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bindings/host/control.h"
#include "tests/unit/firmware/firmware_fake.h"

enum { TURNS = 400 };

/* A control socket, and a client of it. */
typedef struct bench {
  char path[64];
  tg_loop_t *loop;
  tg_event_bus_t *events;
  tg_registry_t *registry;
  tg_twin_t *twin;
  tg_campaigns_t *campaigns;
  tg_control_t *control;
  int client;
  char got[65536];
} bench_t;

static bench_t bench;

static tg_rc_t start(void *ud, const tg_device_t *device, const tg_command_t *command) {
  (void)ud;
  (void)device;
  (void)command;
  return TG_OK;
}

static void cancel(void *ud, const tg_device_t *device, tg_id_t command) {
  (void)ud;
  (void)device;
  (void)command;
}

static int dial(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", bench.path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
  return fd;
}

static void open_control(bool has_firmware) {
  tg_diag_t diag = {0};
  const tg_control_config_t config = {.path = bench.path,
                                      .mode = 0600,
                                      .gateway_name = "gw",
                                      .parts = {.loop = bench.loop,
                                                .registry = bench.registry,
                                                .events = bench.events,
                                                .twin = bench.twin,
                                                .firmware = has_firmware ? &fake : NULL,
                                                .campaigns = has_firmware ? bench.campaigns : NULL}};
  if (tg_control_open(&config, &diag, &bench.control) != TG_OK) fail_msg("%s", diag.message);
  bench.client = dial();
}

static int set_up(void **state) {
  (void)state;
  static const tg_backend_ops_t backend = {.kind = "test", .start = start, .cancel = cancel};
  bench = (bench_t){.loop = tg_loop_new(), .events = tg_event_bus_new(64, 65536), .registry = tg_registry_new()};
  snprintf(bench.path, sizeof bench.path, "/tmp/tg-control-%ld.sock", (long)getpid());
  const tg_twin_config_t twin = {
      .registry = bench.registry, .events = bench.events, .wheel = tg_loop_wheel(bench.loop), .random = tg_random_fill};
  bench.twin = tg_twin_new(&twin);
  const tg_path_t objects[] = {tg_path(2, 5, 0, 0)};
  const tg_device_info_t info = {.ep = tg_slice_str("d"),
                                 .backend = &backend,
                                 .link = "udp0",
                                 .lifetime_s = 300,
                                 .objects = objects,
                                 .object_count = 1};
  tg_id_t id;
  check_rc(tg_twin_online(bench.twin, &info, TG_EVENT_TYPE_COUNT, &id), TG_OK);
  fake = (tg_firmware_t){.has_image = true};
  check_rc(tg_campaigns_open(&fake, bench.twin, tg_loop_wheel(bench.loop), NULL, &bench.campaigns), TG_OK);
  open_control(true);
  return 0;
}

static void close_control(void) {
  tg_control_close(bench.control);
  (void)close(bench.client);
}

static int tear_down(void **state) {
  (void)state;
  close_control();
  tg_campaigns_close(bench.campaigns);
  for (size_t i = 0; i < FAKE_LISTENERS; i++) assert_null(fake.fn[i]);
  tg_twin_free(bench.twin);
  tg_event_bus_free(bench.events);
  tg_registry_free(bench.registry);
  tg_loop_free(bench.loop);
  return 0;
}

/* What has come for the client, until the last line of an answer (or @p until) is there. Lent until the next call. */
static const char *listen_until(const char *until) {
  size_t used = 0;
  bench.got[0] = '\0';
  for (int i = 0; i < TURNS && !strstr(bench.got, until); i++) {
    tg_loop_turn(bench.loop, 5);
    ssize_t n = recv(bench.client, bench.got + used, sizeof bench.got - used - 1, 0);
    if (n > 0) used += (size_t)n;
    bench.got[used] = '\0';
  }
  return bench.got;
}

static void say(const char *request) {
  assert_int_equal(send(bench.client, request, strlen(request), MSG_NOSIGNAL), strlen(request));
  assert_int_equal(send(bench.client, "\n", 1, MSG_NOSIGNAL), 1);
}

static const char *ask(const char *request) {
  say(request);
  return listen_until("\"end\":true}");
}

/* The same, with an image that is being added meanwhile. */
static const char *ask_to_add(const char *request) {
  say(request);
  for (int i = 0; i < TURNS && !fake.adding.done; i++) tg_loop_turn(bench.loop, 5);
  check_true(fake_added());
  return listen_until("\"end\":true}");
}

static void has(const char *text, const char *part) {
  if (!strstr(text, part)) fail_msg("no %s in %s", part, text);
}

/* The tests ------------------------------------------------------------------------------------------------------------ */

static void images_are_listed_added_and_removed(void **state) {
  (void)state;
  const char *got = ask("{\"op\":\"firmware_images\"}");
  has(got, "{\"name\":\"fw2\",\"version\":\"2.0\",\"size\":2048,\"sha256\":\"ab000000");
  has(got, "\"users\":1}\n{\"count\":1,\"end\":true}");
  has(ask_to_add("{\"op\":\"firmware_add\",\"file\":\"/x/y.bin\",\"name\":\"fw2\",\"version\":\"2.0\"}"),
      "{\"state\":\"done\",\"name\":\"fw2\"");
  assert_string_equal(fake.added, "fw2 2.0 /x/y.bin");
  fake.add_rc = TG_E_IO;
  has(ask_to_add("{\"op\":\"firmware_add\",\"file\":\"/x/y.bin\",\"name\":\"fw2\"}"),
      "{\"error\":\"io\",\"message\":\"the fake refuses it\",\"end\":true}");
  fake.del_rc = TG_E_STATE;
  has(ask("{\"op\":\"firmware_remove\",\"name\":\"fw2\"}"), "an update that has not ended uses it");
  fake.del_rc = TG_OK;
  has(ask("{\"op\":\"firmware_remove\",\"name\":\"fw2\"}"), "{\"state\":\"done\",\"end\":true}");
  has(ask("{\"op\":\"firmware_remove\",\"name\":\"fw9\"}"), "\"error\":\"not_found\"");
}

static void who_goes_while_an_image_is_added_is_not_told(void **state) {
  (void)state;
  say("{\"op\":\"firmware_add\",\"file\":\"/x/y.bin\",\"name\":\"fw2\"}");
  for (int i = 0; i < TURNS && !fake.adding.done; i++) tg_loop_turn(bench.loop, 5);
  (void)close(bench.client);
  for (int i = 0; i < TURNS && fake.adding.done; i++) tg_loop_turn(bench.loop, 5);
  check_false(fake_added());
  bench.client = dial();
  say("{\"op\":\"firmware_add\",\"file\":\"/x/y.bin\",\"name\":\"fw2\"}");
  for (int i = 0; i < TURNS && !fake.adding.done; i++) tg_loop_turn(bench.loop, 5);
  close_control(); /* the gateway stops */
  check_false(fake_added());
  open_control(true);
}

static void an_update_is_begun_as_it_was_asked_for(void **state) {
  (void)state;
  const char *got =
      ask("{\"id\":\"7\",\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"method\":\"push\",\"hold\":true,"
          "\"force\":true,\"severity\":0,\"defer\":60,\"expiry\":3600}");
  has(got,
      "{\"id\":\"7\",\"update\":1,\"ep\":\"d\",\"image\":\"fw2\",\"state\":\"waiting\",\"cause\":\"it begins\",\"method\":\"push\","
      "\"sent\":0,\"total\":2048,");
  check_true(fake.last.hold && fake.last.force);
  check_int(fake.last.method, TG_FW_PUSH);
  check_int(fake.last.severity, 0);
  check_true(fake.last.defer_s == 60);
  check_int(fake.last.expiry_s, 3600);
  has(ask("{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\"}"), "\"update\":2");
  check_int(fake.last.severity, -1);
  check_true(fake.last.defer_s == -1);
  got = ask("{\"op\":\"firmware_status\"}");
  has(got, "\"update\":2");
  has(got, "{\"count\":2,\"end\":true}");
  has(ask("{\"op\":\"firmware_status\",\"ep\":\"x\"}"), "{\"count\":0,\"end\":true}");
  has(ask("{\"op\":\"firmware_apply\",\"ep\":\"d\"}"),
      "its update is waiting; only one that is ready and held can be applied");
  fake_set("d", TG_FW_READY);
  has(ask("{\"op\":\"firmware_apply\",\"ep\":\"d\"}"), "{\"state\":\"done\",\"end\":true}");
  has(ask("{\"op\":\"firmware_cancel\",\"ep\":\"d\"}"), "its update is applying; it can't be cancelled any more");
  has(ask("{\"op\":\"firmware_cancel\",\"ep\":\"x\"}"), "no update of this device");
}

static void who_waits_hears_of_everything_until_the_end(void **state) {
  (void)state;
  say("{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"wait\":true}");
  has(listen_until("waiting"), "\"state\":\"waiting\"");
  fake.list[0].sent = 1024;
  fake_set("d", TG_FW_TRANSFERRING);
  const char *got = listen_until("transferring");
  has(got, "\"sent\":1024");
  assert_null(strstr(got, "\"end\""));
  fake_set("d", TG_FW_DONE);
  has(listen_until("\"end\":true"), "\"state\":\"done\"");
  fake_set("d", TG_FW_DONE);
  assert_string_equal(listen_until("never"), "");
}

static void one_that_is_held_ends_when_it_is_ready(void **state) {
  (void)state;
  say("{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"wait\":true,\"hold\":true}");
  (void)listen_until("waiting");
  fake_set("d", TG_FW_READY);
  has(listen_until("\"end\":true"), "\"state\":\"ready\"");
}

static void a_failure_says_why_in_the_last_line(void **state) {
  (void)state;
  say("{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"wait\":true}");
  (void)listen_until("waiting");
  fake.list[0].cause = "the device has no room";
  fake_set("d", TG_FW_FAILED);
  has(listen_until("\"end\":true"), "\"message\":\"the device has no room\",\"end\":true}");
}

static void an_update_that_ends_at_once_needs_no_waiting(void **state) {
  (void)state;
  fake.at_once = TG_FW_DONE;
  has(ask("{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"wait\":true}"), "\"state\":\"done\"");
}

static void who_goes_leaves_the_update_alone(void **state) {
  (void)state;
  say("{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"wait\":true}");
  (void)listen_until("waiting");
  (void)close(bench.client);
  for (int i = 0; i < 10; i++) tg_loop_turn(bench.loop, 2);
  fake_set("d", TG_FW_TRANSFERRING);
  check_int(fake.list[0].state, TG_FW_TRANSFERRING);
  bench.client = dial();
  say("{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"wait\":true}");
  (void)listen_until("waiting"); /* and the socket may go with one waiting */
}

static void what_is_wrong_is_said(void **state) {
  (void)state;
  static const struct {
    const char *request, *says;
  } rows[] = {
      {"{\"op\":\"firmware_update\",\"image\":\"fw2\"}", "ep is missing"},
      {"{\"op\":\"firmware_update\",\"ep\":\"d\"}", "image is missing"},
      {"{\"op\":\"firmware_update\",\"ep\":7,\"image\":\"fw2\"}", "ep is text"},
      {"{\"op\":\"firmware_update\",\"ep\":\"x\",\"image\":\"fw2\"}", "no device of this name"},
      {"{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"method\":\"pull\"}", "method is one of push"},
      {"{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"hold\":1}", "hold is true or false"},
      {"{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"severity\":3}",
       "severity is a whole number from 0 to 2"},
      {"{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"defer\":1.5}", "defer is a whole number"},
      {"{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\",\"expiry\":\"1\"}", "expiry is a whole number"},
      {"{\"op\":\"firmware_add\",\"file\":\"x\",\"name\":\"n\"}", "file is a whole path"},
      {"{\"op\":\"firmware_add\",\"file\":\"/x\\u0000y\",\"name\":\"n\"}", "file has a NUL in it"},
      {"{\"op\":\"firmware_add\",\"file\":\"/x\"}", "name is missing"},
      {"{\"op\":\"firmware_remove\"}", "name is missing"},
      {"{\"op\":\"firmware_status\",\"ep\":[]}", "ep is text"},
      {"{\"op\":\"campaign_start\",\"name\":\"c\"}", "image is missing"},
      {"{\"op\":\"campaign_start\",\"name\":\"c/d\",\"image\":\"fw2\"}", "a campaign's name has"},
      {"{\"op\":\"campaign_start\",\"name\":\"c\",\"image\":\"fw9\"}", "no image of this name"},
      {"{\"op\":\"campaign_start\",\"name\":\"c\",\"image\":\"fw2\",\"limits\":{\"nb\":0}}",
       "limits gives up to 8 links"},
      {"{\"op\":\"campaign_start\",\"name\":\"c\",\"image\":\"fw2\",\"limits\":[]}", "limits gives up to 8 links"},
      {"{\"op\":\"campaign_start\",\"name\":\"c\",\"image\":\"fw2\",\"limits\":{\"\":1}}",
       "limits gives up to 8 links"},
      {"{\"op\":\"campaign_start\",\"name\":\"c\",\"image\":\"fw2\",\"wave\":-1}", "wave is a whole number"},
      {"{\"op\":\"campaign_start\",\"name\":\"c\",\"image\":\"fw2\",\"stop_percent\":101}",
       "stop_percent is a whole number"},
      {"{\"op\":\"campaign_pause\"}", "name is missing"},
      {"{\"op\":\"campaign_pause\",\"name\":\"c\"}", "no campaign of this name"},
      {"{\"op\":\"campaign_show\",\"name\":\"c\"}", "no campaign of this name"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    has(ask(rows[i].request), rows[i].says);
    has(bench.got, "{\"error\":\"");
  }
  char request[512], ep[300];
  memset(ep, 'x', sizeof ep - 1);
  ep[sizeof ep - 1] = '\0';
  snprintf(request, sizeof request, "{\"op\":\"campaign_start\",\"name\":\"c\",\"image\":\"fw2\",\"ep\":\"%s\"}", ep);
  has(ask(request), "ep is too long");
  snprintf(request, sizeof request, "{\"op\":\"firmware_update\",\"ep\":\"%s\",\"image\":\"fw2\"}", ep);
  has(ask(request), "ep is longer than 255 bytes");
  check_int(fake.count, 0);
  fake.refuse = TG_E_EXISTS;
  has(ask("{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\"}"),
      "the device has an update that has not ended, number 77");
  fake.refuse = TG_E_NOT_FOUND;
  has(ask("{\"op\":\"firmware_update\",\"ep\":\"d\",\"image\":\"fw2\"}"), "no image of this name");
}

static void a_campaign_is_begun_shown_and_steered(void **state) {
  (void)state;
  const char *got = ask(
      "{\"op\":\"campaign_start\",\"name\":\"c\",\"image\":\"fw2\",\"ep\":\"m*\",\"link\":\"nb\",\"manufacturer\":\"A\","
      "\"model\":\"M\",\"from_version\":\"1.*\",\"method\":\"push\",\"severity\":2,\"defer\":5,\"wave\":10,\"growth\":50,"
      "\"parallel\":3,\"stop_failures\":4,\"stop_percent\":20,\"expiry\":600,\"limits\":{\"nb\":2,\"udp0\":9}}");
  has(got,
      "{\"name\":\"c\",\"image\":\"fw2\",\"campaign\":\"running\",\"cause\":\"it begins\",\"wave\":0,\"running\":0,");
  has(got,
      "\"ep\":\"m*\",\"link\":\"nb\",\"manufacturer\":\"A\",\"model\":\"M\",\"from_version\":\"1.*\",\"wave_first\":10,\"growth\":50,"
      "\"parallel\":3,\"stop_failures\":4,\"stop_percent\":20,\"expiry\":600,\"method\":\"push\",\"severity\":2,\"defer\":5,"
      "\"limits\":{\"nb\":2,\"udp0\":9},\"end\":true}");
  has(ask("{\"op\":\"campaign_show\",\"name\":\"c\"}"), "\"campaign\":\"done\"");
  has(bench.got, "no device that is known is one it is for");
  has(ask("{\"op\":\"campaign_pause\",\"name\":\"c\"}"), "the campaign is done and can't be paused");
  has(ask("{\"op\":\"campaign_start\",\"name\":\"c\",\"image\":\"fw2\"}"), "\"error\":\"exists\"");
  has(ask("{\"op\":\"campaign_start\",\"name\":\"e\",\"image\":\"fw2\"}"), "\"campaign\":\"running\"");
  has(ask("{\"op\":\"campaign_pause\",\"name\":\"e\"}"), "\"campaign\":\"paused\"");
  has(ask("{\"op\":\"campaign_resume\",\"name\":\"e\"}"), "\"campaign\":\"running\"");
  has(ask("{\"op\":\"campaign_cancel\",\"name\":\"e\"}"), "\"campaign\":\"cancelled\"");
  got = ask("{\"op\":\"campaigns\"}");
  check_true(strstr(got, "\"name\":\"e\"") < strstr(got, "\"name\":\"c\""));
  has(got, "{\"count\":2,\"end\":true}");
}

static void a_gateway_without_updates_says_so(void **state) {
  (void)state;
  static const char *const ops[] = {"firmware_images", "firmware_add",    "firmware_remove", "firmware_update",
                                    "firmware_status", "firmware_apply",  "firmware_cancel", "campaign_start",
                                    "campaign_pause",  "campaign_resume", "campaign_cancel", "campaign_show",
                                    "campaigns"};
  close_control();
  open_control(false);
  for (size_t i = 0; i < TG_COUNT(ops); i++) {
    char request[64];
    snprintf(request, sizeof request, "{\"op\":\"%s\"}", ops[i]);
    has(ask(request), "{\"error\":\"unsupported\",\"message\":\"this gateway does no firmware updates\",\"end\":true}");
  }
}

#define CONTROL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CONTROL(images_are_listed_added_and_removed),
      CONTROL(who_goes_while_an_image_is_added_is_not_told),
      CONTROL(an_update_is_begun_as_it_was_asked_for),
      CONTROL(who_waits_hears_of_everything_until_the_end),
      CONTROL(one_that_is_held_ends_when_it_is_ready),
      CONTROL(a_failure_says_why_in_the_last_line),
      CONTROL(an_update_that_ends_at_once_needs_no_waiting),
      CONTROL(who_goes_leaves_the_update_alone),
      CONTROL(what_is_wrong_is_said),
      CONTROL(a_campaign_is_begun_shown_and_steered),
      CONTROL(a_gateway_without_updates_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
