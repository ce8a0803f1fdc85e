/* SPDX-License-Identifier: Apache-2.0 */
/* The server's requests; see dev_serve.h. */

#include "tests/fake/device/dev_serve.h"

#include <math.h>

#include "core/base/clock.h"
#include "core/base/num.h"
#include "core/codec/link_enc.h"
#include "tests/fake/device/dev_fw.h"
#include "tests/fake/device/dev_life.h"
#include "tests/fake/device/dev_model.h"
#include "tests/fake/device/dev_net.h"
#include "tests/fake/device/dev_observe.h"
#include "tests/fake/device/dev_push.h"

typedef struct answer {
  uint8_t code;
  int format;     /* TG_CF_NONE without payload */
  bool observe;   /* the Observe option is given */
  int64_t block1; /* value of the Block1 option, -1 without */
  tg_buf_t payload;
  uint8_t memory[1100];
} answer_t;

typedef struct asked {
  const tg_coap_msg_t *msg;
  tg_path_t path;
  char text[TG_PATH_TEXT_MAX];
} asked_t;

enum { RESTART_MS = 100 };

static const tg_path_t package_path = {{5, 0, 0, 0}, 3}, uri_path = {{5, 0, 1, 0}, 3},
                       preferred_path = {{1, 0, 22, 0}, 3};

static int number_of(const tg_coap_msg_t *msg, uint16_t option) {
  const tg_coap_opt_t *opt = tg_coap_msg_find(msg, option);
  uint32_t value = 0;
  return opt && tg_coap_msg_uint(opt, &value) == TG_OK ? (int)value : -1;
}

static bool is_composite(const tg_coap_msg_t *msg) {
  return msg->code == TG_COAP_FETCH || msg->code == TG_COAP_IPATCH;
}

/* Uri-Path as an LwM2M path; an unknown critical option is TG_E_OPTION (RFC 7252 §5.4.1). */
static tg_rc_t read_options(const tg_dev_t *dev, asked_t *asked) {
  static const uint16_t known[] = {TG_OPT_URI_HOST, TG_OPT_URI_PORT, TG_OPT_URI_PATH, TG_OPT_URI_QUERY,
                                   TG_OPT_ACCEPT,   TG_OPT_BLOCK2,   TG_OPT_BLOCK1};
  for (size_t i = 0; i < asked->msg->option_count; i++) {
    const tg_coap_opt_t *opt = asked->msg->options + i;
    bool is_known = !(opt->number & 1);
    for (size_t k = 0; k < TG_COUNT(known); k++) is_known = is_known || known[k] == opt->number;
    if (!is_known) return TG_E_OPTION;
    if (opt->number != TG_OPT_URI_PATH) continue;
    uint64_t id;
    if (asked->path.len >= 4 || tg_num_parse_strict(tg_coap_msg_value(opt), 65534, &id) != TG_OK) return TG_E_NOT_FOUND;
    asked->path.id[asked->path.len++] = (uint16_t)id;
  }
  tg_path_text(&asked->path, asked->text);
  if (is_composite(asked->msg)) return asked->path.len ? TG_E_METHOD : TG_OK;
  return asked->path.len && tg_dev_model_exists(dev, &asked->path) ? TG_OK : TG_E_NOT_FOUND;
}

static void put_attributes(const tg_dev_t *dev, tg_link_enc_t *enc, const tg_path_t *path) {
  const tg_dev_attributes_t *given = tg_dev_observe_attributes(dev, path);
  if (!given) return;
  if (!isnan(given->pmin)) tg_link_enc_double(enc, "pmin", given->pmin);
  if (!isnan(given->pmax)) tg_link_enc_double(enc, "pmax", given->pmax);
  if (!isnan(given->gt)) tg_link_enc_double(enc, "gt", given->gt);
  if (!isnan(given->lt)) tg_link_enc_double(enc, "lt", given->lt);
  if (!isnan(given->st)) tg_link_enc_double(enc, "st", given->st);
}

