/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Register says: its query and its object list. Input: the query with `&` between its parameters, a line feed, the list. What is
 * read can be written as a clean list, and that is read as the same objects.
 */

#include "core/server/reg.h"
#include "tests/fuzz/fuzz.h"

enum { LIST_MAX = 16384 };

static void put_query(tg_coap_msg_t *msg, tg_slice_t query) {
  msg->option_count = 0;
  while (query.len && msg->option_count < TG_COAP_OPTIONS_MAX) {
    tg_slice_t part = tg_slice_take(&query, '&');
    if (part.len > UINT16_MAX) part.len = UINT16_MAX;
    msg->options[msg->option_count++] =
        (tg_coap_opt_t){.number = TG_OPT_URI_QUERY, .len = (uint16_t)part.len, .p = part.p};
  }
}

static void read_params(const tg_coap_msg_t *msg) {
  tg_reg_params_t params;
  bool queue = false;
  if (tg_reg_params_parse(msg, &params) != TG_OK) {
    fuzz_touch(params.wrong);
    return;
  }
  fuzz_require(params.has_ep == (params.ep.len > 0) && params.ep.len <= 255);
  fuzz_require(!params.has_sms || (params.sms.len > 0 && params.sms.len <= 128));
  fuzz_touch(params.ep);
  fuzz_touch(params.sms);
  tg_rc_t old = tg_reg_params_binding(&params, TG_VERSION_1_0, &queue);
  tg_rc_t new = tg_reg_params_binding(&params, TG_VERSION_1_1, &queue);
  fuzz_require(old == TG_OK || old == TG_E_ARG);
  fuzz_require(new == TG_OK || new == TG_E_ARG);
}

static void put_list(const tg_reg_links_t *links, tg_buf_t *out) {
  for (size_t i = 0; i < links->object_count; i++) {
    tg_buf_put_str(out, i ? ",<" : "<");
    tg_path_put(out, &links->objects[i]);
    tg_buf_put_u8(out, '>');
  }
}

static void check_links(const tg_reg_links_t *links) {
  fuzz_require(links->object_count > 0 && links->object_count <= TG_REG_LINKS_MAX);
  fuzz_require(links->version_count <= TG_REG_VERSIONS_MAX && links->alt.len <= TG_REG_ALT_MAX);
  fuzz_touch(links->alt);
  for (size_t i = 0; i < links->object_count; i++) {
    const tg_path_t *path = &links->objects[i];
    fuzz_require(path->len == TG_PATH_OBJECT || path->len == TG_PATH_INSTANCE);
    fuzz_require(path->id[0] != 0 && path->id[0] != 21 && path->id[0] != 23);
  }
}

static void read_links(tg_slice_t list) {
  static tg_reg_links_t links, again;
  static uint8_t memory[LIST_MAX];
  tg_buf_t out;
  if (tg_reg_links_parse(list, &links) != TG_OK) return;
  check_links(&links);
  tg_buf_init(&out, memory, sizeof memory);
  put_list(&links, &out);
  fuzz_require(out.rc == TG_OK && tg_reg_links_parse(tg_buf_slice(&out), &again) == TG_OK);
  fuzz_require(again.object_count == links.object_count && again.quirks == 0);
  for (size_t i = 0; i < links.object_count; i++) fuzz_require(tg_path_eq(&links.objects[i], &again.objects[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static tg_coap_msg_t msg;
  tg_slice_t list = tg_slice(data, size), query = tg_slice_take(&list, '\n');
  put_query(&msg, query);
  read_params(&msg);
  read_links(list);
  return 0;
}
