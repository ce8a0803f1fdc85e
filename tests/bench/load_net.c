/* SPDX-License-Identifier: Apache-2.0 */
/* The load generator's socket; see load_net.h. */

#include "tests/bench/load_net.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Room for one IP_PKTINFO control message, aligned for it. */
typedef union control {
  size_t align; /* as struct cmsghdr begins */
  uint8_t bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
} control_t;

/* 127.1.0.0 and up: 127.0.0.0/16 stays with servers. */
static uint32_t address_of(unsigned device) {
  return htonl(0x7F010000U + device + 1);
}

int tg_load_net_open(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, size = 4 << 20;
  struct sockaddr_in any = {.sin_family = AF_INET};
  if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof any) != 0) return -1;
  if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  return fd;
}

void tg_load_net_send(int fd, const struct sockaddr_in *server, tg_load_packet_t *packets, unsigned count) {
  struct mmsghdr headers[TG_LOAD_WINDOW];
  struct iovec vectors[TG_LOAD_WINDOW];
  control_t controls[TG_LOAD_WINDOW];
  struct sockaddr_in to = *server;
  memset(controls, 0, sizeof controls);
  for (unsigned i = 0; i < count; i++) {
    vectors[i] = (struct iovec){packets[i].bytes, packets[i].len};
    headers[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &to,
                                              .msg_namelen = sizeof to,
                                              .msg_iov = vectors + i,
                                              .msg_iovlen = 1,
                                              .msg_control = controls + i,
                                              .msg_controllen = sizeof(control_t)}};
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&headers[i].msg_hdr);
    cmsg->cmsg_level = IPPROTO_IP;
    cmsg->cmsg_type = IP_PKTINFO;
    cmsg->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = address_of(packets[i].device)};
    memcpy(CMSG_DATA(cmsg), &info, sizeof info);
  }
  for (unsigned done = 0; done < count;) {
    int sent = sendmmsg(fd, headers + done, count - done, 0);
    if (sent <= 0) return; /* lost; the window is sent again when nothing comes */
    done += (unsigned)sent;
  }
}

static unsigned device_of(struct msghdr *header) {
  for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(header); cmsg; cmsg = CMSG_NXTHDR(header, cmsg)) {
    if (cmsg->cmsg_level != IPPROTO_IP || cmsg->cmsg_type != IP_PKTINFO) continue;
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(cmsg), sizeof info);
    return ntohl(info.ipi_addr.s_addr) - 0x7F010000U - 1;
  }
  return UINT32_MAX;
}

unsigned tg_load_net_receive(int fd, tg_load_packet_t *packets, int wait_ms) {
  struct mmsghdr headers[TG_LOAD_WINDOW];
  struct iovec vectors[TG_LOAD_WINDOW];
  control_t controls[TG_LOAD_WINDOW];
  for (unsigned i = 0; i < TG_LOAD_WINDOW; i++) {
    vectors[i] = (struct iovec){packets[i].bytes, sizeof packets[i].bytes};
    headers[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &packets[i].peer,
                                              .msg_namelen = sizeof packets[i].peer,
                                              .msg_iov = vectors + i,
                                              .msg_iovlen = 1,
                                              .msg_control = controls + i,
                                              .msg_controllen = sizeof(control_t)}};
  }
  struct pollfd polled = {.fd = fd, .events = POLLIN};
  int count = recvmmsg(fd, headers, TG_LOAD_WINDOW, 0, NULL);
  if (count <= 0 && poll(&polled, 1, wait_ms) > 0) count = recvmmsg(fd, headers, TG_LOAD_WINDOW, 0, NULL);
  for (int i = 0; i < count; i++) {
    packets[i].len = headers[i].msg_len;
    packets[i].device = device_of(&headers[i].msg_hdr);
  }
  return count > 0 ? (unsigned)count : 0;
}

uint64_t tg_load_net_cpu_ns(int pid) {
  char path[320];
  uint64_t total = 0;
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = pid > 0 ? opendir(path) : NULL;
  for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, entry->d_name);
    FILE *file = fopen(path, "re");
    unsigned long long ns = 0;
    if (file && fscanf(file, "%llu", &ns) == 1) total += ns;
    if (file) fclose(file);
  }
  if (tasks) closedir(tasks);
  return total;
}

uint64_t tg_load_net_rss(int pid) {
  char path[64];
  unsigned long long size, pages = 0;
  snprintf(path, sizeof path, "/proc/%d/statm", pid);
  FILE *file = pid > 0 ? fopen(path, "re") : NULL;
  if (file && fscanf(file, "%llu %llu", &size, &pages) != 2) pages = 0;
  if (file) fclose(file);
  return pages * 4096;
}
