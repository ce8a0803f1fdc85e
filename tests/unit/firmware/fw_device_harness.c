/* SPDX-License-Identifier: Apache-2.0 */
/* See fw_harness.h: the devices. They act once a step: they answer what they got in the step before. */

#include "tests/unit/firmware/fw_harness.h"

enum { CODE_404 = 0x84, CODE_405 = 0x85, CODE_204 = 0x44, CODE_205 = 0x45 };

static fw_device_t *device_of(fw_bench_t *bench, const char *ep) {
  for (size_t i = 0; i < bench->device_count; i++) {
    if (strcmp(bench->devices[i].ep, ep) == 0) return &bench->devices[i];
  }
  return NULL;
}

static tg_rc_t start(void *ud, const tg_device_t *device, const tg_command_t *command) {
  fw_bench_t *bench = ud;
  for (size_t i = 0; i < FW_PENDING; i++) {
    if (bench->pending[i].id != TG_ID_NONE) continue;
    fw_device_t *fake = device_of(bench, device->ep);
    if (command->unless_observed && fake->observed_before >> command->path.id[2] & 1) return TG_E_EXISTS;
    bench->pending[i].id = command->id;
    bench->pending[i].device = fake;
    bench->pending[i].at = (size_t)command->body_from;
    if (command->body.len) {
      fake->pushes++;
      fake->pushed_from = (size_t)command->body_from;
    }
    return TG_OK;
  }
  return TG_E_FULL;
}

static void cancel(void *ud, const tg_device_t *device, tg_id_t command) {
  fw_bench_t *bench = ud;
  (void)device;
  for (size_t i = 0; i < FW_PENDING; i++) {
    if (bench->pending[i].id == command) bench->pending[i].id = TG_ID_NONE;
  }
}

static const tg_backend_ops_t backend = {.kind = "test", .start = start, .cancel = cancel};

static tg_id_t twin_id(fw_bench_t *bench, const fw_device_t *device) {
  const tg_device_t *found = tg_twin_find_ep(bench->twin, tg_slice_str(device->ep));
  return found ? found->id : TG_ID_NONE;
}

static tg_record_t number(uint16_t oid, uint16_t rid, int64_t value) {
  return (tg_record_t){.path = tg_path(3, oid, 0, rid), .value = {.type = TG_TYPE_INTEGER, .i = value}};
}

static tg_record_t text(uint16_t oid, uint16_t rid, const char *value) {
  return (tg_record_t){.path = tg_path(3, oid, 0, rid), .value = {.type = TG_TYPE_STRING, .s = tg_slice_str(value)}};
}

static void notify(fw_bench_t *bench, const fw_device_t *device) {
  if (device->quiet || device->silent || !device->observed || !device->registered) return;
  tg_record_t records[] = {number(5, 3, device->state), number(5, 5, device->result)};
  for (size_t i = 0; i < 2; i++) {
    const tg_event_records_t event = {&records[i], 1, TG_SOURCE_NOTIFY};
    check_rc(tg_twin_put(bench->twin, twin_id(bench, device), &event), TG_OK);
  }
}

static void finish(fw_bench_t *bench, tg_id_t id, uint8_t code, const tg_record_t *records, size_t count) {
  bool good = code >> 5 == 2;
  const tg_command_result_t result = {.state = good ? TG_COMMAND_DONE : TG_COMMAND_FAILED,
                                      .rc = good ? TG_OK : TG_E_PEER,
                                      .code = code,
                                      .records = records,
                                      .record_count = count};
  tg_twin_finish(bench->twin, id, &result);
}

static void read_object(fw_bench_t *bench, fw_device_t *device, tg_id_t id) {
  tg_record_t records[16];
  size_t n = 0;
  records[n++] = number(5, 3, device->state);
  records[n++] = number(5, 5, device->result);
  records[n++] = text(5, 7, device->pkg_version);
  for (uint16_t i = 0; i < 4; i++) {
    if (!(device->protocols >> i & 1)) continue;
    records[n] = number(5, 8, i);
    records[n].path = tg_path_child(&records[n].path, i);
    n++;
  }
  if (device->delivery >= 0) records[n++] = number(5, 9, device->delivery);
  if (device->has_settings) {
    records[n++] = number(5, 11, 1);
    records[n++] = number(5, 13, 0);
  }
  if (device->refuse_read) finish(bench, id, device->refuse_read, NULL, 0);
  else finish(bench, id, CODE_205, records, n);
}

