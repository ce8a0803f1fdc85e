/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf of core/server: composite operations (lwm2m.md 1.3.8) for command.c: which devices have them, in which format they go, and for
 * the others a composite command as a row of single requests whose answers are put together.
 */

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/event/record_copy.h"
#include "core/server/quirk.h"
#include "core/server/server_state.h"

enum { TOLD_MAX = 1024 };

struct tg_composite {
  tg_command_t step;  /* the request that is on its way */
  size_t at;          /* the first of the command's records that no step had */
  tg_record_t *items; /* in block */
  size_t count;
  void *block;
  bool any_done, any_failed;
  tg_rc_t rc; /* of the last step that failed, and */
  uint8_t code;
  tg_buf_t told;
  char text[TOLD_MAX];
};

static bool fetches(tg_op_t op) {
  return op == TG_OP_READ_COMPOSITE || op == TG_OP_OBSERVE_COMPOSITE;
}

bool tg_composite_is(tg_op_t op) {
  return fetches(op) || op == TG_OP_WRITE_COMPOSITE;
}

bool tg_composite_is_refused(const tg_reg_t *reg, const tg_device_t *device, tg_op_t op) {
  if (!tg_composite_is(op)) return false;
  if (device->enabler < TG_VERSION_1_1 || (device->quirks & (TG_QUIRK_NO_COMPOSITE | TG_QUIRK_TEXT_ONLY))) return true;
  return fetches(op) ? reg->no_fetch : reg->no_ipatch;
}

bool tg_composite_refuse(tg_server_t *server, tg_reg_t *reg, tg_op_t op, uint8_t code) {
  if (code != TG_COAP_405 && code != TG_COAP_406 && code != TG_COAP_415) return false;
  if (fetches(op)) reg->no_fetch = true;
  else reg->no_ipatch = true;
  tg_server_tolerate(server, reg, TG_QUIRK_COMPOSITE_REFUSED);
  return true;
}

static bool has_null(const tg_command_t *command) {
  for (size_t i = 0; command->op == TG_OP_WRITE_COMPOSITE && i < command->record_count; i++) {
    if (command->records[i].value.type == TG_TYPE_NONE) return true;
  }
  return false;
}

bool tg_composite_format(const tg_command_t *command, unsigned attempt, int *format) {
  static const int plain[] = {TG_CF_SENML_CBOR, TG_CF_SENML_JSON};
  static const int with_null[] = {TG_CF_ETCH_CBOR, TG_CF_ETCH_JSON};
  if (command->content_format >= 0) {
    *format = command->content_format;
    return attempt == 0;
  }
  if (attempt >= TG_COUNT(plain)) return false;
  *format = has_null(command) ? with_null[attempt] : plain[attempt];
  return true;
}

tg_composite_t *tg_composite_new(void) {
  tg_composite_t *steps = tg_alloc_array(1, sizeof *steps);
  if (!steps) return NULL;
  *steps = (tg_composite_t){.rc = TG_E_ARG};
  tg_buf_init(&steps->told, steps->text, sizeof steps->text);
  return steps;
}

void tg_composite_free(tg_composite_t *steps) {
  if (steps) tg_alloc_free(steps->block);
  tg_alloc_free(steps);
}

/* How many records from @p first on go in one partial update: values of one instance. */
static size_t count_of_instance(const tg_command_t *command, size_t first, const tg_path_t *instance) {
  size_t end = first;
  while (end < command->record_count && command->records[end].value.type != TG_TYPE_NONE &&
         tg_path_covers(instance, &command->records[end].path))
    end++;
  return end - first;
}

const tg_command_t *tg_composite_next(tg_composite_t *steps, const tg_command_t *command) {
  if (steps->at >= command->record_count) return NULL;
  const tg_record_t *record = &command->records[steps->at];
  size_t count = 1;
  steps->step = *command;
  steps->step.path = record->path;
  steps->step.records = NULL;
  steps->step.record_count = 0;
  steps->step.content_format = -1; /* what was asked for was for the one request */
  if (fetches(command->op)) {
    steps->step.op = command->op == TG_OP_READ_COMPOSITE ? TG_OP_READ : TG_OP_OBSERVE;
  } else if (record->value.type == TG_TYPE_NONE) {
    steps->step.op = TG_OP_DELETE;
  } else {
    steps->step.op = TG_OP_UPDATE;
    steps->step.path = tg_path(2, record->path.id[0], record->path.id[1], 0);
    count = count_of_instance(command, steps->at, &steps->step.path);
    steps->step.records = record;
    steps->step.record_count = count;
  }
  steps->at += count;
  return &steps->step;
}

const tg_command_t *tg_composite_current(const tg_composite_t *steps) {
  return &steps->step;
}

/* Old records and new ones move into a block of their own. */
static tg_rc_t keep(tg_composite_t *steps, const tg_command_result_t *result) {
  size_t count = steps->count + result->record_count;
  if (result->record_count == 0) return TG_OK;
  tg_record_t *all = tg_alloc_array(count, sizeof *all);
  if (!all) return TG_E_NOMEM;
  if (steps->count) memcpy(all, steps->items, steps->count * sizeof *all);
  memcpy(all + steps->count, result->records, result->record_count * sizeof *all);
  void *block = tg_alloc(tg_record_copy_size(all, count));
  if (block) {
    steps->items = tg_record_copy(all, count, block);
    steps->count = count;
    tg_alloc_free(steps->block);
    steps->block = block;
  }
  tg_alloc_free(all);
  return block ? TG_OK : TG_E_NOMEM;
}

static void tell(tg_composite_t *steps, tg_rc_t rc, uint8_t code) {
  char path[TG_PATH_TEXT_MAX], line[TG_PATH_TEXT_MAX + 64];
  tg_path_text(&steps->step.path, path);
  const char *sep = steps->told.len ? "; " : "";
  int len = code ? snprintf(line, sizeof line, "%s%s: %u.%02u", sep, path, (unsigned)code >> 5, code & 31U)
                 : snprintf(line, sizeof line, "%s%s: %s", sep, path, tg_rc_name(rc));
  if (len > 0 && steps->told.len + (size_t)len < sizeof steps->text) tg_buf_put_str(&steps->told, line);
}

void tg_composite_add(tg_composite_t *steps, const tg_command_result_t *result) {
  tg_rc_t rc = result->state == TG_COMMAND_DONE ? keep(steps, result) : result->rc;
  if (rc == TG_OK) {
    steps->any_done = true;
    return;
  }
  steps->any_failed = true;
  steps->rc = rc;
  steps->code = result->code;
  tell(steps, rc, result->code);
}

void tg_composite_end(tg_composite_t *steps, tg_command_result_t *result) {
  bool is_read = steps->step.op == TG_OP_READ || steps->step.op == TG_OP_OBSERVE;
  bool good = is_read ? steps->any_done : !steps->any_failed;
  uint8_t done = is_read ? TG_COAP_205 : TG_COAP_204;
  *result = (tg_command_result_t){.state = good ? TG_COMMAND_DONE : TG_COMMAND_FAILED,
                                  .rc = good ? TG_OK : steps->rc,
                                  .code = good ? done : steps->code,
                                  .records = steps->items,
                                  .record_count = steps->count,
                                  .text = tg_buf_slice(&steps->told)};
}
