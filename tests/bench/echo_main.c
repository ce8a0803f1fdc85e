/* SPDX-License-Identifier: Apache-2.0 */
/* tg-echo [CPU]: sends every datagram back, many per system call: what the machine can do at best. Prints `listening PORT`. */

#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH = 64, SIZE = 2048 };

static uint8_t bytes[BATCH][SIZE];
static struct sockaddr_in peers[BATCH];

static void turn(int fd) {
  struct mmsghdr headers[BATCH];
  struct iovec vectors[BATCH];
  struct pollfd polled = {.fd = fd, .events = POLLIN};
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){bytes[i], SIZE};
    headers[i] = (struct mmsghdr){
        .msg_hdr = {.msg_name = peers + i, .msg_namelen = sizeof peers[i], .msg_iov = vectors + i, .msg_iovlen = 1}};
  }
  if (poll(&polled, 1, -1) < 0) return;
  int count = recvmmsg(fd, headers, BATCH, MSG_DONTWAIT, NULL);
  for (int i = 0; i < count; i++) vectors[i].iov_len = headers[i].msg_len;
  for (int done = 0; done < count;) {
    int sent = sendmmsg(fd, headers + done, (unsigned)(count - done), 0);
    if (sent <= 0) return;
    done += sent;
  }
}

int main(int argc, char **argv) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof here;
  int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
  if (argc > 1) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)atoi(argv[1]), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) perror("tg-echo: cpu");
  }
  if (fd < 0 || bind(fd, (const struct sockaddr *)&here, len) != 0 ||
      getsockname(fd, (struct sockaddr *)&here, &len) != 0)
    return 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  printf("listening %u\n", ntohs(here.sin_port));
  fflush(stdout);
  for (;;) turn(fd);
}
