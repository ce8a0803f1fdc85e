/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf of core/mqtt: URIs of brokers. See mqtt_uri.h. */

#include "core/mqtt/mqtt_uri.h"

#include <arpa/inet.h>
#include <stdio.h>

tg_rc_t tg_mqtt_uri_read(const char *text, tg_mqtt_uri_t *uri, tg_diag_t *diag) {
  tg_slice_t rest = tg_slice_str(text);
  *uri = (tg_mqtt_uri_t){.tls = tg_slice_begins(rest, tg_slice_str("mqtts://"))};
  if (!uri->tls && !tg_slice_begins(rest, tg_slice_str("mqtt://"))) {
    tg_diag_set(diag, NULL, 0, "broker uri \"%.200s\": mqtt://host[:port] or mqtts://host[:port] is wanted",
                text ? text : "");
    return TG_E_CONFIG;
  }
  rest = tg_slice_from(rest, uri->tls ? 8 : 7);
  if (rest.len == 0) {
    tg_diag_set(diag, NULL, 0, "broker uri \"%.200s\" names no host", text);
    return TG_E_CONFIG;
  }
  size_t behind = rest.p[0] == '[' ? tg_slice_find(rest, ']') : 0;
  size_t host_len = behind + tg_slice_find(tg_slice_from(rest, behind), ':');
  uri->host = tg_slice(rest.p, host_len);
  uri->port = tg_slice_from(rest, host_len);
  return TG_OK;
}

bool tg_mqtt_uri_is_address(const tg_mqtt_uri_t *uri) {
  struct in_addr found;
  char text[INET_ADDRSTRLEN];
  if (uri->host.len && uri->host.p[0] == '[') return true;
  int len = snprintf(text, sizeof text, "%.*s", (int)uri->host.len, (const char *)uri->host.p);
  return len < (int)sizeof text && inet_pton(AF_INET, text, &found) == 1;
}

/* mqtt:// and mqtts:// are the names people know; paho calls them tcp:// and ssl://. */
const char *tg_mqtt_uri_put(tg_buf_t *out, const tg_mqtt_uri_t *uri) {
  tg_buf_put_str(out, uri->tls ? "ssl://" : "tcp://");
  tg_buf_put(out, uri->host);
  if (uri->port.len) tg_buf_put(out, uri->port);
  else tg_buf_put_str(out, uri->tls ? ":8883" : ":1883");
  return tg_buf_cstr(out);
}
