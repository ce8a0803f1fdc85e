/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/host/config_test.c: from files to the C structure, and what is said of bad ones. */

#include "bindings/host/config.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/server/quirk.h"
#include "tests/unit/check.h"

typedef struct folder {
  char path[64];
  char file[96];
} folder_t;

static void write_file(const folder_t *folder, const char *name, const char *content) {
  char path[160];
  (void)snprintf(path, sizeof path, "%s/%s", folder->path, name);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  check_int(fwrite(content, 1, strlen(content), f), strlen(content));
  check_int(fclose(f), 0);
}

static void make_folder(folder_t *folder, const char *content) {
  (void)snprintf(folder->path, sizeof folder->path, "/tmp/tg-config-XXXXXX");
  assert_non_null(mkdtemp(folder->path));
  (void)snprintf(folder->file, sizeof folder->file, "%s/xml", folder->path);
  check_int(mkdir(folder->file, 0700), 0); /* a folder of object definitions has to be there */
  (void)snprintf(folder->file, sizeof folder->file, "%s/main.lua", folder->path);
  write_file(folder, "main.lua", content);
}

static void remove_file(const folder_t *folder, const char *name) {
  char path[160];
  (void)snprintf(path, sizeof path, "%s/%s", folder->path, name);
  (void)unlink(path);
}

static void remove_folder(const folder_t *folder) {
  remove_file(folder, "main.lua");
  remove_file(folder, "secret");
  remove_file(folder, "part.lua");
  char path[160];
  (void)snprintf(path, sizeof path, "%s/xml", folder->path);
  (void)rmdir(path);
  (void)rmdir(folder->path);
}

/* Loads and expects success. */
static tg_config_t *load(const folder_t *folder) {
  tg_buf_t errors;
  tg_config_t *config = NULL;
  tg_buf_init_growing(&errors, 65536);
  tg_rc_t rc = tg_config_load(folder->file, &errors, &config);
  if (rc != TG_OK) print_error("%.*s", (int)errors.len, (const char *)errors.p);
  tg_buf_fini(&errors);
  check_rc(rc, TG_OK);
  return config;
}

static void gives_every_part_what_it_wants(void **state) {
  (void)state;
  folder_t folder;
  make_folder(
      &folder,
      "return { name = 'gw/1', links = { { kind = 'udp', host = '127.0.0.1', port = 0, ack_timeout = 0.05, max_retransmit = 0 }, "
      "{ kind = 'udp', host = '127.0.0.1', port = 0 } },\n"
      "server = { observe = { { path = '/3/0/9', pmin = 10, gt = 21.5 } }, rebind = 'never', awake = '5s', learn_awake = false },\n"
      "mqtt = { { uri = 'mqtt://h', reconnect_max = '1m' } }, control = { mode = '0600' },\n"
      "scripts = { { file = 'rules/my.lua', options = { port = 502 } } }, objects = { 'xml' } }");
  tg_config_t *config = load(&folder);
  check_int(config->gateway.link_count, 2);
  assert_string_equal(config->gateway.links[0].udp.host, "127.0.0.1");
  assert_string_equal(config->gateway.links[0].udp.name, "udp0");
  check_int(config->gateway.links[0].ack_timeout_ms, 50);
  check_int(config->gateway.links[0].max_retransmit, 0);
  check_int(config->gateway.links[1].ack_timeout_ms, 0);
  check_int(config->gateway.links[1].max_retransmit, -1);
  assert_string_equal(config->gateway.observe[0].query, "pmin=10&gt=21.5");
  check_int(config->gateway.awake_ms, 5000);
  check_true(config->gateway.fixed_windows);
  check_int(config->gateway.rebind, TG_COAP_REBIND_NEVER);
  check_int(config->gateway.brokers[0].reconnect_max_ms, 60000);
  assert_string_equal(config->gateway.brokers[0].will.topic, "tidegate/gw/gw%2F1/state");
  check_int(config->control_mode, 0600);
  check_int(config->script_count, 2); /* the dialect comes first */
  assert_string_equal(config->scripts[0].file, "dialects/tidegate.lua");
  check_slice(config->scripts[1].options, "{[\"port\"]=502}");
  check_true(strncmp(config->objects[0], folder.path, strlen(folder.path)) == 0);
  tg_config_free(config);
  remove_folder(&folder);
}

