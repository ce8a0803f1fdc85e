/* SPDX-License-Identifier: Apache-2.0 */
/* Mirrors core/firmware/fw_image.c, fw_folder.c and fw_info.c: images on disk, whole or not at all. */

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/firmware/fw_image.h"
#include "core/firmware/fw_info.h"
#include "tests/unit/check.h"

enum { SIZE_MAX_BYTES = 100000, NAMES_MAX = 256 };

static char dir[64], folder[96];
static tg_fw_images_t *images;
static tg_diag_t diag;

static const char *in(const char *name) {
  static char path[4][256];
  static unsigned next;
  char *out = path[next++ % 4];
  snprintf(out, sizeof path[0], "%s/%s", dir, name);
  return out;
}

static void put_file(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(in(name), "wb");
  assert_non_null(file);
  check_int(fwrite(bytes, 1, size, file), size);
  check_int(fclose(file), 0);
}

static bool exists(const char *name) {
  struct stat found;
  return stat(in(name), &found) == 0;
}

static tg_rc_t reopen(void) {
  tg_fw_image_close(images);
  images = NULL;
  return tg_fw_image_open(folder, SIZE_MAX_BYTES, &diag, &images);
}

static tg_rc_t add(const char *name, const char *version, const char *file) {
  tg_fw_image_t image = {.name = name, .version = version};
  bool known = false;
  tg_rc_t rc = tg_fw_image_check(images, tg_slice_str(name), &known, &diag);
  if (rc == TG_OK) rc = tg_fw_image_write(images, known, in(file), &image, &diag);
  return rc == TG_OK ? tg_fw_image_take(images, known, &image, &diag) : rc;
}

static int set_up(void **state) {
  (void)state;
  snprintf(dir, sizeof dir, "/tmp/tg-image-XXXXXX");
  assert_non_null(mkdtemp(dir));
  snprintf(folder, sizeof folder, "%s/firmware", dir);
  put_file("a.bin", "image a", 7);
  put_file("b.bin", "image b!", 8);
  diag = (tg_diag_t){0};
  return reopen() == TG_OK ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  char command[128];
  tg_fw_image_close(images);
  images = NULL;
  snprintf(command, sizeof command, "rm -rf '%s'", dir);
  return system(command); /* NOLINT(cert-env33-c): a path of our own */
}

static bool join_names(void *ud, const tg_fw_image_t *image) {
  char *out = ud;
  size_t used = strlen(out);
  snprintf(out + used, NAMES_MAX - used, "%s ", image->name);
  return true;
}

static void images_are_kept_by_name(void **state) {
  (void)state;
  char names[NAMES_MAX] = "";
  check_rc(add("two", "2.0", "b.bin"), TG_OK);
  check_rc(add("one", "1.0", "a.bin"), TG_OK);
  check_rc(add("twofold", "", "a.bin"), TG_OK);
  check_rc(reopen(), TG_OK);
  tg_fw_image_each(images, join_names, names);
  assert_string_equal(names, "one two twofold ");
  tg_fw_image_slot_t *slot = tg_fw_image_find(images, tg_slice_str("two"));
  assert_non_null(slot);
  assert_string_equal(tg_fw_image_get(slot)->version, "2.0");
  check_int(tg_fw_image_get(slot)->size, 8);
  check_true(tg_fw_image_get(slot)->added_ms > 0);
  tg_slice_t bytes;
  check_rc(tg_fw_image_bytes(images, slot, &bytes), TG_OK);
  check_slice(bytes, "image b!");
  check_rc(tg_fw_image_bytes(images, slot, &bytes), TG_OK); /* mapped already */
  check_slice(bytes, "image b!");
  assert_null(tg_fw_image_find(images, tg_slice_str("tw")));
  assert_null(tg_fw_image_find(images, tg_slice_str("twof")));
}

static void the_same_again_is_fine_and_other_bytes_are_not(void **state) {
  (void)state;
  check_rc(add("one", "1.0", "a.bin"), TG_OK);
  check_rc(add("one", "1.0", "a.bin"), TG_OK);
  check_rc(add("one", "1.0", "b.bin"), TG_E_EXISTS);
  assert_non_null(strstr(diag.message, "another image called one"));
  check_rc(add("one", "1.1", "a.bin"), TG_E_EXISTS);
  assert_non_null(strstr(diag.message, "with version \"1.0\", not \"1.1\""));
  check_false(exists("firmware/new.tmp"));
}

