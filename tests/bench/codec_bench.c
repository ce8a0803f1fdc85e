/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nanoseconds per decode and encode of typical messages. Part of tools/bench (`codec_ns`).
 *   codec_bench [--json]           each figure is the best of several runs of a tenth of a second, so that what else the machine does is not counted
 *   codec_bench --pairs ROUNDS     the decoders of SenML CBOR and TLV over libcbor's streaming decoder, in turn: the median of so many ratios
 *   codec_bench --times N NAME     runs one of them so many times, for a profiler; prints nothing
 */

#include <stdio.h>
#include <stdlib.h>

#include <cbor.h>

#include "core/base/clock.h"
#include "core/codec/codec.h"
#include "core/codec/link_dec.h"

enum { RUNS = 5, CHECK_EVERY = 256, RECORDS = 16, JOBS = 11, ROUNDS_MAX = 1000 };
#define RUN_NS  UINT64_C(100000000)
#define PAIR_NS UINT64_C(10000000)

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

/* Nanoseconds of one call, over a run that takes @p run_ns or a little longer. */
static double measure(const job_t *job, uint64_t run_ns) {
  uint64_t start = tg_clock_mono_ns(), now = start, count = 0;
  while (now - start < run_ns) {
    for (int i = 0; i < CHECK_EVERY; i++) job->run(job);
    count += CHECK_EVERY;
    now = tg_clock_mono_ns();
  }
  return (double)(now - start) / (double)count;
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

static job_t jobs[JOBS];
static size_t job_count;

static void add_job(const char *name, void (*run)(const job_t *job), int format, tg_slice_t payload) {
  require(job_count < JOBS, "too many jobs");
  jobs[job_count++] = (job_t){name, run, format, payload};
}

static void make_jobs(void) {
  tg_slice_t tlv = make_payload(TG_CF_TLV), json = make_payload(TG_CF_SENML_JSON),
             cbor = make_payload(TG_CF_SENML_CBOR), none = {NULL, 0};
  add_job("coap_update_decode", run_coap_decode, 0, tg_slice(update, sizeof update));
  add_job("coap_notify_decode", run_coap_decode, 0, tg_slice(notify, sizeof notify));
  add_job("coap_reply_encode", run_coap_encode, 0, none);
  add_job("link_9_decode", run_links, 0, tg_slice(links, sizeof links - 1));
  add_job("tlv_8_decode", run_decode, TG_CF_TLV, tlv);
  add_job("tlv_8_encode", run_encode, TG_CF_TLV, none);
  add_job("senml_json_8_decode", run_decode, TG_CF_SENML_JSON, json);
  add_job("senml_json_8_encode", run_encode, TG_CF_SENML_JSON, none);
  add_job("senml_cbor_8_decode", run_decode, TG_CF_SENML_CBOR, cbor);
  add_job("libcbor_8_stream", run_stream, TG_CF_SENML_CBOR, cbor); /* the bytes of senml_cbor_8_decode */
  add_job("senml_cbor_8_encode", run_encode, TG_CF_SENML_CBOR, none);
}

static const job_t *job_of(const char *name) {
  for (size_t i = 0; i < job_count; i++) {
    if (strcmp(jobs[i].name, name) == 0) return jobs + i;
  }
  require(false, "no such name");
  return NULL;
}

/* In rounds, so that a slow second of the machine is not one figure's alone. */
static void measure_all(bool is_json) {
  double best[JOBS] = {0};
  for (int run = 0; run < RUNS; run++) {
    for (size_t i = 0; i < job_count; i++) {
      double ns = measure(jobs + i, RUN_NS);
      if (run == 0 || ns < best[i]) best[i] = ns;
    }
  }
  if (is_json) printf("{");
  for (size_t i = 0; i < job_count; i++) {
    if (is_json) printf("%s\"%s\":%.1f", i ? "," : "", jobs[i].name, best[i]);
    else printf("%-22s %8.1f ns\n", jobs[i].name, best[i]);
  }
  if (is_json) printf("}\n");
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double median(double *ratios, size_t count) {
  qsort(ratios, count, sizeof *ratios, by_size);
  return ratios[count / 2];
}

/* The three of a round are measured within a thirtieth of a second: what disturbs one mostly disturbs all. */
static void measure_pairs(size_t rounds) {
  static double cbor[ROUNDS_MAX], tlv[ROUNDS_MAX];
  require(rounds >= 1 && rounds <= ROUNDS_MAX, "1 to 1000 rounds");
  for (size_t i = 0; i < rounds; i++) {
    double stream = measure(job_of("libcbor_8_stream"), PAIR_NS);
    cbor[i] = measure(job_of("senml_cbor_8_decode"), PAIR_NS) / stream;
    tlv[i] = measure(job_of("tlv_8_decode"), PAIR_NS) / stream;
  }
  printf("{\"senml_cbor\":%.2f,\"tlv\":%.2f}\n", median(cbor, rounds), median(tlv, rounds));
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  make_records();
  make_jobs();
  if (strcmp(mode, "--pairs") == 0 && argc == 3) {
    measure_pairs(strtoul(argv[2], NULL, 10));
  } else if (strcmp(mode, "--times") == 0 && argc == 4) {
    const job_t *job = job_of(argv[3]);
    for (unsigned long left = strtoul(argv[2], NULL, 10); left; left--) job->run(job);
  } else {
    require(argc == 1 || (argc == 2 && strcmp(mode, "--json") == 0),
            "usage: codec_bench [--json | --pairs ROUNDS | --times N NAME]");
    measure_all(argc == 2);
  }
  return 0;
}