/* Every level at or below the path, each once; a multiple resource with dim (§6.4.2). */
static tg_rc_t discover(const tg_dev_t *dev, const asked_t *asked, answer_t *answer) {
  if (asked->path.len == TG_PATH_RESOURCE_INSTANCE) return TG_E_METHOD;
  tg_link_enc_t enc;
  tg_link_enc_begin(&enc, &answer->payload);
  tg_path_t path, last = {0};
  for (size_t i = 0; tg_dev_model_path(dev, i, &path); i++) {
    if (!tg_path_covers(&asked->path, &path)) continue;
    for (uint16_t len = asked->path.len; len <= TG_PATH_RESOURCE; len++) {
      tg_path_t level = path;
      for (uint16_t k = len; k < 4; k++) level.id[k] = 0;
      level.len = len;
      if (tg_path_covers(&level, &last) && last.len) continue;
      tg_link_enc_path(&enc, tg_slice(NULL, 0), &level);
      if (len == TG_PATH_RESOURCE && path.len > len) {
        tg_record_t records[TG_DEV_RESOURCES_MAX];
        tg_link_enc_uint(&enc, "dim", tg_dev_model_select(dev, &level, records));
      }
      put_attributes(dev, &enc, &level);
    }
    last = path;
  }
  answer->format = TG_CF_LINK;
  answer->code = TG_COAP_205;
  return answer->payload.rc;
}

static tg_rc_t read(tg_dev_t *dev, const asked_t *asked, answer_t *answer) {
  int accept = number_of(asked->msg, TG_OPT_ACCEPT), observe = number_of(asked->msg, TG_OPT_OBSERVE);
  if (accept == TG_CF_LINK) {
    tg_dev_net_say(dev, "discover %s", asked->text);
    return discover(dev, asked, answer);
  }
  int ops = tg_dev_model_ops(dev, &asked->path);
  if (ops >= 0 && !(ops & TG_OPS_READ)) return TG_E_METHOD;
  answer->format = accept;
  tg_rc_t rc = tg_dev_observe_encode(dev, &asked->path, &answer->format, &answer->payload);
  if (rc == TG_E_FORMAT) {
    answer->code = TG_COAP_406;
    return rc;
  }
  if (rc != TG_OK) return rc;
  if (observe == 1) tg_dev_observe_cancel(dev, asked->msg->token, asked->msg->token_len);
  if (observe == 0) answer->observe = tg_dev_observe_add(dev, asked->msg, &asked->path, answer->format) != NULL;
  tg_dev_net_say(dev, "%s %s", answer->observe ? "observe" : observe == 1 ? "cancel" : "read", asked->text);
  answer->code = TG_COAP_205;
  return TG_OK;
}

/* Every name that is there; the others are left out (§6.3.7). */
static tg_rc_t fetch(const tg_dev_t *dev, const asked_t *asked, answer_t *answer) {
  uint8_t memory[TG_DEV_DATAGRAM_MAX];
  tg_buf_t scratch;
  tg_buf_init(&scratch, memory, sizeof memory);
  const tg_codec_input_t input = {.content_format = number_of(asked->msg, TG_OPT_CONTENT_FORMAT),
                                  .model = dev->model,
                                  .payload = asked->msg->payload,
                                  .scratch = &scratch,
                                  .use = TG_CODEC_USE_FETCH};
  tg_record_t records[4 * TG_DEV_RESOURCES_MAX], name;
  size_t count = 0, names = 0;
  tg_codec_dec_t dec;
  tg_rc_t rc = tg_codec_dec_init(&dec, &input);
  while (rc == TG_OK && (rc = tg_codec_dec_next(&dec, &name)) == TG_OK) {
    if (count + TG_DEV_RESOURCES_MAX > TG_COUNT(records)) return TG_E_TOO_LONG;
    count += tg_dev_model_select(dev, &name.path, records + count);
    names++;
  }
  if (rc != TG_END) return rc;
  tg_dev_net_say(dev, "fetch %zu", names);
  answer->format = number_of(asked->msg, TG_OPT_ACCEPT);
  answer->code = TG_COAP_205;
  const tg_codec_output_t output = {.content_format = answer->format,
                                    .records = records,
                                    .count = count,
                                    .model = dev->model,
                                    .use = TG_CODEC_USE_REPORT};
  rc = tg_codec_encode(&output, &answer->payload);
  if (rc == TG_E_FORMAT) answer->code = TG_COAP_406;
  return rc == TG_OK ? answer->payload.rc : rc;
}