static void let_go(fw_device_t *device) {
  device->state = 0;
  device->result = 0;
  device->len = 0;
  device->uri[0] = '\0';
  device->resets++;
}

/* The image is complete: is it good? */
static void take_image(fw_device_t *device) {
  device->result = device->image_result;
  device->state = device->image_result ? 0 : 2;
  if (device->auto_update && device->state == 2) device->state = 3;
}

static uint8_t write_resource(fw_device_t *device, const tg_command_t *command) {
  const tg_value_t *value = &command->records[0].value;
  switch (command->path.id[2]) {
  case 0:
    if (value->s.len == 1 && value->s.p[0] == 0) let_go(device);
    return CODE_204;
  case 1:
    if (value->s.len == 0) {
      let_go(device);
      return CODE_204;
    }
    if (device->state != 0) return CODE_405;
    snprintf(device->uri, sizeof device->uri, "%.*s", (int)value->s.len, (const char *)value->s.p);
    device->uris++;
    device->state = 1;
    device->result = 0;
    device->len = 0;
    return CODE_204;
  case 11: device->severity = (int)value->i; return CODE_204;
  case 13: device->defer_s = (int64_t)value->u; return CODE_204;
  default: return CODE_405;
  }
}

static uint8_t execute(fw_bench_t *bench, fw_device_t *device, uint16_t rid) {
  if (rid == 10) {
    device->cancels++;
    if (device->state == 0 || device->state == 3) return CODE_405;
    let_go(device);
    device->result = 10;
    return CODE_204;
  }
  if (rid != 2) return CODE_405;
  device->updates++;
  if (device->state != 2) return CODE_405;
  if (device->defers) device->result = 11;
  if (device->defers || device->ignore_update) return CODE_204;
  device->state = 3;
  device->restart_at = bench->now + (device->update_ms ? device->update_ms : 5000);
  return CODE_204;
}

static uint8_t trigger(fw_bench_t *bench, fw_device_t *device, const tg_command_t *command) {
  if (device->refuse_server[command->path.id[2]]) return device->refuse_server[command->path.id[2]];
  if (command->path.id[2] == 22) {
    const tg_slice_t letter = command->records[0].value.s;
    snprintf(device->preferred, sizeof device->preferred, "%.*s", (int)letter.len, (const char *)letter.p);
    return CODE_204;
  }
  device->triggers++;
  snprintf(device->trigger, sizeof device->trigger, "%.*s", (int)command->text.len, (const char *)command->text.p);
  if (device->by_preference && (command->text.len || !device->preferred[0])) return CODE_204;
  if (device->moves_to && strcmp(device->link, device->moves_to) != 0) {
    device->link = device->moves_to;
    device->restart_at = bench->now + 1000; /* it registers there */
  }
  return CODE_204;
}

/* Bytes of this step. @return whether the Write is over */
static bool push(fw_bench_t *bench, fw_device_t *device, size_t slot, const tg_command_t *command) {
  size_t at = bench->pending[slot].at, left = command->body.len - at;
  size_t part = device->chunk && device->chunk < left ? device->chunk : left;
  if (device->silent_at && at + part > device->silent_at) part = device->silent_at > at ? device->silent_at - at : 0;
  if (at > device->len) at = bench->pending[slot].at = 0; /* a backend begins anew where the device has forgotten */
  memcpy(device->image + at, command->body.p + at, part);
  device->len = at + part;
  device->state = 1;
  bench->pending[slot].at = device->len;
  if (part) tg_twin_progress(bench->twin, command->id, device->len);
  if (device->len < command->body.len) return false;
  take_image(device);
  return true;
}

