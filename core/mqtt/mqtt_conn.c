/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to one broker over paho's MQTTAsync. Its callbacks run on paho's threads and only push into the ring. See mqtt_conn.h. */

#include "core/mqtt/mqtt_conn.h"

#include <MQTTAsync.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "core/base/alloc.h"
#include "core/base/log.h"

enum { CONNECT_TIMEOUT_S = 10, GOODBYE_MS = 2000, POLL_MS = 10, TLS_REASON_AT = 6 };

struct tg_mqtt_conn {
  MQTTAsync paho;
  tg_mqtt_ring_t *ring;
  size_t broker;
  int version;
  bool tls;
  int keepalive_s;
  char *name;
  char *username;
  char *password;
  char *ca_file;
  char *cert_file;
  char *key_file;
  tg_mqtt_note_t will;
  tg_mqtt_note_t birth;
  pthread_mutex_t lock;
  char tls_why[96]; /* the first thing OpenSSL said of this attempt; guarded by lock */
};

static void push(tg_mqtt_conn_t *conn, tg_mqtt_note_kind_t kind, int value, const char *why) {
  const tg_mqtt_event_t event = {.kind = kind, .broker = conn->broker, .value = value, .topic = tg_slice_str(why)};
  /* Only messages are ever refused; out of memory here shows as a lost acknowledgement, and the message is sent again. */
  (void)tg_mqtt_ring_push(conn->ring, &event);
}

static void on_lost(void *context, char *cause) {
  push(context, TG_MQTT_DOWN, 0, cause ? cause : "the connection was lost");
}

static int on_arrived(void *context, char *topic, int topic_len, MQTTAsync_message *message) {
  tg_mqtt_conn_t *conn = context;
  const tg_mqtt_event_t event = {
      .kind = TG_MQTT_MESSAGE,
      .broker = conn->broker,
      .qos = (uint8_t)message->qos,
      .retained = message->retained != 0,
      .topic = topic_len > 0 ? tg_slice(topic, (size_t)topic_len) : tg_slice_str(topic),
      .payload = tg_slice(message->payload, message->payloadlen > 0 ? (size_t)message->payloadlen : 0),
  };
  if (!tg_mqtt_ring_push(conn->ring, &event)) return 0; /* paho keeps it and asks again: the broker is slowed down */
  MQTTAsync_freeMessage(&message);
  MQTTAsync_free(topic);
  return 1;
}

static void on_connected5(void *context, MQTTAsync_successData5 *data) {
  int receive_maximum = 0;
  if (data && MQTTProperties_hasProperty(&data->properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM)) {
    receive_maximum = (int)MQTTProperties_getNumericValue(&data->properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM);
  }
  push(context, TG_MQTT_UP, receive_maximum, NULL);
}

static void on_connected(void *context, MQTTAsync_successData *data) {
  (void)data;
  push(context, TG_MQTT_UP, 0, NULL);
}

/* Seam of OpenSSL, on paho's threads, before the connection is refused: `140…:error:0A000086:SSL routines::certificate verify failed:…`. */
static int on_tls_error(const char *text, size_t len, void *context) {
  tg_mqtt_conn_t *conn = context;
  tg_slice_t rest = tg_slice(text, len), part = rest;
  for (int i = 0; i < TLS_REASON_AT && rest.len; i++) part = tg_slice_take(&rest, ':');
  pthread_mutex_lock(&conn->lock);
  if (!conn->tls_why[0]) snprintf(conn->tls_why, sizeof conn->tls_why, "%.*s", (int)part.len, (const char *)part.p);
  pthread_mutex_unlock(&conn->lock);
  return 1;
}

/* What OpenSSL said is more than what paho makes of it. */
static void refuse(tg_mqtt_conn_t *conn, const char *reason, const char *message) {
  char why[192];
  pthread_mutex_lock(&conn->lock);
  if (!reason) reason = message ? message : "no connection";
  snprintf(why, sizeof why, "%s%s%s", reason, conn->tls_why[0] ? ": " : "", conn->tls_why);
  conn->tls_why[0] = '\0';
  pthread_mutex_unlock(&conn->lock);
  push(conn, TG_MQTT_REFUSED, 0, why);
}

/* The broker's reason is in one member or the other, depending on where paho noticed it. */
static void on_refused5(void *context, MQTTAsync_failureData5 *data) {
  int code = data ? (int)data->reasonCode : 0;
  if (data && code == MQTTREASONCODE_SUCCESS && data->code >= MQTTREASONCODE_UNSPECIFIED_ERROR) code = data->code;
  const char *reason = code > 0 ? MQTTReasonCode_toString((enum MQTTReasonCodes)code) : NULL;
  refuse(context, reason, data ? data->message : NULL);
}

