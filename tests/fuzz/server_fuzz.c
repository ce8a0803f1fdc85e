/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole LwM2M server: devices that register, update, send, notify, answer and go, commands to them, and time. Input: steps of one byte
 * kind and what the kind needs. Payloads of every format come in by answers, notifications and Send.
 *
 * Whatever comes: every command that was taken ends once, and no timer is left at the end.
 */

#include "tests/fuzz/server_bench.h"

enum { STEPS_MAX = 40, MESSAGE_MAX = 1200 };

static const tg_server_observe_t observe[] = {{.path = {{3}, 1}, .query = "pmin=10"},
                                              {.path = {{3, 0, 1}, 3}, .query = ""}};

/* What is served under paths of its own. */
static tg_rc_t find_file(void *ud, tg_slice_t path, uint64_t asked, tg_slice_t *body, tg_slice_t *etag) {
  static const uint8_t image[3000] = {1, 2, 3};
  (void)ud, (void)asked;
  if (!tg_slice_is(path, "fw/x") && !tg_slice_is(path, "/fw/x")) return TG_E_NOT_FOUND;
  *body = tg_slice(image, sizeof image);
  *etag = tg_slice(image, 3);
  return TG_OK;
}

static const int formats[] = {TG_CF_NONE,
                              TG_CF_TEXT,
                              TG_CF_LINK,
                              TG_CF_OPAQUE,
                              TG_CF_CBOR,
                              TG_CF_SENML_JSON,
                              TG_CF_SENML_CBOR,
                              TG_CF_ETCH_JSON,
                              TG_CF_ETCH_CBOR,
                              TG_CF_TLV,
                              TG_CF_JSON,
                              TG_CF_LWM2M_CBOR,
                              1542,
                              65000};

/* A message being written for the server. */
typedef struct message {
  uint8_t memory[MESSAGE_MAX];
  tg_buf_t out;
  tg_coap_enc_t enc;
} message_t;

static void begin(message_t *message, const tg_coap_head_t *head) {
  tg_buf_init(&message->out, message->memory, sizeof message->memory);
  tg_coap_enc_begin(&message->enc, &message->out, head);
}

static void put_parts(message_t *message, uint16_t number, tg_slice_t text, uint8_t separator) {
  while (text.len) {
    tg_slice_t part = tg_slice_take(&text, separator);
    if (part.len) tg_coap_enc_opt(&message->enc, number, part);
  }
}

/* Gives it to the server as an exact piece of memory. */
static void deliver(server_bench_t *bench, uint8_t peer, tg_slice_t datagram) {
  tg_addr_t addr = {.len = 1, .b = {(uint8_t)('A' + peer % 4)}};
  uint8_t *exact = malloc(datagram.len + 1);
  fuzz_require(exact != NULL);
  if (datagram.len) memcpy(exact, datagram.p, datagram.len);
  bench->link.events->rx(bench->link.events_ud, &bench->link, &addr, tg_slice(exact, datagram.len));
  free(exact);
  server_bench_turn(bench);
}

static uint16_t next_mid(void) {
  static uint16_t mid;
  return ++mid;
}

/* Methods by what they go to: a registration, Send, bootstrap, what is well known, or what the input says. */
static void ask(server_bench_t *bench, tg_slice_t *in) {
  static const char *const paths[] = {"rd", NULL, "dp", "bs", ".well-known/core", ""};
  message_t message;
  uint8_t how = fuzz_byte(in), format = fuzz_byte(in);
  const char *path = paths[how % TG_COUNT(paths)] ? paths[how % TG_COUNT(paths)] : bench->location;
  begin(&message,
        &(tg_coap_head_t){
            .type = how >> 7, .code = (uint8_t)(1 + (format >> 4) % 7), .mid = next_mid(), .token = tg_slice("t", 1)});
  put_parts(&message, TG_OPT_URI_PATH, *path ? tg_slice_str(path) : fuzz_part(in), '/');
  int number = formats[(format & 15) % TG_COUNT(formats)];
  if (number >= 0) tg_coap_enc_uint(&message.enc, TG_OPT_CONTENT_FORMAT, (uint32_t)number);
  put_parts(&message, TG_OPT_URI_QUERY, fuzz_part(in), '&');
  tg_coap_enc_payload(&message.enc, fuzz_part(in));
  if (message.out.rc == TG_OK) deliver(bench, how / 8, tg_buf_slice(&message.out));
}

