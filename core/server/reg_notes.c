/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/server: what was decided about a device, what it said of itself and what else few have, kept with its registration. See reg.h. */

#include "core/base/alloc.h"
#include "core/server/server_state.h"

enum { QUERY_MAX = 255 };

tg_reg_notes_t *tg_reg_notes_of(tg_reg_t *reg) {
  if (reg->notes) return reg->notes;
  reg->notes = tg_alloc_array(1, sizeof *reg->notes);
  if (!reg->notes) return NULL;
  reg->notes->own_format = TG_CF_NONE;
  reg->notes->block_szx = TG_SERVER_SZX_ANY;
  return reg->notes;
}

static void free_chosen(tg_reg_notes_t *notes) {
  for (size_t i = 0; i < notes->chosen_count; i++) tg_alloc_free((void *)(uintptr_t)notes->chosen[i].query);
  tg_alloc_free(notes->chosen);
  notes->chosen = NULL;
  notes->chosen_count = 0;
}

void tg_reg_notes_free(tg_server_t *server, tg_reg_t *reg) {
  for (size_t i = 0; i < TG_SERVER_WHO_COUNT; i++) {
    tg_shared_text_give(&server->whos, reg->who_ref[i]);
    reg->who_ref[i] = 0;
  }
  if (!reg->notes) return;
  for (size_t i = 0; i < TG_REG_TEXT_COUNT; i++) tg_alloc_free(reg->notes->text[i]);
  free_chosen(reg->notes);
  tg_alloc_free(reg->notes);
  reg->notes = NULL;
}

tg_rc_t tg_reg_notes_set_text(tg_reg_t *reg, tg_reg_text_t kind, tg_slice_t text) {
  text.len = tg_slice_find(text, 0); /* kept with a NUL as its end: one that begins with it is none */
  if (text.len == 0 && !tg_reg_notes_text(reg, kind)) return TG_OK;
  tg_reg_notes_t *notes = tg_reg_notes_of(reg);
  char *copy = notes && text.len ? tg_alloc_str(text) : NULL;
  if (!notes || (text.len && !copy)) return TG_E_NOMEM;
  tg_alloc_free(notes->text[kind]);
  notes->text[kind] = copy;
  return TG_OK;
}

const char *tg_reg_notes_who(const tg_server_t *server, const tg_reg_t *reg, tg_server_who_t who) {
  return tg_shared_text_get(&server->whos, reg->who_ref[who]);
}

tg_rc_t tg_reg_notes_set_who(tg_server_t *server, tg_reg_t *reg, tg_server_who_t who, tg_slice_t text) {
  uint32_t ref;
  if (text.len > TG_REG_WHO_MAX) text.len = TG_REG_WHO_MAX;
  tg_rc_t rc = tg_shared_text_take(&server->whos, text, &ref);
  if (rc != TG_OK) return rc;
  tg_shared_text_give(&server->whos, reg->who_ref[who]);
  reg->who_ref[who] = ref;
  return TG_OK;
}

tg_rc_t tg_reg_notes_choose(tg_reg_t *reg, const tg_server_observe_t *observe, size_t count) {
  if (count > TG_REG_CHOSEN_MAX) return TG_E_TOO_LONG;
  tg_reg_notes_t *notes = tg_reg_notes_of(reg);
  if (!notes) return TG_E_NOMEM;
  free_chosen(notes);
  notes->chooses = true;
  if (count == 0) return TG_OK;
  notes->chosen = tg_alloc_array(count, sizeof *notes->chosen);
  if (!notes->chosen) return TG_E_NOMEM;
  for (; notes->chosen_count < count; notes->chosen_count++) {
    tg_server_observe_t *kept = &notes->chosen[notes->chosen_count];
    kept->path = observe[notes->chosen_count].path;
    kept->query = tg_alloc_str(tg_slice_str(observe[notes->chosen_count].query));
    if (!kept->query) return TG_E_NOMEM;
  }
  return TG_OK;
}

void tg_reg_notes_inherit(tg_server_t *server, tg_reg_t *reg, tg_reg_t *from) {
  static const tg_server_who_t lasting[] = {TG_SERVER_WHO_MANUFACTURER, TG_SERVER_WHO_MODEL};
  for (size_t i = 0; i < TG_COUNT(lasting); i++) {
    const char *text = tg_reg_notes_who(server, from, lasting[i]);
    if (reg->who_ref[lasting[i]] || !text || !*text) continue;
    reg->who_ref[lasting[i]] = from->who_ref[lasting[i]];
    from->who_ref[lasting[i]] = 0;
  }
}