static void an_image_in_use_stays(void **state) {
  (void)state;
  check_rc(add("one", "1.0", "a.bin"), TG_OK);
  tg_fw_image_slot_t *slot = tg_fw_image_find(images, tg_slice_str("one"));
  tg_fw_image_use(slot, 1);
  tg_fw_image_use(slot, 1);
  tg_fw_image_use(slot, -1);
  check_int(tg_fw_image_get(slot)->users, 1);
  check_rc(tg_fw_image_del(images, tg_slice_str("one")), TG_E_STATE);
  tg_fw_image_use(slot, -1);
  check_rc(tg_fw_image_del(images, tg_slice_str("one")), TG_OK);
  check_rc(tg_fw_image_del(images, tg_slice_str("one")), TG_E_NOT_FOUND);
  check_false(exists("firmware/one.img") || exists("firmware/one.info"));
}

static void what_is_no_image_is_refused(void **state) {
  (void)state;
  static uint8_t big[SIZE_MAX_BYTES + 1];
  put_file("big.bin", big, sizeof big);
  put_file("empty.bin", "", 0);
  check_rc(add("x", "", "big.bin"), TG_E_TOO_LONG);
  assert_non_null(strstr(diag.message, "longer than firmware.image_max, 100000 bytes"));
  check_rc(add("x", "", "empty.bin"), TG_E_ARG);
  check_rc(add("x", "", "none.bin"), TG_E_IO);
  assert_non_null(strstr(diag.message, "No such file"));
  check_rc(add("x", "", "firmware"), TG_E_IO); /* a folder */
  check_int(mkfifo(in("fifo"), 0600), 0);
  check_rc(add("x", "", "fifo"), TG_E_IO); /* nobody waits for its other end */
  put_file("max.bin", big, SIZE_MAX_BYTES);
  check_rc(add("x", "", "max.bin"), TG_OK);
  check_false(exists("firmware/new.tmp"));
}

/* What may lie in the folder after a crash or a bad disk, and what becomes of it. */
static void a_damaged_image_is_set_aside(void **state) {
  (void)state;
  check_rc(add("flipped", "1", "a.bin"), TG_OK);
  check_rc(add("cut", "1", "a.bin"), TG_OK);
  check_rc(add("good", "1", "b.bin"), TG_OK);
  check_rc(add("badinfo", "1", "b.bin"), TG_OK);
  put_file("firmware/flipped.img", "image A", 7);
  put_file("firmware/cut.img", "image", 5);
  put_file("firmware/badinfo.info", "size 8\n", 7);
  put_file("firmware/half.img", "no info yet", 11);
  put_file("firmware/new.tmp", "leavings", 8);
  put_file("firmware/notes.txt", "mine", 4);
  put_file("firmware/b d.img", "no name", 7);
  check_rc(reopen(), TG_OK);
  char names[NAMES_MAX] = "";
  tg_fw_image_each(images, join_names, names);
  assert_string_equal(names, "good ");
  check_true(exists("firmware/flipped.img.damaged") && exists("firmware/cut.img.damaged"));
  check_true(exists("firmware/badinfo.img.damaged"));
  check_false(exists("firmware/half.img") || exists("firmware/new.tmp"));
  check_true(exists("firmware/notes.txt") && exists("firmware/b d.img")); /* not ours */
  check_rc(add("flipped", "1", "a.bin"), TG_OK);
}

static void a_file_that_shrank_is_not_mapped(void **state) {
  (void)state;
  tg_slice_t bytes;
  check_rc(add("one", "1.0", "a.bin"), TG_OK);
  put_file("firmware/one.img", "ima", 3);
  check_rc(tg_fw_image_bytes(images, tg_fw_image_find(images, tg_slice_str("one")), &bytes), TG_E_IO);
}