/* A Register that is likely to be taken. */
static void register_device(server_bench_t *bench, tg_slice_t *in) {
  static const char *const queries[] = {"ep=a&lt=60&lwm2m=1.1&b=U", "ep=b&lt=3600&lwm2m=1.2&b=U&Q",
                                        "ep=c&lt=86400&lwm2m=1.0&b=UQ", "ep=a"};
  static const char *const lists[] = {"</3/0>,</1/0>", "</lwm2m>;rt=\"oma.lwm2m\";ct=\"110 112\",</lwm2m/3/0>;ver=1.2",
                                      "</>;rt=\"oma.lwm2m\";ct=11543,</3>,</9/0>", "</3/0>"};
  message_t message;
  uint8_t how = fuzz_byte(in);
  begin(&message, &(tg_coap_head_t){.code = 2, .mid = next_mid(), .token = tg_slice("r", 1)});
  tg_coap_enc_opt(&message.enc, TG_OPT_URI_PATH, tg_slice_str("rd"));
  tg_coap_enc_uint(&message.enc, TG_OPT_CONTENT_FORMAT, TG_CF_LINK);
  put_parts(&message, TG_OPT_URI_QUERY, tg_slice_str(queries[how & 3]), '&');
  tg_coap_enc_payload(&message.enc, tg_slice_str(lists[(how >> 2) & 3]));
  deliver(bench, how >> 4, tg_buf_slice(&message.out));
}

/* The answer to one of the server's requests, or a notification under its token. */
static void answer(server_bench_t *bench, tg_slice_t *in) {
  static const uint8_t codes[] = {0x45, 0x45, 0x44, 0x41, 0x42, 0x84, 0x85, 0x80, 0x8F, 0xA3, 0x5F, 0x86};
  message_t message;
  uint8_t how = fuzz_byte(in), format = fuzz_byte(in);
  size_t kept = bench->asked_count < SERVER_BENCH_ASKED ? bench->asked_count : SERVER_BENCH_ASKED;
  if (!kept) return;
  const server_bench_asked_t asked = bench->asked[(bench->asked_count - 1 - (how & 3) % kept) % SERVER_BENCH_ASKED];
  bool is_own = (how & 4) != 0; /* a message of its own, not the acknowledgement */
  begin(&message, &(tg_coap_head_t){.type = is_own ? 1 : 2,
                                    .code = codes[(how >> 4) % TG_COUNT(codes)],
                                    .mid = is_own ? next_mid() : asked.mid,
                                    .token = tg_slice(asked.token, asked.token_len)});
  if (how & 8) tg_coap_enc_uint(&message.enc, TG_OPT_OBSERVE, format >> 4);
  int number = formats[(format & 15) % TG_COUNT(formats)];
  if (number >= 0) tg_coap_enc_uint(&message.enc, TG_OPT_CONTENT_FORMAT, (uint32_t)number);
  tg_coap_enc_payload(&message.enc, fuzz_part(in));
  if (message.out.rc == TG_OK)
    deliver(bench, (uint8_t)(asked.peer - 'A' + (format & 128 ? 1 : 0)), tg_buf_slice(&message.out));
}

static void on_done(void *ud, const tg_command_t *command, const tg_command_result_t *result) {
  server_bench_t *bench = ud;
  (void)command;
  bench->done++;
  fuzz_touch(result->text);
  for (size_t i = 0; i < result->record_count; i++) {
    const tg_value_t *value = &result->records[i].value;
    if (value->type == TG_TYPE_STRING || value->type == TG_TYPE_OPAQUE || value->type == TG_TYPE_CORELNK)
      fuzz_touch(value->s);
  }
}

