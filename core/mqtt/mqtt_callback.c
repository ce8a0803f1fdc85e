/* SPDX-License-Identifier: Apache-2.0 */
/* What paho calls, on threads of its own: everything here only pushes into the ring. See mqtt_callback.h. */

#include "core/mqtt/mqtt_callback.h"

#include <stdio.h>

enum { TLS_REASON_AT = 6 };

/* Only messages are ever refused. Out of memory here shows as a lost acknowledgement, and the message is sent again; for states see GIVEN_UP_MS of mqtt.c. */
static bool push(tg_mqtt_callback_t *callback, tg_mqtt_note_kind_t kind, int value, const char *why) {
  const tg_mqtt_event_t event = {.kind = kind, .broker = callback->broker, .value = value, .topic = tg_slice_str(why)};
  return tg_mqtt_ring_push(callback->ring, &event);
}

static void on_lost(void *context, char *cause) {
  (void)push(context, TG_MQTT_DOWN, 0, cause ? cause : "the connection was lost");
}

/* MQTT 5: the broker ends the connection with a DISCONNECT that says why. paho does not call on_lost() then. */
static void on_dismissed(void *context, MQTTProperties *properties, enum MQTTReasonCodes code) {
  (void)properties;
  const char *reason = MQTTReasonCode_toString(code);
  (void)push(context, TG_MQTT_DOWN, 0, reason ? reason : "the broker ended the connection");
}

static int on_arrived(void *context, char *topic, int topic_len, MQTTAsync_message *message) {
  tg_mqtt_callback_t *callback = context;
  const tg_mqtt_event_t event = {
      .kind = TG_MQTT_MESSAGE,
      .broker = callback->broker,
      .qos = (uint8_t)message->qos,
      .retained = message->retained != 0,
      .topic = topic_len > 0 ? tg_slice(topic, (size_t)topic_len) : tg_slice_str(topic),
      .payload = tg_slice(message->payload, message->payloadlen > 0 ? (size_t)message->payloadlen : 0),
  };
  if (!tg_mqtt_ring_push(callback->ring, &event))
    return 0; /* paho keeps it and asks again: the broker is slowed down */
  MQTTAsync_freeMessage(&message);
  MQTTAsync_free(topic);
  return 1;
}

/* A number that the broker says with its CONNACK; 0 when it says none. */
static int64_t number(MQTTAsync_successData5 *data, enum MQTTPropertyCodes code) {
  bool is_there = data && MQTTProperties_hasProperty(&data->properties, code);
  return is_there ? MQTTProperties_getNumericValue(&data->properties, code) : 0;
}

static void on_connected5(void *context, MQTTAsync_successData5 *data) {
  tg_mqtt_callback_t *callback = context;
  const tg_mqtt_event_t event = {.kind = TG_MQTT_UP,
                                 .broker = callback->broker,
                                 .value = (int)number(data, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM),
                                 .packet_max = (uint32_t)number(data, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE)};
  (void)tg_mqtt_ring_push(callback->ring, &event);
}

static void on_connected(void *context, MQTTAsync_successData *data) {
  (void)data;
  (void)push(context, TG_MQTT_UP, 0, NULL);
}

/* Seam of OpenSSL, on paho's threads, before the connection is refused: `140…:error:0A000086:SSL routines::certificate verify failed:…`. */
static int on_tls_error(const char *text, size_t len, void *context) {
  tg_mqtt_callback_t *callback = context;
  tg_slice_t rest = tg_slice(text, len), part = rest;
  for (int i = 0; i < TLS_REASON_AT && rest.len; i++) part = tg_slice_take(&rest, ':');
  pthread_mutex_lock(&callback->lock);
  if (!callback->tls_why[0])
    snprintf(callback->tls_why, sizeof callback->tls_why, "%.*s", (int)part.len, (const char *)part.p);
  pthread_mutex_unlock(&callback->lock);
  return 1;
}

