/* SPDX-License-Identifier: Apache-2.0 */
/* Starts and stops a real mosquitto for tests. See mosquitto_harness.h. */

#include "tests/unit/mqtt/mosquitto_harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const places[] = {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"};

static const char *binary(void) {
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (access(places[i], X_OK) == 0) return places[i];
  }
  return NULL;
}

bool mosquitto_harness_found(void) {
  return binary() != NULL;
}

static struct sockaddr_in loopback(uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static uint16_t free_port(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = loopback(0);
  socklen_t len = sizeof address;
  uint16_t port = 0;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
      getsockname(fd, (struct sockaddr *)&address, &len) == 0) {
    port = ntohs(address.sin_port);
  }
  close(fd);
  return port;
}

static bool accepts(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = loopback(port);
  bool open = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
  close(fd);
  return open;
}

bool mosquitto_harness_restart(mosquitto_harness_t *broker) {
  char conf[128];
  snprintf(conf, sizeof conf, "%s/mosquitto.conf", broker->folder);
  broker->pid = fork();
  if (broker->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves no broker behind */
    execl(binary(), "mosquitto", "-c", conf, (char *)NULL);
    _exit(127);
  }
  for (int i = 0; i < 500; i++) {
    if (accepts(broker->port)) return true;
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
  return false;
}

bool mosquitto_harness_start(mosquitto_harness_t *broker, const char *extra) {
  *broker = (mosquitto_harness_t){.port = free_port()};
  strcpy(broker->folder, "/tmp/tg-mosquitto-XXXXXX");
  if (!mkdtemp(broker->folder)) return false;
  char conf[128];
  snprintf(conf, sizeof conf, "%s/mosquitto.conf", broker->folder);
  FILE *file = fopen(conf, "w");
  if (!file) return false;
  fprintf(file, "listener %u 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n%s\n", broker->port,
          extra ? extra : "");
  fclose(file);
  return mosquitto_harness_restart(broker);
}

void mosquitto_harness_stop(mosquitto_harness_t *broker) {
  if (broker->pid <= 0) return;
  kill(broker->pid, SIGTERM);
  waitpid(broker->pid, NULL, 0);
  broker->pid = 0;
}

void mosquitto_harness_clean(mosquitto_harness_t *broker) {
  char path[128];
  snprintf(path, sizeof path, "%s/mosquitto.conf", broker->folder);
  unlink(path);
  rmdir(broker->folder);
}