static bool find_any(void *ud, const tg_device_t *device) {
  *(tg_id_t *)ud = device->id;
  return !device->online;
}

static void command(server_bench_t *bench, tg_slice_t *in) {
  static const tg_path_t paths[] = {{{3, 0, 1}, 3},     {{3, 0}, 2},    {{3}, 1}, {{3, 0, 11}, 3},
                                    {{3, 0, 11, 0}, 4}, {{3, 0, 9}, 3}, {{0}, 0}, {{9, 0, 0}, 3}};
  uint8_t how = fuzz_byte(in), what = fuzz_byte(in);
  tg_id_t device = TG_ID_NONE, id;
  tg_twin_each(bench->twin, find_any, &device);
  tg_path_t path = paths[what & 7];
  tg_record_t records[] = {{.path = path, .value = {.type = TG_TYPE_INTEGER, .i = what}},
                           {.path = {{3, 0, 5}, 3}, .value = {.type = TG_TYPE_OPAQUE}}};
  tg_slice_t text = fuzz_part(in);
  if (what & 8) records[0].value = (tg_value_t){.type = TG_TYPE_STRING, .s = text};
  if (what & 16) records[0].value.type = TG_TYPE_NONE;
  if (what & 64 && path.len < 3) records[0].path = paths[0];
  const tg_command_t asked = {.device = device,
                              .op = (tg_op_t)(how % TG_OP_COUNT),
                              .path = path,
                              .records = records,
                              .record_count = what & 32 ? 2 : 1,
                              .text = text,
                              .content_format = how & 128 ? formats[text.len % TG_COUNT(formats)] : TG_CF_NONE,
                              .durable = (how & 64) != 0,
                              .timeout_s = 100};
  if (tg_twin_submit(bench->twin, &asked, on_done, bench, &id) == TG_OK) bench->submitted++;
  server_bench_turn(bench);
}

static void pass(server_bench_t *bench, uint64_t ms) {
  for (int i = 0; i < 4; i++) {
    server_bench_now_ms += ms / 4 + 1;
    tg_wheel_advance(bench->wheel, server_bench_now_ms);
    server_bench_turn(bench);
  }
}

static void step(server_bench_t *bench, tg_slice_t *in) {
  uint8_t kind = fuzz_byte(in);
  uint64_t some = kind >> 3;
  tg_addr_t addr = {.len = 1, .b = {(uint8_t)('A' + (some & 3))}};
  switch (kind & 7) {
  case 0: deliver(bench, kind >> 3, fuzz_part(in)); break;
  case 1: ask(bench, in); break;
  case 2: register_device(bench, in); break;
  case 3:
  case 4: answer(bench, in); break;
  case 5: command(bench, in); break;
  case 6: pass(bench, some * some * some * 20); break;
  default:
    bench->link.events->reach(bench->link.events_ud, &bench->link, &addr, (tg_link_reach_t)((some >> 2) % 4), 0);
    server_bench_turn(bench);
    break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static server_bench_t bench;
  tg_slice_t in = tg_slice(data, size);
  if (!bench.store.last.max) {
    tg_log_setup(TG_LOG_ERROR, NULL, NULL);
    tg_buf_init_growing(&bench.store.last, 1 << 20);
  }
  uint8_t how = fuzz_byte(&in);
  server_bench_open(&bench, (tg_server_config_t){.observe = observe,
                                                 .observe_count = how & 1 ? TG_COUNT(observe) : 0,
                                                 .file = find_file,
                                                 .send = (tg_server_send_t)((how >> 1) % 3),
                                                 .drops_early = (how & 8) != 0,
                                                 .seen_by_reports = (how & 16) != 0,
                                                 .rebind = how & 32 ? TG_COAP_REBIND_SAME_HOST : TG_COAP_REBIND_NEVER});
  for (int i = 0; i < STEPS_MAX && in.len; i++) step(&bench, &in);
  server_bench_close(&bench);
  fuzz_require(bench.submitted == bench.done);
  return 0;
}