static tg_rc_t write_attributes(tg_dev_t *dev, const asked_t *asked, answer_t *answer) {
  for (size_t i = 0; i < asked->msg->option_count; i++) {
    const tg_coap_opt_t *opt = asked->msg->options + i;
    if (opt->number != TG_OPT_URI_QUERY) continue;
    tg_rc_t rc = tg_dev_observe_attribute(dev, &asked->path, tg_coap_msg_value(opt));
    if (rc != TG_OK) return rc;
    tg_dev_net_say(dev, "attributes %s %.*s", asked->text, (int)opt->len, (const char *)opt->p);
  }
  answer->code = TG_COAP_204;
  return TG_OK;
}

static void tell_write(const tg_dev_t *dev, const tg_record_t *record) {
  char path[TG_PATH_TEXT_MAX];
  uint8_t memory[256];
  tg_buf_t text;
  tg_buf_init(&text, memory, sizeof memory);
  tg_value_put_text(&text, &record->value);
  tg_dev_net_say(dev, "write %s %.*s", tg_path_text(&record->path, path), (int)text.len, (const char *)memory);
}

/* Whether a value will be taken; those of objects 1 and 5 do something. */
static tg_rc_t check_value(const tg_dev_t *dev, const tg_record_t *record) {
  int ops = tg_dev_model_ops(dev, &record->path);
  tg_slice_t text = record->value.type == TG_TYPE_STRING ? record->value.s : tg_slice(NULL, 0);
  if (ops < 0) return TG_E_NOT_FOUND;
  if (!(ops & TG_OPS_WRITE) || tg_path_eq(&record->path, &package_path)) return TG_E_METHOD;
  if (tg_path_eq(&record->path, &uri_path)) return tg_dev_fw_check_uri(dev, text);
  if (tg_path_eq(&record->path, &preferred_path) && text.len) return tg_dev_life_has(dev, text) ? TG_OK : TG_E_ARG;
  return TG_OK;
}

static tg_rc_t take_value(tg_dev_t *dev, const tg_record_t *record) {
  if (tg_path_eq(&record->path, &uri_path)) {
    tg_dev_fw_set_uri(dev, record->value.s);
    return TG_OK;
  }
  tg_rc_t rc = tg_dev_model_set(dev, &record->path, &record->value);
  if (rc != TG_OK) return rc;
  bool moves = tg_path_eq(&record->path, &preferred_path) && record->value.s.len;
  if (moves) tg_dev_life_move(dev, (char)record->value.s.p[0]);
  tg_dev_observe_changed(dev, &record->path);
  return TG_OK;
}

/* All values are checked before the first one is taken: a Write is done as a whole or not at all. */
static tg_rc_t write(tg_dev_t *dev, const asked_t *asked, answer_t *answer) {
  uint8_t memory[TG_DEV_DATAGRAM_MAX];
  tg_buf_t scratch;
  tg_buf_init(&scratch, memory, sizeof memory);
  int format = number_of(asked->msg, TG_OPT_CONTENT_FORMAT);
  tg_codec_input_t input = {.content_format = format < 0 ? TG_CF_TEXT : format,
                            .base = asked->path,
                            .model = dev->model,
                            .payload = asked->msg->payload,
                            .scratch = &scratch,
                            .now_ms = tg_clock_wall_ms(),
                            .use = is_composite(asked->msg) ? TG_CODEC_USE_PATCH : TG_CODEC_USE_WRITE};
  tg_record_t records[TG_DEV_RESOURCES_MAX];
  size_t count = 0;
  tg_codec_dec_t dec;
  if (asked->path.len < TG_PATH_INSTANCE && !is_composite(asked->msg)) return TG_E_METHOD;
  tg_rc_t rc = tg_codec_dec_init(&dec, &input);
  while (rc == TG_OK && count < TG_DEV_RESOURCES_MAX && (rc = tg_codec_dec_next(&dec, records + count)) == TG_OK) {
    rc = check_value(dev, records + count);
    if (rc != TG_OK) return rc;
    count++;
  }
  if (rc != TG_END) return rc == TG_OK ? TG_E_TOO_LONG : rc;
  for (size_t i = 0; i < count; i++) {
    tell_write(dev, records + i);
    rc = take_value(dev, records + i);
    if (rc != TG_OK) return rc;
  }
  if (asked->path.id[0] == 1 || is_composite(asked->msg)) {
    dev->lifetime_s = (uint32_t)tg_dev_model_number(dev, &(tg_path_t){{1, 0, 1, 0}, 3});
    dev->want_update = true;
  }
  answer->code = TG_COAP_204;
  return TG_OK;
}

