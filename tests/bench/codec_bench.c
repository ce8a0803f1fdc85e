/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nanoseconds per decode and encode of typical messages: `codec_bench [--json]`. Each figure is the best of several runs of a tenth
 * of a second, so that what else the machine does is not counted. Part of tools/bench (`codec_ns`).
 */

#include <stdio.h>
#include <stdlib.h>

#include <cbor.h>

#include "core/base/clock.h"
#include "core/codec/codec.h"
#include "core/codec/link_dec.h"

enum { RUNS = 5, CHECK_EVERY = 256, RECORDS = 16 };
#define RUN_NS UINT64_C(100000000)

static const uint8_t update[] = {0x42, 0x02, 0x12, 0x34, 0x4a, 0x01, 0xb2, 'r', 'd', 0x04,
                                 '5',  'a',  '3',  'f',  0x45, 'l',  't',  '=', '6', '0'};
static const uint8_t notify[] = {0x54, 0x45, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef,
                                 0x62, 0x01, 0x02, 0x61, 0x70, 0xff, 0x81};
static const char links[] =
    "</>;rt=\"oma.lwm2m\";ct=\"110 112\",</1/0>,</3/0>,</4/0>,</5/0>,</3303>;ver=1.1,</3303/0>,</3303/1>,</3304/0>";

/* One thing to be measured: what it works on, and what it writes. */
typedef struct job {
  const char *name;
  void (*run)(const struct job *job);
  int format;
  tg_slice_t payload;
} job_t;

static tg_record_t records[RECORDS];
static size_t record_count;
static tg_model_t model;
static uint8_t scratch_memory[2048], out_memory[2048];

static void require(bool condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "codec_bench: %s\n", what);
  exit(1);
}

static void run_coap_decode(const job_t *job) {
  static tg_coap_msg_t msg;
  require(tg_coap_msg_decode(&msg, job->payload) == TG_OK, job->name);
}

static void run_coap_encode(const job_t *job) {
  tg_buf_t out;
  tg_coap_enc_t enc;
  tg_buf_init(&out, out_memory, sizeof out_memory);
  tg_coap_enc_begin(&enc, &out, &(tg_coap_head_t){TG_COAP_ACK, TG_COAP_204, 0x1234, tg_slice("ab", 2)});
  tg_coap_enc_opt(&enc, TG_OPT_LOCATION_PATH, tg_slice("rd", 2));
  tg_coap_enc_opt(&enc, TG_OPT_LOCATION_PATH, tg_slice("5a3f", 4));
  require(out.rc == TG_OK, job->name);
}

static void run_links(const job_t *job) {
  tg_link_dec_t dec;
  tg_link_item_t link;
  tg_rc_t rc;
  tg_link_dec_init(&dec, job->payload);
  while ((rc = tg_link_dec_next(&dec, &link)) == TG_OK) {
    tg_slice_t name, value;
    while (tg_link_dec_attr(&dec, &link, &name, &value) == TG_OK) {
    }
  }
  require(rc == TG_END, job->name);
}

static void run_decode(const job_t *job) {
  tg_buf_t scratch;
  tg_record_t record;
  tg_codec_dec_t dec;
  tg_buf_init(&scratch, scratch_memory, sizeof scratch_memory);
  tg_codec_input_t input = {.content_format = job->format,
                            .base = tg_path(2, 3303, 0, 0),
                            .model = &model,
                            .payload = job->payload,
                            .scratch = &scratch};
  tg_rc_t rc = tg_codec_dec_init(&dec, &input);
  while (rc == TG_OK) rc = tg_codec_dec_next(&dec, &record);
  require(rc == TG_END, job->name);
}

/* libcbor's streaming decoder alone, which tells each item to a function that does nothing: what decoding costs at least. */
static void run_stream(const job_t *job) {
  for (tg_slice_t rest = job->payload; rest.len;) {
    struct cbor_decoder_result result = cbor_stream_decode(rest.p, rest.len, &cbor_empty_callbacks, NULL);
    require(result.status == CBOR_DECODER_FINISHED, job->name);
    rest = tg_slice_from(rest, result.read);
  }
}

static void run_encode(const job_t *job) {
  tg_buf_t out;
  tg_buf_init(&out, out_memory, sizeof out_memory);
  tg_codec_output_t output = {.content_format = job->format,
                              .base = tg_path(2, 3303, 0, 0),
                              .records = records,
                              .count = record_count,
                              .model = &model};
  require(tg_codec_encode(&output, &out) == TG_OK, job->name);
}

