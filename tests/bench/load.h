/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_TESTS_BENCH_LOAD_H
#define TG_TESTS_BENCH_LOAD_H

/** What the files of tg-load share. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TG_LOAD_WINDOW = 64, TG_LOAD_DATAGRAM_MAX = 512, TG_LOAD_PLACE_MAX = 30 };

/** The command line. */
typedef struct tg_load_config {
  struct sockaddr_in server;
  unsigned devices;
  double seconds; /* of updates or notifications */
  int pid;        /* the server's process, whose CPU time is measured; 0: none */
  bool echo;      /* the server is tg-echo: nothing is registered */
  bool notify;    /* notifications instead of updates */
  unsigned from;  /* number of the first device */
  double rate;    /* notifications a second at a pace, not confirmable; 0: as fast as they are acknowledged */
  unsigned burst; /* so many together, at a pace */
  bool restart;   /* waits at the end for the server to go, and to come back */
} tg_load_config_t;

/** A device: where it registered, as encoded Uri-Path options; the token under which it is observed. */
typedef struct tg_load_device {
  uint8_t place_len;
  uint8_t place[TG_LOAD_PLACE_MAX];
  uint8_t token_len; /* 0: not observed */
  uint8_t token[8];
} tg_load_device_t;

/** A datagram and the device it goes to or came for. */
typedef struct tg_load_packet {
  unsigned device;
  struct sockaddr_in peer;
  size_t len;
  uint8_t bytes[TG_LOAD_DATAGRAM_MAX];
} tg_load_packet_t;

#endif