static tg_rc_t reset_extremes(tg_dev_t *dev) {
  double now = tg_dev_model_number(dev, &(tg_path_t){{3303, 0, 5700, 0}, 3});
  tg_value_t value = {.type = TG_TYPE_FLOAT, .f = now};
  for (uint16_t id = 5601; id <= 5602; id++) {
    tg_path_t path = tg_path(3, 3303, 0, id);
    tg_rc_t rc = tg_dev_model_set(dev, &path, &value);
    if (rc != TG_OK) return rc;
    tg_dev_observe_changed(dev, &path);
  }
  return TG_OK;
}

/* A device with firmware really restarts, later than the answer; one without only registers anew. */
static void reboot(tg_dev_t *dev) {
  dev->registered = false;
  dev->next_reg_ms = 0;
  if (dev->fw) dev->restart_ms = tg_clock_mono_ms() + RESTART_MS;
}

/* Arguments are the payload; some write them as a query. */
static tg_rc_t execute(tg_dev_t *dev, const asked_t *asked, answer_t *answer) {
  const tg_coap_opt_t *query = tg_coap_msg_find(asked->msg, TG_OPT_URI_QUERY);
  tg_slice_t args = asked->msg->payload.len || !query ? asked->msg->payload : tg_coap_msg_value(query);
  uint16_t oid = asked->path.id[0], rid = asked->path.id[2];
  tg_rc_t rc = TG_OK;
  if (oid == 1) rc = tg_dev_life_check(dev, rid, args);
  if (oid == 5) rc = tg_dev_fw_check_execute(dev, rid);
  if (rc != TG_OK) return rc;
  tg_dev_net_say(dev, "execute %s%s%.*s", asked->text, args.len ? " " : "", (int)args.len, (const char *)args.p);
  answer->code = TG_COAP_204;
  if (oid == 1) tg_dev_life_execute(dev, rid, args);
  if (oid == 3) reboot(dev);
  if (oid == 5) tg_dev_fw_execute(dev, rid);
  return oid == 3303 ? reset_extremes(dev) : TG_OK;
}

/* A block of a body; only the Package is taken in blocks. */
static bool is_block(const tg_coap_msg_t *msg) {
  int block1 = number_of(msg, TG_OPT_BLOCK1);
  return block1 > 15 || (block1 >= 0 && (block1 & 8));
}

static tg_rc_t serve_package(tg_dev_t *dev, const asked_t *asked, answer_t *answer) {
  answer->code = tg_dev_push_take(dev, asked->msg, &answer->block1);
  if (answer->code >> 5 != 2) {
    tg_dev_net_say(dev, "refused %s %u.%02u", asked->text, answer->code >> 5, answer->code & 31U);
  }
  return TG_OK;
}