static void firmware_works_without_a_word_and_as_it_is_told(void **state) {
  (void)state;
  folder_t folder;
  char path[300];
  make_folder(&folder, "return { data_dir = 'data' }");
  tg_config_t *config = load(&folder);
  const tg_firmware_config_t *firmware = &config->gateway.firmware;
  snprintf(path, sizeof path, "%s/data/firmware", folder.path);
  assert_string_equal(firmware->folder, path);
  assert_null(firmware->coap_base);
  assert_null(firmware->http_host);
  assert_null(firmware->move_from);
  check_int(firmware->image_max, 64 << 20);
  check_int(firmware->parallel, 64);
  tg_config_free(config);
  remove_folder(&folder);

  make_folder(&folder, "return { links = { { kind = 'udp', name = 'slow' } }, firmware = { folder = '/img',\n"
                       "coap = 'coap://192.0.2.1:5683', http = { listen = '[::1]:8080', url = 'http://gw.example' },\n"
                       "image_max = '1MB', parallel = 7, move = { from = 'slow', back = '', above = '8kB' } } }");
  config = load(&folder);
  firmware = &config->gateway.firmware;
  assert_string_equal(firmware->folder, "/img");
  assert_string_equal(firmware->coap_base, "coap://192.0.2.1:5683");
  assert_string_equal(firmware->http_host, "::1");
  check_int(firmware->http_port, 8080);
  assert_string_equal(firmware->http_base, "http://gw.example");
  check_int(firmware->image_max, 1 << 20);
  check_int(firmware->parallel, 7);
  assert_string_equal(firmware->move_from, "slow");
  assert_string_equal(firmware->move_to, "U");
  assert_null(firmware->move_back);
  check_int(firmware->move_above, 8192);
  tg_config_free(config);
  remove_folder(&folder);
}

static void policies_and_profiles_say_whom_they_mean(void **state) {
  (void)state;
  folder_t folder;
  make_folder(
      &folder,
      "return { server = { drop_early = true, observe = { '/3303',\n"
      " { path = '/3/0/9', pmin = '1m', st = 0.00001, gt = 1e13, lt = -2.5, ep = 'a*', manufacturer = 'ACME',\n"
      "   model = 'M?', firmware = '1.*', link = 'nb', tag = 'plant' } } },\n"
      "policy = { on_error = 'refuse' },\n"
      "quirks = { { model = 'M1', unsigned_tlv = true, no_accept = true, block = 100 },\n"
      "  { ep = 'x', text_only = true, no_composite = true, no_attributes = true, content_format = 'tlv' } } }");
  tg_config_t *config = load(&folder);
  const tg_server_observe_t *observe = config->gateway.observe;
  assert_null(observe[0].select.ep);
  assert_null(observe[0].select.who[TG_SERVER_WHO_MODEL]);
  assert_null(observe[0].select.tag);
  assert_string_equal(observe[1].query, "pmin=60&gt=10000000000000&lt=-2.5&st=0.00001"); /* no exponents */
  assert_string_equal(observe[1].select.ep, "a*");
  assert_string_equal(observe[1].select.who[TG_SERVER_WHO_MANUFACTURER], "ACME");
  assert_string_equal(observe[1].select.who[TG_SERVER_WHO_MODEL], "M?");
  assert_string_equal(observe[1].select.who[TG_SERVER_WHO_FIRMWARE], "1.*");
  assert_string_equal(observe[1].select.link, "nb");
  assert_string_equal(observe[1].select.tag, "plant");
  check_true(config->gateway.drops_early);
  check_int(config->gateway.send, TG_SERVER_SEND_ALLOW);
  check_true(config->policy_refuses);
  assert_true(config->gateway.quirk_count > 2); /* ours come first */
  const tg_server_quirk_t *quirks = config->gateway.quirks + config->gateway.quirk_count - 2;
  check_int(quirks[0].quirks, TG_QUIRK_UNSIGNED_TLV | TG_QUIRK_NO_ACCEPT | TG_QUIRK_SMALL_BLOCKS);
  check_int(quirks[0].block_szx, 2);
  check_int(quirks[0].content_format, TG_CF_NONE);
  assert_null(quirks[0].select.ep);
  check_int(quirks[1].quirks,
            TG_QUIRK_TEXT_ONLY | TG_QUIRK_NO_COMPOSITE | TG_QUIRK_NO_ATTRIBUTES | TG_QUIRK_OWN_FORMAT);
  check_int(quirks[1].content_format, TG_CF_TLV);
  check_int(quirks[1].block_szx, TG_SERVER_SZX_ANY);
  tg_config_free(config);
  remove_folder(&folder);
}

static void reads_secrets_and_parts_from_other_files(void **state) {
  (void)state;
  folder_t folder;
  make_folder(&folder, "return { mqtt = include('part.lua'), name = env('TG_NOT_SET', 'other') }");
  write_file(&folder, "part.lua", "return { { uri = 'mqtt://h', password = file('secret') } }");
  write_file(&folder, "secret", "  s3cret\n");
  tg_config_t *config = load(&folder);
  assert_string_equal(config->gateway.brokers[0].password, "s3cret");
  assert_string_equal(config->name, "other");
  tg_config_free(config);
  remove_folder(&folder);
}

