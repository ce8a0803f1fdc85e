/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/device under twin_command.c and twin_restore.c: see twin_queue.h. */

#include "core/device/twin_queue.h"

#include "core/base/alloc.h"
#include "core/event/record_copy.h"

enum { TAG_MAX = 64, TEXT_MAX = 4096, RECORDS_MAX = 1024, BYTES_MAX = 262144 };

static bool is_write(tg_op_t op) {
  return op == TG_OP_WRITE || op == TG_OP_UPDATE;
}

/* A body is the value of one resource; it is lent, so there is nothing to be kept in a row. */
static bool has_good_body(const tg_command_t *command) {
  if (command->body.len == 0) return command->body_from == 0 && !command->progress;
  return command->op == TG_OP_WRITE && command->path.len == TG_PATH_RESOURCE && command->record_count == 0 &&
         !command->durable && command->body_from <= command->body.len;
}

static tg_rc_t check_command(const tg_command_t *command, size_t *bytes) {
  if ((unsigned)command->op >= TG_OP_COUNT || command->tag.len > TAG_MAX) return TG_E_ARG;
  if (command->text.len > TEXT_MAX || command->record_count > RECORDS_MAX) return TG_E_ARG;
  if (command->owner.len > TAG_MAX || command->replace_key.len > TAG_MAX) return TG_E_ARG;
  if (command->replace_key.len && !is_write(command->op)) return TG_E_ARG;
  for (size_t i = 0; i < command->record_count; i++) {
    if (!tg_twin_op_reaches(command, &command->records[i].path)) return TG_E_ARG;
  }
  if (!has_good_body(command)) return TG_E_ARG;
  *bytes = tg_record_copy_size(command->records, command->record_count) + command->tag.len + command->text.len +
           command->replace_key.len + command->owner.len;
  return *bytes <= BYTES_MAX ? TG_OK : TG_E_TOO_LONG;
}

/* Copies @p from to *at, moves *at behind it and returns the copy. */
static tg_slice_t copy_bytes(uint8_t **at, tg_slice_t from) {
  tg_slice_t copy = tg_slice(*at, from.len);
  if (from.len) memcpy(*at, from.p, from.len);
  *at += from.len;
  return copy;
}

/* Records, tag and texts move into one block of the command's own. */
static bool own_content(tg_twin_command_t *command, size_t bytes) {
  if (bytes == 0) return true;
  tg_command_t *pub = &command->pub;
  uint8_t *at = command->block = tg_alloc(bytes);
  if (!at) return false;
  size_t size = tg_record_copy_size(pub->records, pub->record_count);
  pub->records = tg_record_copy(pub->records, pub->record_count, at);
  at += size;
  pub->tag = copy_bytes(&at, pub->tag);
  pub->text = copy_bytes(&at, pub->text);
  pub->replace_key = copy_bytes(&at, pub->replace_key);
  pub->owner = copy_bytes(&at, pub->owner);
  return true;
}

tg_rc_t tg_twin_queue_make(tg_twin_device_t *device, tg_twin_t *twin, const tg_command_t *from,
                           tg_twin_command_t **made) {
  tg_id_t id;
  size_t bytes;
  tg_rc_t rc = check_command(from, &bytes);
  if (rc != TG_OK) return rc;
  bool has_room = bytes <= twin->config.command_bytes_max - twin->command_bytes;
  tg_twin_command_t *command = has_room ? tg_pool_take(&twin->commands, &id) : NULL;
  if (!command) {
    twin->refused.all_commands++;
    return TG_E_FULL;
  }
  command->pub = *from;
  command->pub.id = id;
  command->pub.device = device->pub.id;
  if (!own_content(command, bytes)) {
    tg_pool_give(&twin->commands, id);
    return TG_E_NOMEM;
  }
  twin->command_bytes += bytes;
  command->bytes = bytes;
  command->twin = twin;
  command->device = device;
  command->state = TG_COMMAND_WAITING;
  command->deadline = (tg_timer_t){.fn = twin->on_deadline, .ud = command};
  *made = command;
  return TG_OK;
}

void tg_twin_queue_free(tg_twin_command_t *command) {
  command->twin->command_bytes -= command->bytes;
  tg_alloc_free(command->block);
  tg_pool_give(&command->twin->commands, command->pub.id);
}

void tg_twin_queue_add(tg_twin_command_t *command, bool in_front) {
  tg_twin_command_t **at = &command->device->queue;
  uint8_t priority = command->pub.priority;
  while (*at && ((*at)->pub.priority > priority || (!in_front && (*at)->pub.priority == priority))) at = &(*at)->next;
  command->next = *at;
  *at = command;
  command->device->pub.queued++;
}

tg_twin_command_t *tg_twin_queue_first(const tg_twin_device_t *device, bool is_bulk) {
  tg_twin_command_t *command = device->queue;
  while (command && tg_twin_queue_is_bulk(command) != is_bulk) command = command->next;
  return command;
}

void tg_twin_queue_start(tg_twin_command_t *command) {
  tg_twin_queue_del(command);
  *tg_twin_queue_place(command) = command;
  command->device->pub.active++;
}

void tg_twin_queue_del(tg_twin_command_t *command) {
  tg_twin_device_t *device = command->device;
  tg_twin_command_t **place = tg_twin_queue_place(command);
  if (*place == command) {
    *place = NULL;
    device->pub.active--;
    return;
  }
  for (tg_twin_command_t **at = &device->queue; *at; at = &(*at)->next) {
    if (*at != command) continue;
    *at = command->next;
    device->pub.queued--;
    return;
  }
}

tg_twin_command_t *tg_twin_queue_find_replaced(const tg_twin_device_t *device, const tg_command_t *from) {
  if (from->replace_key.len == 0) return NULL;
  tg_twin_command_t *command = device->queue;
  while (command && !tg_slice_eq(command->pub.replace_key, from->replace_key)) command = command->next;
  return command;
}
