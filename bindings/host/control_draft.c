/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf under control_command.c: see control_draft.h. */

#include "bindings/host/control_draft.h"

#include <stdio.h>

#include "bindings/host/value_text.h"
#include "core/base/alloc.h"
#include "core/codec/codec.h"
#include "core/server/operation.h"

enum { VALUE_MAX = 65536, PRIORITY_INTERACTIVE = 3, TIMEOUT_MAX = 2592000, INSTANCE_MAX = 65534 };

/* A request while it is read. */
typedef struct reader {
  const tg_control_t *control;
  const tg_control_request_t *request;
  tg_control_draft_t *draft;
  tg_rc_t rc; /* of a walk */
} reader_t;

static const tg_json_node_t *node_of(const reader_t *in, const char *name) {
  return tg_json_read_get(in->request->body, name);
}

static tg_slice_t member(const reader_t *in, const char *name) {
  return tg_json_read_str(node_of(in, name));
}

static tg_rc_t fail(const reader_t *in, tg_rc_t rc, const char *why) {
  tg_diag_set(&in->draft->diag, NULL, 0, "%s", why);
  return rc;
}

/* Values */

/* The type that a resource has by its definition, or that the asker gave. */
static tg_rc_t find_type(const reader_t *in, const tg_path_t *path, tg_type_t *type) {
  tg_slice_t given = member(in, "type");
  if (given.len) {
    if (tg_value_type_of(given, type) == TG_OK) return TG_OK;
    return fail(in, TG_E_TYPE, "no such type; string integer unsigned float boolean opaque time objlnk corelnk");
  }
  tg_model_t model = tg_twin_model(in->control->config.parts.twin, in->draft->device);
  const tg_resdef_t *def = tg_model_resource(&model, path);
  if (!def)
    return fail(
        in, TG_E_NOT_FOUND,
        "no definition of this resource is known; give its type, or add the definition to a folder in `objects`");
  *type = (tg_type_t)def->type;
  return TG_OK;
}

static tg_rc_t read_plain(const tg_json_node_t *node, tg_value_t *value) {
  switch (tg_json_read_kind(node)) {
  case TG_JSON_INT: value->type = TG_TYPE_INTEGER; return tg_json_read_int(node, &value->i);
  case TG_JSON_UINT: value->type = TG_TYPE_UNSIGNED; return tg_json_read_uint(node, &value->u);
  case TG_JSON_DOUBLE: value->type = TG_TYPE_FLOAT; return tg_json_read_double(node, &value->f);
  case TG_JSON_BOOL: value->type = TG_TYPE_BOOLEAN; return tg_json_read_bool(node, &value->b);
  case TG_JSON_NULL:
  case TG_JSON_STRING:
  case TG_JSON_ARRAY:
  case TG_JSON_OBJECT: break;
  }
  return TG_E_TYPE;
}

/* One record more; @p is_single leaves the path out of the sentence, it was the only one. */
static tg_rc_t add_value(const reader_t *in, const tg_path_t *path, const tg_json_node_t *node, bool is_single) {
  tg_control_draft_t *draft = in->draft;
  if (draft->record_count == TG_CONTROL_DRAFT_MAX) return fail(in, TG_E_TOO_LONG, "no more than 32 values go at once");
  if (path->len < TG_PATH_RESOURCE)
    return fail(in, TG_E_ARG, "a value is written to a resource or resource instance, such as /3/0/14");
  tg_record_t *record = &draft->records[draft->record_count];
  tg_type_t type = TG_TYPE_NONE;
  tg_rc_t rc = find_type(in, path, &type);
  if (rc != TG_OK) return rc;
  tg_value_t value = {.type = TG_TYPE_NONE};
  if (tg_json_read_kind(node) == TG_JSON_STRING) {
    rc = tg_value_text_parse(type, tg_json_read_str(node), &draft->scratch, &record->value);
  } else {
    rc = read_plain(node, &value);
    if (rc == TG_OK) rc = tg_value_convert(&value, type, &record->value);
  }
  char text[TG_PATH_TEXT_MAX];
  if (is_single) tg_diag_set(&draft->diag, NULL, 0, "the value is no %s", tg_value_type_name(type));
  else
    tg_diag_set(&draft->diag, NULL, 0, "the value of %s is no %s", tg_path_text(path, text), tg_value_type_name(type));
  record->path = *path;
  draft->record_count++;
  return rc;
}

