/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/link/link_udp_addr_test.c: mirrors core/link/link_udp_addr.c. */

#include "core/link/link_udp_addr.h"

#include "tests/unit/check.h"

/* What people write, how many bytes it is; the text comes back. */
static void addresses_survive_text_and_bytes(void **state) {
  (void)state;
  static const struct {
    const char *text;
    unsigned len;
  } rows[] = {
      {"127.0.0.1:5683", 6}, {"192.0.2.7:65535@10.0.0.1", 10},       {"[2001:db8::1]:5683", 18},
      {"[fe80::1%7]:1", 22}, {"[2001:db8::1]:5683@2001:db8::2", 34}, {"[fe80::1%7]:0@fe80::2", 38},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_link_udp_addr_t addr, again;
    tg_addr_t packed;
    char text[128];
    tg_buf_t out;
    check_rc(tg_link_udp_addr_parse(tg_slice_str(rows[i].text), &addr), TG_OK);
    tg_link_udp_addr_pack(&addr, &packed);
    check_int(packed.len, rows[i].len);
    check_rc(tg_link_udp_addr_unpack(&packed, &again), TG_OK);
    tg_buf_init(&out, text, sizeof text);
    tg_link_udp_addr_put(&again, &out);
    check_slice(tg_buf_slice(&out), rows[i].text);
  }
}

static void bytes_that_nobody_wrote_are_refused(void **state) {
  (void)state;
  tg_link_udp_addr_t addr;
  for (unsigned len = 0; len <= TG_ADDR_MAX && len < 64; len++) {
    tg_addr_t packed = {.len = (uint8_t)len}, again;
    memset(packed.b, 1, sizeof packed.b);
    if (tg_link_udp_addr_unpack(&packed, &addr) != TG_OK) continue;
    tg_link_udp_addr_pack(&addr, &again);
    check_bytes(tg_slice(again.b, again.len), tg_slice(packed.b, packed.len));
  }
  tg_addr_t no_scope = {.len = 22, .b = {0xFE, 0x80}}; /* a scope that is none would be another peer */
  check_rc(tg_link_udp_addr_unpack(&no_scope, &addr), TG_E_SYNTAX);
}

static void text_that_is_no_address_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    tg_rc_t rc;
  } rows[] = {
      {"", TG_E_SYNTAX},
      {":", TG_E_SYNTAX},
      {"[", TG_E_SYNTAX},
      {"[]:1", TG_E_SYNTAX},
      {"[::1]", TG_E_SYNTAX},
      {"[::1]1", TG_E_SYNTAX},
      {"127.0.0.1", TG_E_SYNTAX},
      {"127.0.0.1:", TG_E_SYNTAX},
      {"127.0.0.1:x", TG_E_SYNTAX},
      {"127.0.0.1:65536", TG_E_RANGE},
      {"127.0.0.1:99999999999999999999", TG_E_RANGE},
      {"localhost:1", TG_E_SYNTAX},
      {"::1:5683", TG_E_SYNTAX},
      {"[127.0.0.1]:1", TG_E_SYNTAX},
      {"127.0.0.1:1@", TG_E_SYNTAX},
      {"127.0.0.1:1@::1", TG_E_SYNTAX},
      {"[::1]:1@127.0.0.1", TG_E_SYNTAX},
      {"[fe80::1%]:1", TG_E_SYNTAX},
      {"[fe80::1%no-such-interface-name]:1", TG_E_SYNTAX},
      {"127.0.0.1%1:1", TG_E_SYNTAX},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_link_udp_addr_t addr;
    tg_rc_t rc = tg_link_udp_addr_parse(tg_slice_str(rows[i].text), &addr);
    if (rc != rows[i].rc) print_error("row %zu: %s\n", i, rows[i].text);
    check_rc(rc, rows[i].rc);
  }
}

static void a_host_longer_than_any_or_with_a_nul_is_refused(void **state) {
  (void)state;
  char longer[300];
  tg_link_udp_addr_t addr;
  memset(longer, '1', sizeof longer);
  check_rc(tg_link_udp_addr_parse_host(tg_slice(longer, sizeof longer), 1, &addr), TG_E_SYNTAX);
  check_rc(tg_link_udp_addr_parse_host(tg_slice("127.0.0.1\0x", 11), 1, &addr), TG_E_SYNTAX);
}

static void a_scope_may_be_an_interface_name(void **state) {
  (void)state;
  tg_link_udp_addr_t addr;
  check_rc(tg_link_udp_addr_parse_host(tg_slice_str("fe80::1%lo"), 1, &addr), TG_OK);
  check_true(addr.remote.v6.sin6_scope_id > 0);
}

static void bytes_of_no_known_length_are_refused(void **state) {
  (void)state;
  for (unsigned len = 0; len <= TG_ADDR_MAX; len++) {
    tg_addr_t packed = {.len = (uint8_t)len};
    memset(packed.b, 1, sizeof packed.b);
    tg_link_udp_addr_t addr;
    bool is_known = len == 6 || len == 10 || len == 18 || len == 22 || len == 34 || len == 38;
    check_rc(tg_link_udp_addr_unpack(&packed, &addr), is_known ? TG_OK : TG_E_SYNTAX);
  }
}

CHECK_SUITE(addresses_survive_text_and_bytes, text_that_is_no_address_is_refused,
            a_host_longer_than_any_or_with_a_nul_is_refused, a_scope_may_be_an_interface_name,
            bytes_of_no_known_length_are_refused, bytes_that_nobody_wrote_are_refused)