void fw_bench_answer(fw_bench_t *bench, size_t slot) {
  tg_id_t id = bench->pending[slot].id;
  fw_device_t *device = bench->pending[slot].device;
  const tg_command_t *command = tg_twin_command(bench->twin, id);
  if (!command || device->silent) return;
  const tg_path_t *path = &command->path;
  uint8_t code = path->id[0] == 5 && path->len == 3 ? device->refuse[path->id[2]] : 0;
  if (command->body.len && !code) {
    if (!push(bench, device, slot, command)) return;
    code = CODE_204;
  }
  if (device->silent_at && device->len >= device->silent_at) return;
  bench->pending[slot].id = TG_ID_NONE;
  tg_record_t record = text(3, 3, device->version);
  if (command->op == TG_OP_READ && path->id[0] == 5) {
    read_object(bench, device, id);
  } else if (command->op == TG_OP_READ) {
    finish(bench, id, device->no_version ? CODE_404 : CODE_205, &record, device->no_version ? 0 : 1);
  } else if (command->op == TG_OP_OBSERVE || command->op == TG_OP_CANCEL) {
    if (command->op == TG_OP_OBSERVE) device->observed++;
    else device->observed--;
    finish(bench, id, CODE_205, NULL, 0);
  } else if (path->id[0] == 1) {
    finish(bench, id, trigger(bench, device, command), NULL, 0);
  } else {
    bool update = command->op == TG_OP_EXECUTE && path->id[2] == 2;
    if (!code)
      code = command->op == TG_OP_EXECUTE ? execute(bench, device, path->id[2]) : write_resource(device, command);
    if (update && device->lose_update)
      tg_twin_finish(bench->twin, id, &(tg_command_result_t){.state = TG_COMMAND_FAILED, .rc = TG_E_TIMEOUT});
    else finish(bench, id, code, NULL, 0);
    notify(bench, device);
  }
}

/* A step of a device that fetches. */
static void fetch(fw_bench_t *bench, fw_device_t *device) {
  if (device->state != 1 || !device->uri[0] || device->silent) return;
  const char *path = strstr(device->uri, "/fw/");
  size_t step = device->chunk ? device->chunk : FW_BYTES;
  tg_slice_t body, etag;
  if (!path || tg_firmware_file(bench->firmware, tg_slice_str(path), device->len + step, &body, &etag) != TG_OK) {
    device->state = 0;
    device->result = 7;
    notify(bench, device);
    return;
  }
  check_int(etag.len, 8);
  size_t part = body.len - device->len < step ? body.len - device->len : step;
  memcpy(device->image + device->len, body.p + device->len, part);
  device->len += part;
  if (device->len < body.len) return;
  take_image(device);
  notify(bench, device);
}

static void restart(fw_bench_t *bench, fw_device_t *device) {
  device->restart_at = 0;
  if (device->state == 3) {
    device->state = 0;
    device->result = device->update_result;
    if (device->runs && device->update_result <= 1)
      snprintf(device->version, sizeof device->version, "%s", device->runs);
  }
  fw_bench_register(bench, device);
}

void fw_bench_live(fw_bench_t *bench) {
  for (size_t i = 0; i < FW_PENDING; i++) {
    if (bench->pending[i].id != TG_ID_NONE) fw_bench_answer(bench, i);
  }
  for (size_t i = 0; i < bench->device_count; i++) {
    fw_device_t *device = &bench->devices[i];
    fetch(bench, device);
    if (device->auto_update && device->state == 3 && !device->restart_at) device->restart_at = bench->now + 5000;
    if (device->restart_at && device->restart_at <= bench->now) restart(bench, device);
  }
}

void fw_bench_register(fw_bench_t *bench, fw_device_t *device) {
  const tg_path_t all[] = {tg_path(2, 1, 7, 0), tg_path(2, 3, 0, 0), tg_path(2, 5, 0, 0)};
  device->registered = true;
  const tg_device_info_t info = {.ep = tg_slice_str(device->ep),
                                 .backend = &backend,
                                 .backend_ud = bench,
                                 .link = device->link,
                                 .queue_mode = device->queue_mode,
                                 .lifetime_s = 300,
                                 .enabler = device->enabler,
                                 .objects = all,
                                 .object_count = device->no_object ? 2 : 3};
  tg_id_t id = TG_ID_NONE;
  check_rc(tg_twin_online(bench->twin, &info, TG_EVENT_REGISTERED, &id), TG_OK);
  if (device->asleep) tg_twin_asleep(bench->twin, id);
  tg_event_drain(bench->bus);
}

void fw_bench_deregister(fw_bench_t *bench, fw_device_t *device) {
  device->registered = false;
  tg_twin_offline(bench->twin, twin_id(bench, device), TG_EVENT_DEREGISTERED, tg_slice_str(""));
  tg_event_drain(bench->bus);
}

fw_device_t *fw_bench_device(fw_bench_t *bench, const char *ep) {
  fw_device_t *device = &bench->devices[bench->device_count++];
  *device = (fw_device_t){.ep = ep,
                          .link = "udp0",
                          .version = "1.0",
                          .delivery = 2,
                          .protocols = 1 | 4,
                          .enabler = TG_VERSION_1_1,
                          .update_result = 1,
                          .runs = "2.0",
                          .severity = -1,
                          .defer_s = -1,
                          .chunk = 65536};
  fw_bench_register(bench, device);
  return device;
}
