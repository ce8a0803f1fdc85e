/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/base/hash_test.c: mirrors core/base/hash.c, core/base/random.c and core/base/clock.c. */

#include "core/base/hash.h"

#include "core/base/clock.h"
#include "core/base/random.h"
#include "tests/unit/check.h"

/* An independent, slow SipHash with free numbers of rounds; checked below against the published SipHash-2-4 vector. */
typedef struct slow {
  uint64_t v[4];
} slow_t;

static uint64_t turn(uint64_t x, int by) {
  return x << by | x >> (64 - by);
}

static void slow_round(slow_t *s) {
  s->v[0] += s->v[1], s->v[1] = turn(s->v[1], 13), s->v[1] ^= s->v[0], s->v[0] = turn(s->v[0], 32);
  s->v[2] += s->v[3], s->v[3] = turn(s->v[3], 16), s->v[3] ^= s->v[2];
  s->v[0] += s->v[3], s->v[3] = turn(s->v[3], 21), s->v[3] ^= s->v[0];
  s->v[2] += s->v[1], s->v[1] = turn(s->v[1], 17), s->v[1] ^= s->v[2], s->v[2] = turn(s->v[2], 32);
}

static uint64_t slow_siphash(int c, int d, tg_hash_key_t key, const uint8_t *p, size_t len) {
  static const char constant[] = "somepseudorandomlygeneratedbytes";
  slow_t s;
  for (int i = 0; i < 4; i++) {
    s.v[i] = i % 2 ? key.k1 : key.k0;
    for (int k = 0; k < 8; k++) s.v[i] ^= (uint64_t)(uint8_t)constant[i * 8 + k] << (8 * (7 - k));
  }
  for (size_t at = 0; at <= len; at += 8) {
    uint64_t m = at + 8 > len ? (uint64_t)len << 56 : 0;
    for (size_t k = 0; k < 8 && at + k < len; k++) m |= (uint64_t)p[at + k] << (8 * k);
    s.v[3] ^= m;
    for (int i = 0; i < c; i++) slow_round(&s);
    s.v[0] ^= m;
  }
  s.v[2] ^= 0xff;
  for (int i = 0; i < d; i++) slow_round(&s);
  return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}

static const tg_hash_key_t paper_key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

static void every_length_hashes_as_the_definition_says(void **state) {
  (void)state;
  uint8_t bytes[64];
  for (uint8_t i = 0; i < sizeof bytes; i++) bytes[i] = i;
  /* Aumasson and Bernstein, appendix A: SipHash-2-4 of 00 … 0e */
  assert_true(slow_siphash(2, 4, paper_key, bytes, 15) == UINT64_C(0xa129ca6149be45e5));
  for (size_t len = 0; len <= sizeof bytes; len++) {
    assert_true(tg_hash(&paper_key, tg_slice(bytes, len)) == slow_siphash(1, 3, paper_key, bytes, len));
  }
}

static void the_key_changes_every_hash(void **state) {
  (void)state;
  tg_hash_key_t other = {1, 2};
  check_true(tg_hash(&other, tg_slice_str("ep")) != tg_hash(&paper_key, tg_slice_str("ep")));
  uint64_t h = tg_hash(&other, tg_slice_str("ep"));
  check_true(tg_hash32(&other, tg_slice_str("ep")) == (uint32_t)(h ^ h >> 32));
}

static void the_crc_of_the_check_string_is_the_published_one(void **state) {
  (void)state;
  check_int(tg_hash_crc32(0, tg_slice_str("123456789")), 0xCBF43926);
  check_int(tg_hash_crc32(0, tg_slice(NULL, 0)), 0);
  check_int(tg_hash_crc32(tg_hash_crc32(0, tg_slice_str("1234")), tg_slice_str("56789")), 0xCBF43926);
}

static void kernel_randomness_fills_every_byte(void **state) {
  (void)state;
  uint8_t seen[64] = {0};
  for (int round = 0; round < 20; round++) {
    uint8_t bytes[64] = {0};
    tg_random_fill(NULL, bytes, sizeof bytes - 1);
    check_int(bytes[63], 0);
    for (int i = 0; i < 63; i++) seen[i] |= bytes[i];
  }
  for (int i = 0; i < 63; i++) assert_int_not_equal(seen[i], 0);
}

static void the_seeded_source_repeats_itself(void **state) {
  (void)state;
  tg_random_seeded_t a = {1}, b = {1}, c = {2};
  uint8_t of_a[21], of_b[21], of_c[21];
  tg_random_fill_seeded(&a, of_a, sizeof of_a);
  tg_random_fill_seeded(&b, of_b, sizeof of_b);
  tg_random_fill_seeded(&c, of_c, sizeof of_c);
  assert_memory_equal(of_a, of_b, sizeof of_a);
  assert_memory_not_equal(of_a, of_c, sizeof of_a);
  tg_random_seeded_t zero = {0};
  uint64_t first;
  tg_random_fill_seeded(&zero, &first, sizeof first);
  uint64_t swapped = __builtin_bswap64(first);
  assert_true(first == UINT64_C(0xE220A8397B1DCDAF) || swapped == UINT64_C(0xE220A8397B1DCDAF));
}

static void the_monotonic_clock_never_goes_back(void **state) {
  (void)state;
  uint64_t last = tg_clock_mono_ns();
  for (int i = 0; i < 1000; i++) {
    uint64_t now = tg_clock_mono_ns();
    check_true(now >= last);
    last = now;
  }
  check_true(tg_clock_mono_ms() >= last / 1000000);
  check_true(tg_clock_wall_ms() > INT64_C(1577836800000)); /* 2020 */
}

CHECK_SUITE(every_length_hashes_as_the_definition_says, the_key_changes_every_hash,
            the_crc_of_the_check_string_is_the_published_one, kernel_randomness_fills_every_byte,
            the_seeded_source_repeats_itself, the_monotonic_clock_never_goes_back)
