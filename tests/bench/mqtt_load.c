/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tg-mqtt-load: the bare paho publisher that the gateway is compared with, and the subscriber that counts for both.
 *   tg-mqtt-load publish URI QOS SECONDS   prints {"published":N,"cpu_us":CPU time of this process per message}
 *   tg-mqtt-load count URI FILTER SECONDS  prints `ready`, then counts from the first message on, half a second of which is not counted:
 *                                          {"count":N,"rate":messages per second}
 *   tg-mqtt-load total URI FILTER SECONDS  prints `ready`, then counts until nothing has come for so many seconds: {"count":N}
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <MQTTAsync.h>

enum { WINDOW = 16, WARM_UP_MS = 500, FIRST_MS = 20000 };

typedef struct state {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool ready;
  bool failed;
  unsigned in_flight;
  unsigned long long count;
} state_t;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_s(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void on_ready(void *ud, MQTTAsync_successData5 *data) {
  state_t *state = ud;
  (void)data;
  pthread_mutex_lock(&state->lock);
  state->ready = true;
  pthread_cond_signal(&state->changed);
  pthread_mutex_unlock(&state->lock);
}

static void on_failure(void *ud, MQTTAsync_failureData5 *data) {
  state_t *state = ud;
  (void)data;
  pthread_mutex_lock(&state->lock);
  state->failed = true;
  pthread_cond_signal(&state->changed);
  pthread_mutex_unlock(&state->lock);
}

static void on_sent(void *ud, MQTTAsync_successData5 *data) {
  state_t *state = ud;
  (void)data;
  pthread_mutex_lock(&state->lock);
  state->in_flight--;
  state->count++;
  pthread_cond_signal(&state->changed);
  pthread_mutex_unlock(&state->lock);
}

static int on_message(void *ud, char *topic, int topic_len, MQTTAsync_message *message) {
  state_t *state = ud;
  (void)topic_len;
  pthread_mutex_lock(&state->lock);
  state->count++;
  pthread_mutex_unlock(&state->lock);
  MQTTAsync_freeMessage(&message);
  MQTTAsync_free(topic);
  return 1;
}

static bool await(state_t *state) {
  pthread_mutex_lock(&state->lock);
  while (!state->ready && !state->failed) pthread_cond_wait(&state->changed, &state->lock);
  bool good = state->ready && !state->failed;
  state->ready = false;
  pthread_mutex_unlock(&state->lock);
  return good;
}

static bool connect_to(MQTTAsync *client, const char *uri, state_t *state) {
  char id[32];
  MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer5;
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
  snprintf(id, sizeof id, "load-%d", (int)getpid());
  options.onSuccess5 = on_ready;
  options.onFailure5 = on_failure;
  options.context = state;
  options.maxInflight = WINDOW;
  if (MQTTAsync_createWithOptions(client, uri, id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &create) != MQTTASYNC_SUCCESS)
    return false;
  MQTTAsync_setCallbacks(*client, state, NULL, on_message, NULL);
  return MQTTAsync_connect(*client, &options) == MQTTASYNC_SUCCESS && await(state);
}

static int publish(MQTTAsync client, state_t *state, int qos, double seconds) {
  static const char topic[] = "tidegate/dev/load000042/v/3303/0/5700";
  static char payload[] =
      "{\"v\":21.5,\"t\":1763990000.123,\"unit\":\"Cel\",\"name\":\"Sensor Value\",\"src\":\"notify\",\"gw\":\"0123456789abcdef\",\"seq\":123456}";
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  options.onSuccess5 = on_sent;
  options.onFailure5 = on_failure;
  options.context = state;
  double cpu = cpu_s();
  for (double end = now_s() + seconds; now_s() < end && !state->failed;) {
    pthread_mutex_lock(&state->lock);
    while (state->in_flight >= WINDOW && !state->failed) pthread_cond_wait(&state->changed, &state->lock);
    state->in_flight++;
    pthread_mutex_unlock(&state->lock);
    if (MQTTAsync_send(client, topic, sizeof payload - 1, payload, qos, 0, &options) != MQTTASYNC_SUCCESS) return 1;
  }
  printf("{\"published\":%llu,\"cpu_us\":%.2f}\n", state->count,
         state->count ? (cpu_s() - cpu) * 1e6 / (double)state->count : 0);
  return state->failed;
}

static unsigned long long counted(state_t *state) {
  pthread_mutex_lock(&state->lock);
  unsigned long long count = state->count;
  pthread_mutex_unlock(&state->lock);
  return count;
}

static bool subscribe(MQTTAsync client, state_t *state, const char *filter) {
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  options.onSuccess5 = on_ready;
  options.onFailure5 = on_failure;
  options.context = state;
  if (MQTTAsync_subscribe(client, filter, 1, &options) != MQTTASYNC_SUCCESS || !await(state)) return false;
  printf("ready\n");
  fflush(stdout);
  for (int waited = 0; counted(state) == 0; waited += 10) {
    if (waited > FIRST_MS) return false;
    usleep(10000);
  }
  return true;
}

static int count(MQTTAsync client, state_t *state, const char *filter, double seconds) {
  if (!subscribe(client, state, filter)) return 1;
  usleep(WARM_UP_MS * 1000);
  double start = now_s();
  unsigned long long first = counted(state);
  usleep((useconds_t)(seconds * 1e6));
  unsigned long long n = counted(state) - first;
  printf("{\"count\":%llu,\"rate\":%.0f}\n", n, (double)n / (now_s() - start));
  return 0;
}

static int total(MQTTAsync client, state_t *state, const char *filter, double seconds) {
  if (!subscribe(client, state, filter)) return 1;
  unsigned long long seen = 0;
  for (double heard = now_s(); now_s() < heard + seconds; usleep(10000)) {
    unsigned long long now = counted(state);
    if (now != seen) heard = now_s();
    seen = now;
  }
  printf("{\"count\":%llu}\n", seen);
  return 0;
}

static int start(MQTTAsync client, state_t *state, char **argv) {
  double seconds = strtod(argv[4], NULL);
  if (strcmp(argv[1], "publish") == 0) return publish(client, state, atoi(argv[3]), seconds);
  return (strcmp(argv[1], "count") == 0 ? count : total)(client, state, argv[3], seconds);
}

int main(int argc, char **argv) {
  static const char *const words[] = {"publish", "count", "total"};
  static state_t state = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  bool known = false;
  for (size_t i = 0; i < sizeof words / sizeof *words && argc == 5; i++) known |= strcmp(argv[1], words[i]) == 0;
  if (!known) {
    fputs("usage: tg-mqtt-load publish URI QOS SECONDS | count URI FILTER SECONDS | total URI FILTER SECONDS\n",
          stderr);
    return 2;
  }
  MQTTAsync client = NULL;
  if (!connect_to(&client, argv[2], &state)) {
    fprintf(stderr, "tg-mqtt-load: no connection to %s\n", argv[2]);
    return 1;
  }
  int status = start(client, &state, argv);
  fflush(stdout);
  _exit(status);
}