static void on_refused(void *context, MQTTAsync_failureData *data) {
  static const char *const codes[] = {"",
                                      "unacceptable protocol version",
                                      "client id refused",
                                      "server unavailable",
                                      "bad user or password",
                                      "not authorised"};
  int code = data ? data->code : 0;
  refuse(context, code > 0 && code < (int)TG_COUNT(codes) ? codes[code] : NULL, data ? data->message : NULL);
}

static void on_taken5(void *context, MQTTAsync_successData5 *data) {
  push(context, TG_MQTT_TAKEN, data ? data->token : 0, NULL);
}

static void on_taken(void *context, MQTTAsync_successData *data) {
  push(context, TG_MQTT_TAKEN, data ? data->token : 0, NULL);
}

static void on_not_taken5(void *context, MQTTAsync_failureData5 *data) {
  bool denied = data && (int)data->reasonCode >= 0x80;
  push(context, denied ? TG_MQTT_DENIED : TG_MQTT_LOST, data ? data->token : 0,
       denied ? MQTTReasonCode_toString(data->reasonCode) : NULL);
}

static void on_not_taken(void *context, MQTTAsync_failureData *data) {
  push(context, TG_MQTT_LOST, data ? data->token : 0, NULL);
}

static void on_written5(void *context, MQTTAsync_successData5 *data) {
  (void)data;
  push(context, TG_MQTT_WRITTEN, 0, NULL);
}

static void on_written(void *context, MQTTAsync_successData *data) {
  (void)data;
  push(context, TG_MQTT_WRITTEN, 0, NULL);
}

static char *copy(const char *text) {
  return tg_alloc_str(tg_slice_str(text));
}

static bool copy_note(const tg_mqtt_note_t *from, tg_mqtt_note_t *to) {
  *to = *from;
  to->topic = copy(from->topic);
  to->payload = copy(from->payload);
  return to->topic && to->payload;
}

static bool copy_config(tg_mqtt_conn_t *conn, const tg_mqtt_broker_config_t *config) {
  conn->name = copy(config->name);
  conn->username = copy(config->username);
  conn->password = copy(config->password);
  conn->ca_file = copy(config->ca_file);
  conn->cert_file = copy(config->cert_file);
  conn->key_file = copy(config->key_file);
  conn->keepalive_s = config->keepalive_s ? config->keepalive_s : 30;
  conn->version = config->version == 4 ? MQTTVERSION_3_1_1 : MQTTVERSION_5;
  return copy_note(&config->will, &conn->will) && copy_note(&config->birth, &conn->birth) && conn->name &&
         conn->username && conn->password && conn->ca_file && conn->cert_file && conn->key_file;
}

/* mqtt:// and mqtts:// are the names people know; paho calls them tcp:// and ssl://. */
static tg_rc_t paho_uri(const char *uri, bool *tls, tg_buf_t *out, tg_diag_t *diag) {
  tg_slice_t rest = tg_slice_str(uri);
  *tls = tg_slice_begins(rest, tg_slice_str("mqtts://"));
  if (!*tls && !tg_slice_begins(rest, tg_slice_str("mqtt://"))) {
    tg_diag_set(diag, NULL, 0, "broker uri \"%.200s\": mqtt://host[:port] or mqtts://host[:port] is wanted",
                uri ? uri : "");
    return TG_E_CONFIG;
  }
  rest = tg_slice_from(rest, *tls ? 8 : 7);
  if (rest.len == 0) {
    tg_diag_set(diag, NULL, 0, "broker uri \"%.200s\" names no host", uri);
    return TG_E_CONFIG;
  }
  tg_buf_put_str(out, *tls ? "ssl://" : "tcp://");
  tg_buf_put(out, rest);
  tg_slice_t after_host = tg_slice_from(rest, rest.p[0] == '[' ? tg_slice_find(rest, ']') : 0);
  if (tg_slice_find(after_host, ':') == after_host.len) tg_buf_put_str(out, *tls ? ":8883" : ":1883");
  return out->rc == TG_OK ? TG_OK : TG_E_CONFIG;
}