/* One row per way to be wrong: the file, what is said behind its name. */
static void names_file_line_and_fault(void **state) {
  (void)state;
  static const struct {
    const char *content;
    const char *said;
  } rows[] = {
      {"return {\n nmae = 1 }", ":2: unknown key \"nmae\""},
      {"return {\n name = = 1 }", ":2: unexpected symbol"},
      {"\nreturn { name = env('TG_NOT_SET') }", ":2: environment variable TG_NOT_SET is not set"},
      {"return { name = file('nowhere') }", ":1: can't read "},
      {"return include('main.lua')", "deep"},
      {"\nreturn include('/dev/zero')", ":2: can't read /dev/zero: not a file"},
      {"return { name = file('.') }", ": not a file"},
      {"local t = {}\nwhile true do t[1] = 1 end", ":2: the file runs too long"},
      {"local s = ('x'):rep(1000000)\nwhile true do s = s .. s end", "memory"},
      {"return { name =\n ('a'):rep(100000):find('.-.-.-.-b') }", ":2: the file runs too long"},
      {"return { name =\n ('a'):rep(30):gsub(('a?'):rep(30) .. ('a'):rep(30), '') }", ":2: the file runs too long"},
      {"return {\n name = ('a'):rep(1e15) }", ":2: resulting string too large"},
      {"return {\n name = ('a'):rep(1e9) }", ":2: not enough memory"},
      {"local s = ''\nwhile true do s = ('x'):rep(1000000) end", ":2: the file runs too long"},
      {"local s = ('i'):rep(1000000)\nwhile true do s:packsize() end", ":2: the file runs too long"},
      {"return { name = ('x'):rep(5):find('[x') }", ":1: malformed pattern"},
      {"return { name = (''):rep(1e18) .. nil }", ":1: attempt to concatenate a nil value"},
      {"return os.getenv('HOME')", "nil value (global 'os')"},
      {"\xEF\xBB\xBFreturn {\r\n name = = 1 }", ":2: unexpected symbol"}, /* a byte order mark is nothing */
      {"return {\n name = 'a',\n name = 'b' }", ":3: name is given twice, on line 2 already"},
      {"return { store = { path = '/there/is/none/x.db' } }", ":1: store.path: can't read /there/is/none"},
      {"\x1bLua", "attempt to load a binary chunk"},
      {"error({})", "nil value (global 'error')"},
      {"return 7", "must return a table"},
      {"return { server = { observe = { '/3303', { path = '/3303/0', gt = 5 } } } }",
       "server.observe[2]: gt is for a resource that is a number"},
      {"return { server = { observe = { { path = '/3303', pmin = 60, pmax = 10 } } } }",
       "server.observe[1]: pmax must not be less than pmin"},
      {"return { server = { observe = { { path = '/3303/0/5700', lt = 5, gt = 6, st = 1 } } } }",
       "server.observe[1]: st is too large"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    folder_t folder;
    tg_buf_t errors;
    tg_config_t *config = NULL;
    make_folder(&folder, rows[i].content);
    tg_buf_init_growing(&errors, 65536);
    check_rc(tg_config_load(folder.file, &errors, &config), TG_E_CONFIG);
    const char *said = tg_buf_cstr(&errors);
    assert_non_null(said);
    check_true(strncmp(said, folder.file, strlen(folder.file)) == 0);
    if (!strstr(said, rows[i].said)) fail_msg("said: %s wanted: %s", said, rows[i].said);
    tg_buf_fini(&errors);
    remove_folder(&folder);
  }
}

/* Long comments, texts and lines cost what they are long, and no pattern's steps. */
static void a_long_file_is_no_program(void **state) {
  (void)state;
  enum { SIZE = 1 << 20 };
  char *content = calloc(1, SIZE);
  assert_non_null(content);
  size_t at = 0;
  for (int i = 0; i < 3000; i++) at += (size_t)snprintf(content + at, SIZE - at, "-- line %d of a long comment\n", i);
  at += (size_t)snprintf(content + at, SIZE - at, "--[[");
  memset(content + at, 'c', 150000);
  at += 150000;
  at += (size_t)snprintf(content + at, SIZE - at,
                         "]]\nreturn { name = 'long', scripts = { { file = 'x.lua', options = { a = [[");
  for (int i = 0; i < 10000; i++) at += (size_t)snprintf(content + at, SIZE - at, "a line of text\n");
  at += (size_t)snprintf(content + at, SIZE - at, "]], b = {");
  for (int i = 0; i < 10000; i++) at += (size_t)snprintf(content + at, SIZE - at, "%d,", i);
  (void)snprintf(content + at, SIZE - at, "} } } } }\n");
  folder_t folder;
  make_folder(&folder, content);
  free(content);
  tg_config_t *config = load(&folder);
  assert_string_equal(config->name, "long");
  tg_config_free(config);
  remove_folder(&folder);
}

CHECK_SUITE(a_long_file_is_no_program, gives_every_part_what_it_wants, firmware_works_without_a_word_and_as_it_is_told,
            policies_and_profiles_say_whom_they_mean, reads_secrets_and_parts_from_other_files,
            names_file_line_and_fault)
