/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf under show.c: what the gateway is doing, as a table of names and values. See show_parts.h. */

#include "bindings/host/human.h"
#include "bindings/host/show_parts.h"

enum { CELL_MAX = 1 << 20 };

const char *const tg_show_status_titles[] = {"NAME", "VALUE", NULL};

static void put_fact(tg_show_t *show, const char *name, tg_buf_t *cell) {
  tg_table_put(&show->table, tg_slice_str(name));
  tg_show_parts_cell(show, cell);
}

static void put_links(tg_show_t *show, const tg_json_node_t *line, tg_buf_t *cell) {
  const tg_json_node_t *links = tg_json_read_get(line, "links"), *brokers = tg_json_read_get(line, "brokers");
  for (size_t i = 0; i < tg_json_read_count(links); i++) {
    const tg_json_node_t *link = tg_json_read_at(links, i);
    int64_t dropped = tg_show_parts_int(link, "dropped");
    tg_show_parts_what(cell, tg_show_parts_text(link, "name"));
    tg_show_parts_what(cell, tg_show_parts_text(link, "kind"));
    if (dropped) tg_buf_put_fmt(cell, ", %lld datagrams dropped by the kernel", (long long)dropped);
    put_fact(show, "link", cell);
  }
  for (size_t i = 0; i < tg_json_read_count(brokers); i++) {
    const tg_json_node_t *broker = tg_json_read_at(brokers, i);
    bool connected = false;
    if (tg_json_read_bool(tg_json_read_get(broker, "connected"), &connected) != TG_OK) connected = false;
    tg_show_parts_what(cell, tg_show_parts_text(broker, "name"));
    tg_buf_put_fmt(cell, " %s, %lld confirmed, %lld refused", connected ? "connected" : "not connected",
                   (long long)tg_show_parts_int(broker, "confirmed"), (long long)tg_show_parts_int(broker, "refused"));
    put_fact(show, "broker", cell);
  }
}

void tg_show_status_end(tg_show_t *show, const tg_json_node_t *line) {
  static const char *const texts[] = {"name", "version", "gw"};
  tg_buf_t cell;
  tg_buf_init_growing(&cell, CELL_MAX);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    tg_show_parts_what(&cell, tg_show_parts_text(line, texts[i]));
    put_fact(show, texts[i], &cell);
  }
  tg_human_duration(&cell, tg_show_parts_int(line, "uptime"));
  put_fact(show, "uptime", &cell);
  tg_buf_put_fmt(&cell, "%lld", (long long)tg_show_parts_int(line, "devices"));
  put_fact(show, "devices", &cell);
  tg_buf_put_fmt(&cell, "%lld messages, ", (long long)tg_show_parts_int(line, "outbox_rows"));
  tg_human_size(&cell, tg_show_parts_int(line, "outbox_bytes"));
  tg_buf_put_fmt(&cell, ", %lld refused", (long long)tg_show_parts_int(line, "outbox_refused"));
  put_fact(show, "outbox", &cell);
  put_links(show, line, &cell);
  tg_buf_put_fmt(&cell, "%lld, %lld refused, %lld dropped for being slow",
                 (long long)tg_show_parts_int(line, "clients"), (long long)tg_show_parts_int(line, "clients_refused"),
                 (long long)tg_show_parts_int(line, "clients_dropped_slow"));
  put_fact(show, "clients", &cell);
  tg_buf_fini(&cell);
}