/* `5850` or `6/1` below the command's path, or a whole path. */
static tg_rc_t read_name(const reader_t *in, tg_slice_t name, tg_path_t *path) {
  const tg_command_t *command = &in->draft->command;
  char text[TG_PATH_TEXT_MAX * 2];
  bool is_whole = name.len > 0 && name.p[0] == '/';
  if (!is_whole && command->path.len == 0)
    return fail(in, TG_E_ARG, "values are given by path here, such as /3/0/14=+02");
  int len = snprintf(text, sizeof text, "%s%.*s", is_whole ? "" : "/0/0/", (int)(name.len < 24 ? name.len : 24),
                     name.len ? (const char *)name.p : "");
  tg_rc_t rc = name.len < 24 ? tg_path_parse(tg_slice(text, (size_t)len), path) : TG_E_SYNTAX;
  if (rc == TG_OK && path->len < TG_PATH_RESOURCE) rc = TG_E_SYNTAX;
  if (rc != TG_OK) {
    tg_diag_set(&in->draft->diag, NULL, 0, "\"%.*s\" is no resource such as 5850, 6/1 or /3311/0/5850",
                (int)(name.len < 24 ? name.len : 24), name.len ? (const char *)name.p : "");
    return rc;
  }
  if (is_whole) return TG_OK;
  path->id[0] = command->path.id[0];
  path->id[1] = command->path.len > TG_PATH_OBJECT ? command->path.id[1] : TG_OPERATION_ANY_INSTANCE;
  return TG_OK;
}

static bool read_named(void *ud, tg_slice_t name, const tg_json_node_t *node) {
  reader_t *in = ud;
  tg_path_t path;
  in->rc = read_name(in, name, &path);
  if (in->rc == TG_OK) in->rc = add_value(in, &path, node, false);
  if (in->rc == TG_OK && !tg_twin_op_reaches(&in->draft->command, &path)) {
    char text[TG_PATH_TEXT_MAX], above[TG_PATH_TEXT_MAX];
    tg_diag_set(&in->draft->diag, NULL, 0, "%s does not lie below %s", tg_path_text(&path, text),
                tg_path_text(&in->draft->command.path, above));
    in->rc = TG_E_ARG;
  }
  return in->rc == TG_OK;
}

static tg_rc_t read_values(reader_t *in) {
  tg_command_t *command = &in->draft->command;
  const tg_json_node_t *value = node_of(in, "value"), *values = node_of(in, "values");
  tg_rc_t rc = TG_OK;
  bool is_one = command->op == TG_OP_WRITE || command->op == TG_OP_UPDATE;
  if (values && tg_json_read_kind(values) == TG_JSON_OBJECT) {
    tg_json_read_each(values, read_named, in);
    rc = in->rc;
  } else if (is_one && value) {
    rc = add_value(in, &command->path, value, true);
  } else {
    return fail(in, TG_E_ARG, is_one ? "value is missing" : "values are missing, such as 5850=true");
  }
  command->records = in->draft->records;
  command->record_count = in->draft->record_count;
  return rc;
}

/* Paths and what else a command has */

static tg_rc_t read_paths(const reader_t *in) {
  tg_control_draft_t *draft = in->draft;
  const tg_json_node_t *list = node_of(in, "paths");
  size_t count = list && tg_json_read_kind(list) == TG_JSON_ARRAY ? tg_json_read_count(list) : 0;
  (void)fail(in, TG_OK, "paths is a list of 1 to 32 LwM2M paths such as /3303/0/5700");
  if (count == 0 || count > TG_CONTROL_DRAFT_MAX) return TG_E_ARG;
  for (size_t i = 0; i < count; i++) {
    tg_rc_t rc = tg_path_parse(tg_json_read_str(tg_json_read_at(list, i)), &draft->records[i].path);
    if (rc != TG_OK) return rc;
  }
  draft->command.records = draft->records;
  draft->command.record_count = count;
  return TG_OK;
}

