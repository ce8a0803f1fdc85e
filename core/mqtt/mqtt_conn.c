/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to one broker over paho's MQTTAsync: how it is made, opened and ended, and what is sent over it. See mqtt_conn.h. */

#include "core/mqtt/mqtt_conn.h"

#include <stdio.h>
#include <time.h>

#include "core/base/alloc.h"
#include "core/base/batch.h"
#include "core/base/log.h"
#include "core/mqtt/mqtt_callback.h"
#include "core/mqtt/mqtt_lookup.h"
#include "core/mqtt/mqtt_uri.h"

enum { CONNECT_TIMEOUT_S = 10, GOODBYE_MS = 2000, POLL_MS = 10 };

struct tg_mqtt_conn {
  MQTTAsync paho;
  tg_mqtt_callback_t callback;
  char *uri;
  tg_mqtt_uri_t server; /* parts of uri */
  char *host;           /* of it */
  tg_mqtt_lookup_t *lookup;
  int version;
  int keepalive_s;
  char *name;
  char *username;
  char *password;
  char *ca_file;
  char *cert_file;
  char *key_file;
  tg_mqtt_note_t will;
  tg_mqtt_note_t birth;
  bool is_gone; /* a send has shown it, and that is told */
};

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

static tg_rc_t create(tg_mqtt_conn_t *conn, const tg_mqtt_broker_config_t *config, tg_diag_t *diag) {
  conn->uri = copy(config->uri);
  if (!conn->uri) return TG_E_NOMEM;
  tg_rc_t rc = tg_mqtt_uri_read(conn->uri, &conn->server, diag);
  if (rc != TG_OK) return rc;
  conn->host = tg_alloc_str(conn->server.host);
  if (!conn->host) return TG_E_NOMEM;

  uint8_t text[512];
  tg_buf_t uri;
  tg_buf_init(&uri, text, sizeof text);
  MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer;
  options.MQTTVersion = conn->version;
  const char *address = tg_mqtt_uri_put(&uri, &conn->server);
  if (!address || MQTTAsync_createWithOptions(&conn->paho, address, config->client_id, MQTTCLIENT_PERSISTENCE_NONE,
                                              NULL, &options) != 0) {
    tg_diag_set(diag, NULL, 0, "broker \"%.64s\": the MQTT library does not take uri \"%.200s\" or the client id",
                config->name, config->uri);
    return TG_E_CONFIG;
  }
  return tg_mqtt_callback_set(&conn->callback, conn->paho, conn->version == MQTTVERSION_5);
}