/* What OpenSSL said is more than what paho makes of it. */
static void refuse(tg_mqtt_callback_t *callback, const char *reason, const char *message) {
  char why[192];
  pthread_mutex_lock(&callback->lock);
  if (!reason) reason = message ? message : "no connection";
  snprintf(why, sizeof why, "%s%s%s", reason, callback->tls_why[0] ? ": " : "", callback->tls_why);
  callback->tls_why[0] = '\0';
  pthread_mutex_unlock(&callback->lock);
  (void)push(callback, TG_MQTT_REFUSED, 0, why);
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
  (void)push(context, TG_MQTT_TAKEN, data ? data->token : 0, NULL);
}

static void on_taken(void *context, MQTTAsync_successData *data) {
  (void)push(context, TG_MQTT_TAKEN, data ? data->token : 0, NULL);
}

static void on_not_taken5(void *context, MQTTAsync_failureData5 *data) {
  bool denied = data && (int)data->reasonCode >= 0x80;
  (void)push(context, denied ? TG_MQTT_DENIED : TG_MQTT_LOST, data ? data->token : 0,
             denied ? MQTTReasonCode_toString(data->reasonCode) : NULL);
}

static void on_not_taken(void *context, MQTTAsync_failureData *data) {
  (void)push(context, TG_MQTT_LOST, data ? data->token : 0, NULL);
}

static void on_written5(void *context, MQTTAsync_successData5 *data) {
  (void)data;
  (void)push(context, TG_MQTT_WRITTEN, 0, NULL);
}

static void on_written(void *context, MQTTAsync_successData *data) {
  (void)data;
  (void)push(context, TG_MQTT_WRITTEN, 0, NULL);
}

void tg_mqtt_callback_init(tg_mqtt_callback_t *callback, size_t broker, tg_mqtt_ring_t *ring) {
  *callback = (tg_mqtt_callback_t){.ring = ring, .broker = broker};
  pthread_mutex_init(&callback->lock, NULL);
}

void tg_mqtt_callback_fini(tg_mqtt_callback_t *callback) {
  pthread_mutex_destroy(&callback->lock);
}

bool tg_mqtt_callback_gone(tg_mqtt_callback_t *callback) {
  return push(callback, TG_MQTT_DOWN, 0, "the connection is gone");
}

tg_rc_t tg_mqtt_callback_set(tg_mqtt_callback_t *callback, MQTTAsync paho, bool v5) {
  if (v5 && MQTTAsync_setDisconnected(paho, callback, on_dismissed) != MQTTASYNC_SUCCESS) return TG_E_INTERNAL;
  return MQTTAsync_setCallbacks(paho, callback, on_lost, on_arrived, NULL) == MQTTASYNC_SUCCESS ? TG_OK : TG_E_INTERNAL;
}

void tg_mqtt_callback_of_connect(tg_mqtt_callback_t *callback, MQTTAsync_connectOptions *options) {
  options->context = callback;
  if (options->MQTTVersion == MQTTVERSION_5) {
    options->onSuccess5 = on_connected5;
    options->onFailure5 = on_refused5;
  } else {
    options->onSuccess = on_connected;
    options->onFailure = on_refused;
  }
}

void tg_mqtt_callback_of_tls(tg_mqtt_callback_t *callback, MQTTAsync_SSLOptions *tls) {
  tls->ssl_error_cb = on_tls_error;
  tls->ssl_error_context = callback;
}

void tg_mqtt_callback_of_send(tg_mqtt_callback_t *callback, MQTTAsync_responseOptions *response, bool v5, uint8_t qos) {
  response->context = callback;
  if (v5) {
    response->onSuccess5 = qos > 0 ? on_taken5 : on_written5;
    response->onFailure5 = qos > 0 ? on_not_taken5 : NULL;
  } else {
    response->onSuccess = qos > 0 ? on_taken : on_written;
    response->onFailure = qos > 0 ? on_not_taken : NULL;
  }
}