static tg_rc_t find_device(const reader_t *in) {
  tg_control_draft_t *draft = in->draft;
  tg_slice_t ep = member(in, "ep");
  draft->device = tg_twin_find_ep(in->control->config.parts.twin, ep);
  if (draft->device) {
    draft->command.device = draft->device->id;
    return TG_OK;
  }
  tg_diag_set(&draft->diag, NULL, 0, "no device is called \"%.*s\"; `tidegate devices` lists them",
              (int)(ep.len < 64 ? ep.len : 64), ep.len ? (const char *)ep.p : "");
  return TG_E_NOT_FOUND;
}

static bool is_composite(tg_op_t op) {
  return op == TG_OP_READ_COMPOSITE || op == TG_OP_WRITE_COMPOSITE || op == TG_OP_OBSERVE_COMPOSITE;
}

static tg_rc_t read_path(const reader_t *in) {
  tg_command_t *command = &in->draft->command;
  if (is_composite(command->op)) return TG_OK;
  (void)fail(in, TG_OK, "path is no LwM2M path such as /3303/0/5700");
  tg_rc_t rc = tg_path_parse(member(in, "path"), &command->path);
  bool may_be_root = command->op == TG_OP_DISCOVER || command->op == TG_OP_CANCEL;
  if (rc == TG_OK && command->path.len == 0 && !may_be_root) rc = TG_E_ARG;
  if (rc != TG_OK || command->op != TG_OP_EXECUTE || command->path.len == TG_PATH_RESOURCE) return rc;
  return fail(in, TG_E_ARG, "execute wants a resource, such as /3/0/4");
}

static tg_rc_t read_text(const reader_t *in) {
  tg_command_t *command = &in->draft->command;
  command->text = member(in, command->op == TG_OP_ATTRIBUTES ? "attributes" : "args");
  const tg_json_node_t *depth = node_of(in, "depth");
  int64_t number = 0;
  if (!depth) return TG_OK;
  if (command->op != TG_OP_DISCOVER) return fail(in, TG_E_ARG, "depth is for discover");
  if (tg_json_read_int(depth, &number) != TG_OK) return fail(in, TG_E_RANGE, "depth is a whole number from 0 to 3");
  int len = snprintf(in->draft->text, sizeof in->draft->text, "depth=%lld", (long long)number);
  command->text = tg_slice(in->draft->text, (size_t)len);
  return TG_OK;
}

static tg_rc_t read_patience(const reader_t *in) {
  const tg_json_node_t *timeout = node_of(in, "timeout");
  double seconds = 0;
  if (timeout && (tg_json_read_double(timeout, &seconds) != TG_OK || !(seconds >= 1 && seconds <= TIMEOUT_MAX)))
    return fail(in, TG_E_RANGE, "timeout is a number of seconds, from 1 to 2592000");
  in->draft->command.timeout_s = (uint32_t)seconds;
  const tg_json_node_t *retry = node_of(in, "retry");
  if (retry && tg_json_read_bool(retry, &in->draft->command.retry) != TG_OK)
    return fail(in, TG_E_TYPE, "retry is true or false");
  return TG_OK;
}

static bool has_format(tg_op_t op) {
  return op == TG_OP_READ || op == TG_OP_READ_COMPOSITE || op == TG_OP_WRITE || op == TG_OP_UPDATE ||
         op == TG_OP_OBSERVE || op == TG_OP_CREATE || op == TG_OP_WRITE_COMPOSITE || op == TG_OP_OBSERVE_COMPOSITE;
}

/* What the asker wants on the wire; without it the device's version and habits decide. */
static tg_rc_t read_format(const reader_t *in) {
  const tg_json_node_t *node = node_of(in, "format");
  if (!node) return TG_OK;
  if (!has_format(in->draft->command.op))
    return fail(in, TG_E_ARG, "only read, write, update and observe, composites and create have a format");
  (void)fail(in, TG_OK,
             "no such format; text opaque cbor senml-json senml-cbor tlv json lwm2m-cbor, or the number of one");
  return tg_codec_by_name(tg_json_read_str(node), &in->draft->command.content_format);
}