tg_rc_t tg_mqtt_conn_new(const tg_mqtt_broker_config_t *config, size_t broker, tg_mqtt_ring_t *ring, tg_diag_t *diag,
                         tg_mqtt_conn_t **out) {
  tg_mqtt_conn_t *conn = tg_alloc_array(1, sizeof *conn);
  if (!conn) return TG_E_NOMEM;
  tg_mqtt_callback_init(&conn->callback, broker, ring);
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
  tg_mqtt_lookup_end(conn->lookup);
  if (conn->paho) {
    say_goodbye(conn);
    MQTTAsync_destroy(&conn->paho);
  }
  tg_mqtt_callback_fini(&conn->callback);
  free_note(&conn->will);
  free_note(&conn->birth);
  tg_alloc_free(conn->host);
  tg_alloc_free(conn->uri);
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

/* paho makes its threads here, and they inherit our policy. A fifth less processor time for each message where they share a processor
   with us. */
static int connect_in_batches(const tg_mqtt_conn_t *conn, const MQTTAsync_connectOptions *options) {
  bool is_batch = tg_batch_begin();
  int code = MQTTAsync_connect(conn->paho, options);
  if (is_batch) tg_batch_end();
  return code;
}

static void set_will(const tg_mqtt_note_t *note, MQTTAsync_willOptions *will) {
  will->topicName = note->topic;
  will->message = note->payload;
  will->qos = note->qos;
  will->retained = note->retain;
}

static void set_tls(tg_mqtt_conn_t *conn, MQTTAsync_SSLOptions *tls) {
  tls->trustStore = given(conn->ca_file);
  tls->keyStore = given(conn->cert_file);
  tls->privateKey = given(conn->key_file);
  tls->enableServerCertAuth = 1;
  tls->verify = 1; /* the host name too */
  tg_mqtt_callback_of_tls(&conn->callback, tls);
}

/* Connects to what the configuration names, or to @p server, a URI of paho's. */
static tg_rc_t open_at(tg_mqtt_conn_t *conn, const char *server) {
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
  tg_mqtt_callback_of_connect(&conn->callback, &options);
  if (given(conn->will.topic)) {
    set_will(&conn->will, &will);
    options.will = &will;
  }
  if (conn->server.tls) {
    set_tls(conn, &tls);
    options.ssl = &tls;
  }
  union {
    const char *from;
    char *to;
  } only = {server};
  options.serverURIcount = server ? 1 : 0;
  options.serverURIs = server ? &only.to : NULL; /* paho copies it */
  conn->is_gone = false;
  int code = connect_in_batches(conn, &options);
  if (code == MQTTASYNC_SUCCESS) return TG_OK;
  tg_log("mqtt", TG_LOG_WARN, "connect_failed broker=%s code=%d", conn->name, code);
  return TG_E_IO;
}

tg_rc_t tg_mqtt_conn_open(tg_mqtt_conn_t *conn) {
  if (tg_mqtt_uri_is_address(&conn->server)) return open_at(conn, NULL);
  tg_mqtt_lookup_end(conn->lookup);
  conn->lookup = tg_mqtt_lookup_begin(conn->host, conn->callback.broker, conn->callback.ring);
  return conn->lookup ? TG_OK : TG_E_IO;
}

/* With TLS the name is needed to check the certificate, so paho looks it up once more: the DNS has just answered. */
tg_rc_t tg_mqtt_conn_found(tg_mqtt_conn_t *conn, tg_slice_t address) {
  tg_mqtt_lookup_end(conn->lookup);
  conn->lookup = NULL;
  if (conn->server.tls) return open_at(conn, NULL);
  uint8_t memory[2][128];
  tg_buf_t uri, host;
  tg_buf_init(&uri, memory[0], sizeof memory[0]);
  tg_buf_init(&host, memory[1], sizeof memory[1]);
  bool is_v6 = tg_slice_find(address, ':') < address.len;
  tg_buf_put_fmt(&host, is_v6 ? "[%.*s]" : "%.*s", (int)address.len, (const char *)address.p);
  tg_mqtt_uri_t found = conn->server;
  found.host = tg_buf_slice(&host);
  const char *server = tg_mqtt_uri_put(&uri, &found);
  return server ? open_at(conn, server) : TG_E_IO;
}

static MQTTProperty user_property(const char *name, const char *value) {
  union {
    const char *from;
    char *to;
  } key = {name}, text = {value};
  MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};
  property.value.data = (MQTTLenString){(int)strlen(name), key.to};
  property.value.value = (MQTTLenString){(int)strlen(value), text.to};
  return property;
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
  char seq[24];
  MQTTProperty of_promise[2];
  if (v5 && send->gw && send->qos > 0) {
    snprintf(seq, sizeof seq, "%llu", (unsigned long long)send->seq);
    of_promise[0] = user_property("gw", send->gw);
    of_promise[1] = user_property("seq", seq);
    /* Lent like the payload: MQTTProperties_add() would copy them, to be copied again. */
    message.properties = (MQTTProperties){.count = 2, .max_count = 2, .array = of_promise};
  }

  MQTTAsync_responseOptions response = MQTTAsync_responseOptions_initializer;
  if (send->qos > 0 || send->mark) tg_mqtt_callback_of_send(&conn->callback, &response, v5, send->qos);
  int code = MQTTAsync_sendMessage(conn->paho, send->topic, &message, &response);
  *token = response.token;
  if (code == MQTTASYNC_DISCONNECTED && !conn->is_gone) conn->is_gone = tg_mqtt_callback_gone(&conn->callback);
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
