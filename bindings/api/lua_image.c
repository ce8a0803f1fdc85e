/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of bindings/api: see lua_image.h. Called by mod_firmware.c. */

#include "bindings/api/lua_image.h"

#include <lauxlib.h>

#include "bindings/api/lua_record.h"
#include "bindings/api/lua_wait.h"
#include "core/base/alloc.h"

typedef struct answer {
  tg_rc_t rc;
  const char *why;
} answer_t;

static int push_answer(lua_State *L, void *arg) {
  const answer_t *answer = arg;
  luaL_checkstack(L, 8, "answer");
  if (answer->rc != TG_OK) return tg_lua_record_fail(L, answer->rc, answer->why[0] ? answer->why : NULL);
  lua_pushboolean(L, 1);
  return 1;
}

/* Seam tg_fw_added_fn. */
static void on_added(void *ud, tg_rc_t rc, const char *why) {
  answer_t answer = {rc, why};
  tg_lua_wait_end(ud, push_answer, &answer);
}

/* The script goes; its image comes all the same. */
static void forget(void *ud) {
  tg_lua_wait_t *wait = ud;
  tg_firmware_image_forget(wait->bundle->api->parts.firmware, wait);
  tg_alloc_free(wait);
}

int tg_lua_image_add(lua_State *L, tg_fw_addition_t *addition, int fn_index) {
  tg_diag_t diag = {0};
  tg_lua_wait_t *wait = tg_lua_wait_new(L, sizeof *wait, fn_index, forget);
  if (!wait) return tg_lua_wait_refuse(L, NULL, TG_E_NOMEM, NULL);
  addition->done = on_added;
  addition->ud = wait;
  tg_rc_t rc = tg_firmware_image_add(wait->bundle->api->parts.firmware, addition, &diag);
  if (rc != TG_OK) return tg_lua_wait_refuse(L, wait, rc, diag.message[0] ? diag.message : NULL);
  return tg_lua_wait_begin(L, wait);
}