static tg_rc_t read_content(reader_t *in) {
  switch (in->draft->command.op) {
  case TG_OP_WRITE:
  case TG_OP_UPDATE:
  case TG_OP_CREATE:
  case TG_OP_WRITE_COMPOSITE: return read_values(in);
  case TG_OP_READ_COMPOSITE:
  case TG_OP_OBSERVE_COMPOSITE: return read_paths(in);
  case TG_OP_READ:
  case TG_OP_EXECUTE:
  case TG_OP_DELETE:
  case TG_OP_DISCOVER:
  case TG_OP_OBSERVE:
  case TG_OP_CANCEL:
  case TG_OP_ATTRIBUTES:
  case TG_OP_COUNT: break;
  }
  return TG_OK;
}

static tg_rc_t read_operation(reader_t *in) {
  tg_control_draft_t *draft = in->draft;
  tg_rc_t rc = read_path(in);
  if (rc == TG_OK) rc = read_text(in);
  if (rc == TG_OK) rc = read_format(in);
  if (rc == TG_OK) rc = read_content(in);
  if (rc != TG_OK) return rc;
  return tg_operation_check(in->control->config.parts.twin, draft->device, &draft->command, &draft->diag);
}

/* What is asked by name */

static tg_rc_t read_whole(const reader_t *in, const char *name, int64_t max, int64_t *value) {
  const tg_json_node_t *node = node_of(in, name);
  if (!node) return TG_OK;
  if (tg_json_read_int(node, value) == TG_OK && *value >= 0 && *value <= max) return TG_OK;
  tg_diag_set(&in->draft->diag, NULL, 0, "%s is a whole number from 0 to %lld", name, (long long)max);
  return TG_E_RANGE;
}

static tg_rc_t read_trigger(const reader_t *in) {
  tg_trigger_t *trigger = &in->draft->trigger;
  int64_t instance = -1, seconds = 0;
  tg_rc_t rc = read_whole(in, "instance", INSTANCE_MAX, &instance);
  if (rc == TG_OK) rc = read_whole(in, "seconds", INT32_MAX, &seconds);
  if (rc != TG_OK) return rc;
  if (node_of(in, "seconds") && seconds == 0)
    return fail(in, TG_E_RANGE, "seconds is a whole number from 1 to 2147483647");
  trigger->instance = (int32_t)instance;
  trigger->seconds = (uint32_t)seconds;
  if (node_of(in, "transport") && tg_trigger_letter(member(in, "transport"), &trigger->transport) != TG_OK)
    return fail(in, TG_E_ARG, "transport is one of U T S N M H");
  if (trigger->kind == TG_TRIGGER_MUTE && tg_json_read_bool(node_of(in, "value"), &trigger->on) != TG_OK)
    return fail(in, TG_E_ARG, "mute takes on or off");
  return tg_trigger_fill(trigger, in->draft->device, &in->draft->command, &in->draft->diag);
}

tg_rc_t tg_control_draft_read(const tg_control_t *control, const tg_control_request_t *request,
                              tg_control_draft_t *draft) {
  reader_t in = {.control = control, .request = request, .draft = draft};
  draft->memory = tg_alloc(VALUE_MAX); /* values must not move when the next one is decoded */
  if (!draft->memory) return TG_E_NOMEM;
  tg_buf_init(&draft->scratch, draft->memory, VALUE_MAX);
  draft->command.content_format = -1;
  draft->command.priority = PRIORITY_INTERACTIVE;
  tg_rc_t rc = find_device(&in);
  if (rc == TG_OK) rc = read_patience(&in);
  if (rc != TG_OK) return rc;
  if (tg_trigger_of(member(&in, "op"), &draft->trigger.kind) == TG_OK) return read_trigger(&in);
  rc = tg_twin_op_of(member(&in, "op"), &draft->command.op);
  return rc == TG_OK ? read_operation(&in) : rc;
}

void tg_control_draft_fini(tg_control_draft_t *draft) {
  tg_alloc_free(draft->memory);
}