static tg_rc_t serve(tg_dev_t *dev, asked_t *asked, answer_t *answer) {
  tg_rc_t rc = read_options(dev, asked);
  if (rc != TG_OK) return rc;
  const tg_coap_msg_t *msg = asked->msg;
  if (is_composite(msg) && dev->config->no_composite) return TG_E_METHOD;
  bool writes = msg->code == TG_COAP_PUT || msg->code == TG_COAP_POST;
  if (writes && tg_path_eq(&asked->path, &package_path)) return serve_package(dev, asked, answer);
  if (msg->code != TG_COAP_GET && is_block(msg)) return TG_E_TOO_LONG;
  if (msg->code == TG_COAP_FETCH) return fetch(dev, asked, answer);
  if (msg->code == TG_COAP_IPATCH) return write(dev, asked, answer);
  if (msg->code == TG_COAP_GET) return read(dev, asked, answer);
  int ops = tg_dev_model_ops(dev, &asked->path);
  if (msg->code == TG_COAP_POST && ops >= 0 && (ops & TG_OPS_EXECUTE)) return execute(dev, asked, answer);
  if (msg->code == TG_COAP_PUT && tg_coap_msg_find(msg, TG_OPT_URI_QUERY)) return write_attributes(dev, asked, answer);
  if (writes) return write(dev, asked, answer);
  return TG_E_METHOD;
}

static tg_dev_reply_t *find_reply(tg_dev_t *dev, uint32_t key) {
  for (size_t i = 0; i < TG_DEV_REPLIES; i++) {
    if (dev->replies[i].request == key) return dev->replies + i;
  }
  return NULL;
}

/* A request that comes again so late that its answer is forgotten was answered: whoever asked has gone on (RFC 7252 §4.5). */
static bool was_heard(tg_dev_t *dev, uint32_t key) {
  for (size_t i = 0; i < TG_DEV_HEARD; i++) {
    if (dev->heard[i] == key) return true;
  }
  dev->heard[dev->heard_at++ % TG_DEV_HEARD] = key;
  return false;
}

static void put_answer(tg_dev_t *dev, const tg_coap_msg_t *request, const answer_t *answer, tg_buf_t *out) {
  bool con = request->type == TG_COAP_CON;
  tg_coap_head_t head = {con ? TG_COAP_ACK : TG_COAP_NON, answer->code, con ? request->mid : dev->next_mid++,
                         tg_slice(request->token, request->token_len)};
  tg_coap_enc_t enc;
  tg_coap_enc_begin(&enc, out, &head);
  if (answer->observe) tg_coap_enc_uint(&enc, TG_OPT_OBSERVE, 0);
  if (answer->format != TG_CF_NONE) tg_coap_enc_uint(&enc, TG_OPT_CONTENT_FORMAT, (uint32_t)answer->format);
  if (answer->block1 >= 0) tg_coap_enc_uint(&enc, TG_OPT_BLOCK1, (uint32_t)answer->block1);
  tg_coap_enc_payload(&enc, tg_buf_slice(&answer->payload));
}

void tg_dev_serve_request(tg_dev_t *dev, const tg_coap_msg_t *request) {
  uint32_t key = tg_dev_net_key(request);
  tg_dev_reply_t *reply = find_reply(dev, key);
  if (reply) tg_dev_net_send(dev, tg_slice(reply->bytes, reply->len));
  if (reply || was_heard(dev, key)) return;
  answer_t answer = {.format = TG_CF_NONE, .block1 = -1};
  asked_t asked = {.msg = request};
  tg_buf_init(&answer.payload, answer.memory, sizeof answer.memory);
  tg_rc_t rc = serve(dev, &asked, &answer);
  if (rc != TG_OK) {
    if (!answer.code) answer.code = tg_rc_coap(rc);
    answer.format = TG_CF_NONE;
    tg_buf_clear(&answer.payload);
    tg_dev_net_say(dev, "refused %s %u.%02u", asked.text, answer.code >> 5, answer.code & 31U);
  }
  reply = dev->replies + dev->reply_at++ % TG_DEV_REPLIES;
  tg_buf_t out;
  tg_buf_init(&out, reply->bytes, sizeof reply->bytes);
  put_answer(dev, request, &answer, &out);
  reply->request = key;
  reply->len = out.len;
  tg_dev_net_send(dev, tg_buf_slice(&out));
}