static void without_a_folder_there_are_no_images(void **state) {
  (void)state;
  tg_fw_images_t *none = NULL;
  check_rc(tg_fw_image_open(NULL, 1000, &diag, &none), TG_OK);
  bool known = false;
  check_rc(tg_fw_image_check(none, tg_slice_str("x"), &known, &diag), TG_E_STATE);
  assert_null(tg_fw_image_find(none, tg_slice_str("x")));
  tg_fw_image_close(none);
  check_rc(tg_fw_image_open(in("a.bin"), 1000, &diag, &none), TG_E_IO); /* a file is no folder */
  check_rc(tg_fw_image_open(in("no/where"), 1000, &diag, &none), TG_E_IO);
  assert_non_null(strstr(diag.message, "can't make the folder of firmware images"));
}

static void the_text_beside_an_image_is_not_believed(void **state) {
  (void)state;
  static const char good[] = "tidegate-image 1\nsize 7\nsha256 "
                             "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\nadded 5\nversion 1.0\n";
  char version[TG_FW_VERSION_MAX + 1];
  tg_fw_image_t image = {0};
  check_rc(tg_fw_info_decode(tg_slice_str(good), version, &image), TG_OK);
  check_int(image.size, 7);
  check_int(image.added_ms, 5);
  check_int(image.sha256[1], 0x11);
  assert_string_equal(image.version, "1.0");
  uint8_t memory[512];
  tg_buf_t out;
  tg_buf_init(&out, memory, sizeof memory);
  tg_fw_info_encode(&image, &out);
  check_slice(tg_buf_slice(&out), good);
  for (size_t len = 0; len + 1 < sizeof good; len++)
    check_rc(tg_fw_info_decode(tg_slice(good, len), version, &image), TG_E_CORRUPT);
  static const struct {
    const char *find, *put;
  } rows[] = {{"image 1", "image 2"}, {"size 7", "size -"},     {"size 7", "size 99999999999999999999"},
              {"0011", "0g11"},       {"0011", "00"},           {"added 5", "added x"},
              {"version ", "verse "}, {"1.0\n", "1.0\nmore\n"}, {"1.0", "1\t0"}};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    char text[512];
    const char *at = strstr(good, rows[i].find);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, rows[i].put, at + strlen(rows[i].find));
    check_rc(tg_fw_info_decode(tg_slice_str(text), version, &image), TG_E_CORRUPT);
  }
  memset(memory, 'v', sizeof memory);
  check_true(tg_fw_info_is_version(tg_slice(memory, TG_FW_VERSION_MAX)));
  check_false(tg_fw_info_is_version(tg_slice(memory, TG_FW_VERSION_MAX + 1)));
  check_true(tg_fw_info_is_version(tg_slice_str("")));
}

static void copy_file(const char *from, const char *to) {
  uint8_t bytes[512];
  FILE *file = fopen(in(from), "rb");
  assert_non_null(file);
  size_t size = fread(bytes, 1, sizeof bytes, file);
  check_int(fclose(file), 0);
  put_file(to, bytes, size);
}

/* As many as there may be, laid down without waiting for the disk each time. */
static void the_set_has_an_end(void **state) {
  (void)state;
  char name[32];
  check_rc(add("i0", "", "a.bin"), TG_OK);
  for (int i = 1; i < TG_FW_IMAGES_MAX; i++) {
    snprintf(name, sizeof name, "firmware/i%d.img", i);
    copy_file("firmware/i0.img", name);
    snprintf(name, sizeof name, "firmware/i%d.info", i);
    copy_file("firmware/i0.info", name);
  }
  check_rc(reopen(), TG_OK);
  assert_non_null(tg_fw_image_find(images, tg_slice_str("i255")));
  check_rc(add("one-more", "", "a.bin"), TG_E_FULL);
  check_rc(add("i7", "", "a.bin"), TG_OK); /* is there */
  copy_file("firmware/i0.img", "firmware/one-more.img");
  copy_file("firmware/i0.info", "firmware/one-more.info");
  check_rc(reopen(), TG_OK); /* one is left out, and that is said */
  check_rc(tg_fw_image_del(images, tg_slice_str("i7")), TG_OK);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
      T(images_are_kept_by_name),
      T(the_same_again_is_fine_and_other_bytes_are_not),
      T(an_image_in_use_stays),
      T(what_is_no_image_is_refused),
      T(a_damaged_image_is_set_aside),
      T(a_file_that_shrank_is_not_mapped),
      T(without_a_folder_there_are_no_images),
      T(the_text_beside_an_image_is_not_believed),
      T(the_set_has_an_end),
  };
  tg_log_setup(TG_LOG_ERROR, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