static tg_rc_t create(tg_mqtt_conn_t *conn, const tg_mqtt_broker_config_t *config, tg_diag_t *diag) {
  uint8_t text[512];
  tg_buf_t uri;
  tg_buf_init(&uri, text, sizeof text);
  tg_rc_t rc = paho_uri(config->uri, &conn->tls, &uri, diag);
  if (rc != TG_OK) return rc;

  MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer;
  options.MQTTVersion = conn->version;
  const char *address = tg_buf_cstr(&uri);
  if (!address || MQTTAsync_createWithOptions(&conn->paho, address, config->client_id, MQTTCLIENT_PERSISTENCE_NONE,
                                              NULL, &options) != 0) {
    tg_diag_set(diag, NULL, 0, "broker \"%.64s\": the MQTT library does not take uri \"%.200s\" or the client id",
                config->name, config->uri);
    return TG_E_CONFIG;
  }
  if (MQTTAsync_setCallbacks(conn->paho, conn, on_lost, on_arrived, NULL) != MQTTASYNC_SUCCESS) return TG_E_INTERNAL;
  return TG_OK;
}

tg_rc_t tg_mqtt_conn_new(const tg_mqtt_broker_config_t *config, size_t broker, tg_mqtt_ring_t *ring, tg_diag_t *diag,
                         tg_mqtt_conn_t **out) {
  tg_mqtt_conn_t *conn = tg_alloc_array(1, sizeof *conn);
  if (!conn) return TG_E_NOMEM;
  conn->ring = ring;
  conn->broker = broker;
  pthread_mutex_init(&conn->lock, NULL);
  tg_rc_t rc = copy_config(conn, config) ? create(conn, config, diag) : TG_E_NOMEM;
  if (rc != TG_OK) {
    tg_mqtt_conn_free(conn);
    return rc;
  }
  *out = conn;
  return TG_OK;
}

static void free_note(tg_mqtt_note_t *note) {
  union {
    const char *from;
    char *to;
  } topic = {note->topic}, payload = {note->payload};
  tg_alloc_free(topic.to);
  tg_alloc_free(payload.to);
}

/* @return the token of the message; 0 when there is none */
static int send_note(tg_mqtt_conn_t *conn, const tg_mqtt_note_t *note) {
  if (!note->topic || note->topic[0] == '\0') return 0;
  const tg_mqtt_send_t send = {
      .topic = note->topic, .payload = tg_slice_str(note->payload), .qos = note->qos, .retain = note->retain};
  int token = 0;
  if (tg_mqtt_conn_send(conn, &send, &token) == TG_OK) return token;
  tg_log("mqtt", TG_LOG_WARN, "note_not_sent broker=%s topic=%s", conn->name, note->topic);
  return 0;
}

/* A clean DISCONNECT makes the broker forget the will, so it is said by ourselves first. */
static void say_goodbye(tg_mqtt_conn_t *conn) {
  if (!MQTTAsync_isConnected(conn->paho)) return;
  int token = send_note(conn, &conn->will);
  /* Waiting here is quicker than the time-out of paho's disconnect, which is looked at once a second. */
  if (token) (void)MQTTAsync_waitForCompletion(conn->paho, token, GOODBYE_MS / 2);
  MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
  if (MQTTAsync_disconnect(conn->paho, &options) != MQTTASYNC_SUCCESS) return;
  for (int waited = 0; waited < GOODBYE_MS && MQTTAsync_isConnected(conn->paho); waited += POLL_MS) {
    nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
  }
}

void tg_mqtt_conn_free(tg_mqtt_conn_t *conn) {
  if (!conn) return;
  if (conn->paho) {
    say_goodbye(conn);
    MQTTAsync_destroy(&conn->paho);
  }
  pthread_mutex_destroy(&conn->lock);
  free_note(&conn->will);
  free_note(&conn->birth);
  tg_alloc_free(conn->name);
  tg_alloc_free(conn->username);
  tg_alloc_free(conn->password);
  tg_alloc_free(conn->ca_file);
  tg_alloc_free(conn->cert_file);
  tg_alloc_free(conn->key_file);
  tg_alloc_free(conn);
}

static const char *given(const char *text) {
  return text && text[0] ? text : NULL;
}

/* paho makes its threads here, and they inherit our policy: as SCHED_BATCH ones they don't interrupt us for each message that we
   hand them, but take many when we wait. A fifth less processor time for each message where they share a processor with us. */
static int connect_in_batches(const tg_mqtt_conn_t *conn, const MQTTAsync_connectOptions *options) {
  const struct sched_param none = {0};
  bool is_ordinary = sched_getscheduler(0) == SCHED_OTHER;
  if (is_ordinary) (void)sched_setscheduler(0, SCHED_BATCH, &none);
  int code = MQTTAsync_connect(conn->paho, options);
  if (is_ordinary) (void)sched_setscheduler(0, SCHED_OTHER, &none);
  return code;
}

