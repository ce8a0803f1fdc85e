/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_BENCH_LOAD_NET_H
#define TG_TESTS_BENCH_LOAD_NET_H

/** One socket that is all devices: each has a source address of its own out of 127.0.0.0/8 (IP_PKTINFO). */

#include "tests/bench/load.h"

/** Opens the socket on all local addresses, a free port; -1 on failure. */
int tg_load_net_open(void);

/** Sends packets, each from its device's address to @p server, in one system call where the kernel takes them. */
void tg_load_net_send(int fd, const struct sockaddr_in *server, tg_load_packet_t *packets, unsigned count);

/** Receives up to TG_LOAD_WINDOW packets, waiting at most @p wait_ms for the first. @return how many came */
unsigned tg_load_net_receive(int fd, tg_load_packet_t *packets, int wait_ms);

/** CPU time that a process has used with all its threads, in nanoseconds; 0 when it can't be told. */
uint64_t tg_load_net_cpu_ns(int pid);

/** Resident memory of a process in bytes; 0 when it can't be told. */
uint64_t tg_load_net_rss(int pid);

#endif
