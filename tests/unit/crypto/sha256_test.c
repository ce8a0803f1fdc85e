/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/crypto/sha256.c: the vectors of FIPS 180-4, whole, in pieces, and from files. */

#include <stdlib.h>
#include <unistd.h>

#include "core/base/hex.h"
#include "core/crypto/sha256.h"
#include "tests/unit/check.h"

static void check_digest(const uint8_t digest[TG_SHA256_SIZE], const char *hex) {
  uint8_t memory[2 * TG_SHA256_SIZE];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  tg_hex_put(&out, tg_slice(digest, TG_SHA256_SIZE));
  check_slice(tg_buf_slice(&out), hex);
}

static void known_texts_have_their_digests(void **state) {
  (void)state;
  static const struct {
    const char *text, *digest;
  } rows[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t digest[TG_SHA256_SIZE];
    tg_sha256_t *sha = tg_sha256_new();
    assert_non_null(sha);
    for (const char *at = rows[i].text; *at; at++) tg_sha256_put(sha, tg_slice(at, 1)); /* byte by byte */
    tg_sha256_end(sha, digest);
    tg_sha256_free(sha);
    check_digest(digest, rows[i].digest);
  }
}

static void files_are_read_from_where_they_stand_to_their_end(void **state) {
  (void)state;
  char path[] = "/tmp/tg-sha256-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  static char block[1000];
  memset(block, 'a', sizeof block);
  for (int i = 0; i < 1000; i++) check_int(write(fd, block, sizeof block), sizeof block);
  uint8_t digest[TG_SHA256_SIZE];
  uint64_t size = 0;
  check_int(lseek(fd, 0, SEEK_SET), 0);
  check_rc(tg_sha256_file(fd, digest, &size), TG_OK);
  check_int(size, 1000000);
  check_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"); /* a million times `a` */
  check_rc(tg_sha256_file(fd, digest, NULL), TG_OK);
  check_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"); /* nothing is left */
  check_int(close(fd), 0);
  check_rc(tg_sha256_file(fd, digest, &size), TG_E_IO);
  check_int(unlink(path), 0);
}

CHECK_SUITE(known_texts_have_their_digests, files_are_read_from_where_they_stand_to_their_end)