tg_rc_t tg_mqtt_conn_open(tg_mqtt_conn_t *conn) {
  bool v5 = conn->version == MQTTVERSION_5;
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
  if (v5) options = (MQTTAsync_connectOptions)MQTTAsync_connectOptions_initializer5;
  MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
  MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;

  options.MQTTVersion = conn->version;
  options.keepAliveInterval = conn->keepalive_s;
  options.connectTimeout = CONNECT_TIMEOUT_S;
  options.cleansession = v5 ? 0 : 1;
  options.cleanstart = v5 ? 1 : 0;
  options.username = given(conn->username);
  options.password = given(conn->password);
  options.context = conn;
  if (v5) {
    options.onSuccess5 = on_connected5;
    options.onFailure5 = on_refused5;
  } else {
    options.onSuccess = on_connected;
    options.onFailure = on_refused;
  }
  if (given(conn->will.topic)) {
    will.topicName = conn->will.topic;
    will.message = conn->will.payload;
    will.qos = conn->will.qos;
    will.retained = conn->will.retain;
    options.will = &will;
  }
  if (conn->tls) {
    tls.trustStore = given(conn->ca_file);
    tls.keyStore = given(conn->cert_file);
    tls.privateKey = given(conn->key_file);
    tls.enableServerCertAuth = 1;
    tls.verify = 1; /* the host name too */
    tls.ssl_error_cb = on_tls_error;
    tls.ssl_error_context = conn;
    options.ssl = &tls;
  }
  int code = connect_in_batches(conn, &options);
  if (code == MQTTASYNC_SUCCESS) return TG_OK;
  tg_log("mqtt", TG_LOG_WARN, "connect_failed broker=%s code=%d", conn->name, code);
  return TG_E_IO;
}

static void add_property(MQTTProperties *properties, const char *name, const char *value) {
  union {
    const char *from;
    char *to;
  } key = {name}, text = {value};
  MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};
  property.value.data = (MQTTLenString){(int)strlen(name), key.to};
  property.value.value = (MQTTLenString){(int)strlen(value), text.to};
  MQTTProperties_add(properties, &property);
}

tg_rc_t tg_mqtt_conn_send(tg_mqtt_conn_t *conn, const tg_mqtt_send_t *send, int *token) {
  bool v5 = conn->version == MQTTVERSION_5;
  union {
    const uint8_t *from;
    void *to;
  } payload = {send->payload.p};
  MQTTAsync_message message = MQTTAsync_message_initializer;
  message.payload = payload.to; /* paho copies it */
  message.payloadlen = (int)send->payload.len;
  message.qos = send->qos;
  message.retained = send->retain;
  if (v5 && send->gw && send->qos > 0) {
    char seq[24];
    snprintf(seq, sizeof seq, "%llu", (unsigned long long)send->seq);
    add_property(&message.properties, "gw", send->gw);
    add_property(&message.properties, "seq", seq);
  }

  MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
  response.context = conn;
  bool tell = send->qos > 0 || send->mark;
  if (tell && v5) {
    response.onSuccess5 = send->qos > 0 ? on_taken5 : on_written5;
    response.onFailure5 = send->qos > 0 ? on_not_taken5 : NULL;
  } else if (tell) {
    response.onSuccess = send->qos > 0 ? on_taken : on_written;
    response.onFailure = send->qos > 0 ? on_not_taken : NULL;
  }
  int code = MQTTAsync_sendMessage(conn->paho, send->topic, &message, &response);
  MQTTProperties_free(&message.properties);
  *token = response.token;
  return code == MQTTASYNC_SUCCESS ? TG_OK : TG_E_AGAIN;
}

void tg_mqtt_conn_send_birth(tg_mqtt_conn_t *conn) {
  (void)send_note(conn, &conn->birth);
}

void tg_mqtt_conn_subscribe(tg_mqtt_conn_t *conn, const char *filter, uint8_t qos) {
  MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
  int code = MQTTAsync_subscribe(conn->paho, filter, qos, &response);
  if (code != MQTTASYNC_SUCCESS)
    tg_log("mqtt", TG_LOG_WARN, "subscribe_failed broker=%s filter=%s code=%d", conn->name, filter, code);
}

void tg_mqtt_conn_unsubscribe(tg_mqtt_conn_t *conn, const char *filter) {
  MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
  (void)MQTTAsync_unsubscribe(conn->paho, filter, &response); /* not connected: there is nothing to end */
}