/* An absent text and an empty one are different: the empty one need not be asked for again. */
static void put_who(const tg_server_t *server, const tg_reg_t *reg, tg_buf_t *out) {
  for (size_t i = 0; i < TG_SERVER_WHO_COUNT; i++) {
    const char *text = tg_reg_notes_who(server, reg, (tg_server_who_t)i);
    tg_buf_put_u8(out, text != NULL);
    if (text) tg_row_put_text(out, tg_slice_str(text));
  }
}

/* Its texts have places of their own in the row. */
static bool is_worth_a_row(const tg_reg_t *reg, const tg_reg_notes_t *notes) {
  bool is_known = false;
  for (size_t i = 0; i < TG_SERVER_WHO_COUNT; i++) is_known = is_known || reg->who_ref[i];
  return is_known || notes->own_format != TG_CF_NONE || notes->block_szx != TG_SERVER_SZX_ANY || notes->send ||
         notes->chooses;
}

void tg_reg_notes_put(const tg_server_t *server, const tg_reg_t *reg, tg_buf_t *out) {
  static const tg_reg_notes_t none = {.own_format = TG_CF_NONE, .block_szx = TG_SERVER_SZX_ANY};
  const tg_reg_notes_t *notes = reg->notes ? reg->notes : &none;
  bool is_told = is_worth_a_row(reg, notes);
  tg_buf_put_u8(out, is_told);
  if (!is_told) return;
  put_who(server, reg, out);
  tg_buf_put_be16(out, (uint16_t)notes->own_format);
  tg_buf_put_u8(out, notes->block_szx);
  tg_buf_put_u8(out, notes->send);
  tg_buf_put_u8(out, notes->chooses);
  tg_buf_put_be16(out, (uint16_t)notes->chosen_count);
  for (size_t i = 0; i < notes->chosen_count; i++) {
    tg_row_put_path(out, &notes->chosen[i].path);
    tg_row_put_text(out, tg_slice_str(notes->chosen[i].query));
  }
}

static tg_rc_t get_who(tg_server_t *server, tg_reg_t *reg, tg_row_t *in) {
  for (size_t i = 0; i < TG_SERVER_WHO_COUNT; i++) {
    if (tg_row_get_max(in, 1, 1) == 0) continue;
    tg_slice_t text = tg_row_get_text(in);
    if (in->bad || text.len > TG_REG_WHO_MAX) return TG_E_CORRUPT;
    tg_rc_t rc = tg_reg_notes_set_who(server, reg, (tg_server_who_t)i, text);
    if (rc != TG_OK) return rc;
  }
  return in->bad ? TG_E_CORRUPT : TG_OK;
}

static tg_rc_t get_chosen(tg_reg_t *reg, tg_row_t *in) {
  tg_server_observe_t chosen[TG_REG_CHOSEN_MAX];
  char queries[TG_REG_CHOSEN_MAX][QUERY_MAX + 1];
  bool chooses = tg_row_get_max(in, 1, 1) != 0;
  size_t count = (size_t)tg_row_get_max(in, 2, TG_REG_CHOSEN_MAX);
  if (in->bad) return TG_E_CORRUPT;
  for (size_t i = 0; i < count; i++) {
    chosen[i] = (tg_server_observe_t){.path = tg_row_get_path(in), .query = queries[i]};
    tg_slice_t query = tg_row_get_text(in);
    if (in->bad || query.len > QUERY_MAX) return TG_E_CORRUPT;
    if (query.len) memcpy(queries[i], query.p, query.len);
    queries[i][query.len] = '\0';
  }
  return chooses ? tg_reg_notes_choose(reg, chosen, count) : TG_OK;
}

tg_rc_t tg_reg_notes_get(tg_server_t *server, tg_reg_t *reg, tg_row_t *in) {
  if (tg_row_get_max(in, 1, 1) == 0) return in->bad ? TG_E_CORRUPT : TG_OK;
  tg_rc_t rc = get_who(server, reg, in);
  if (rc != TG_OK) return rc;
  int16_t own_format = (int16_t)tg_row_get(in, 2);
  uint8_t block_szx = (uint8_t)tg_row_get(in, 1);
  uint8_t send = (uint8_t)tg_row_get_max(in, 1, TG_SERVER_SEND_MUTE);
  if (own_format != TG_CF_NONE || block_szx != TG_SERVER_SZX_ANY || send) {
    tg_reg_notes_t *notes = tg_reg_notes_of(reg);
    if (!notes) return TG_E_NOMEM;
    notes->own_format = own_format;
    notes->block_szx = block_szx;
    notes->send = send;
  }
  return get_chosen(reg, in);
}