static double measure(const job_t *job) {
  double best = 0;
  for (int run = 0; run < RUNS; run++) {
    uint64_t start = tg_clock_mono_ns(), now = start, count = 0;
    while (now - start < RUN_NS) {
      for (int i = 0; i < CHECK_EVERY; i++) job->run(job);
      count += CHECK_EVERY;
      now = tg_clock_mono_ns();
    }
    double ns = (double)(now - start) / (double)count;
    if (run == 0 || ns < best) best = ns;
  }
  return best;
}

/* A temperature instance: five floats, two strings, a time, as devices have it. */
static void make_records(void) {
  static const struct {
    uint16_t rid;
    tg_type_t type;
  } rows[] = {{5518, TG_TYPE_TIME},  {5601, TG_TYPE_FLOAT}, {5602, TG_TYPE_FLOAT},  {5603, TG_TYPE_FLOAT},
              {5604, TG_TYPE_FLOAT}, {5700, TG_TYPE_FLOAT}, {5701, TG_TYPE_STRING}, {5750, TG_TYPE_STRING}};
  tg_registry_t *registry = tg_registry_new();
  tg_objdef_t *def = tg_objdef_new(&(tg_objdef_head_t){.id = 3303, .version = TG_VERSION_1_0});
  require(registry && def, "out of memory");
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_resdef_t res = {.id = rows[i].rid, .type = (uint8_t)rows[i].type, .name = "r"};
    require(tg_objdef_add(def, &res) == TG_OK, "definition");
    tg_record_t *record = &records[record_count++];
    *record = (tg_record_t){.path = tg_path(3, 3303, 0, rows[i].rid), .value = {.type = rows[i].type}};
    if (rows[i].type == TG_TYPE_FLOAT) record->value.f = 20.5 + (double)i / 8;
    if (rows[i].type == TG_TYPE_TIME) record->value.i = 1700000000;
    if (rows[i].type == TG_TYPE_STRING) record->value.s = tg_slice("Cel", 3);
  }
  require(tg_registry_add(registry, def) == TG_OK, "registry");
  model = (tg_model_t){.registry = registry, .enabler = TG_VERSION_1_1};
}

/* The bytes of all records in @p format, in memory that lasts. */
static tg_slice_t make_payload(int format) {
  static uint8_t memory[3][512];
  static size_t used;
  tg_buf_t out;
  tg_buf_init(&out, memory[used++], sizeof memory[0]);
  tg_codec_output_t output = {.content_format = format,
                              .base = tg_path(2, 3303, 0, 0),
                              .records = records,
                              .count = record_count,
                              .model = &model};
  require(tg_codec_encode(&output, &out) == TG_OK, "payload");
  return tg_buf_slice(&out);
}

int main(int argc, char **argv) {
  bool is_json = argc > 1 && strcmp(argv[1], "--json") == 0;
  make_records();
  tg_slice_t tlv = make_payload(TG_CF_TLV), json = make_payload(TG_CF_SENML_JSON),
             cbor = make_payload(TG_CF_SENML_CBOR);
  const job_t jobs[] = {
      {"coap_update_decode", run_coap_decode, 0, tg_slice(update, sizeof update)},
      {"coap_notify_decode", run_coap_decode, 0, tg_slice(notify, sizeof notify)},
      {"coap_reply_encode", run_coap_encode, 0, {NULL, 0}},
      {"link_9_decode", run_links, 0, tg_slice(links, sizeof links - 1)},
      {"tlv_8_decode", run_decode, TG_CF_TLV, tlv},
      {"tlv_8_encode", run_encode, TG_CF_TLV, {NULL, 0}},
      {"senml_json_8_decode", run_decode, TG_CF_SENML_JSON, json},
      {"senml_json_8_encode", run_encode, TG_CF_SENML_JSON, {NULL, 0}},
      {"senml_cbor_8_decode", run_decode, TG_CF_SENML_CBOR, cbor},
      {"libcbor_8_stream", run_stream, TG_CF_SENML_CBOR, cbor}, /* the bytes of senml_cbor_8_decode */
      {"senml_cbor_8_encode", run_encode, TG_CF_SENML_CBOR, {NULL, 0}},
  };
  if (is_json) printf("{");
  for (size_t i = 0; i < TG_COUNT(jobs); i++) {
    double ns = measure(jobs + i);
    if (is_json) printf("%s\"%s\":%.1f", i ? "," : "", jobs[i].name, ns);
    else printf("%-22s %8.1f ns\n", jobs[i].name, ns);
  }
  if (is_json) printf("}\n");
  return 0;
}
