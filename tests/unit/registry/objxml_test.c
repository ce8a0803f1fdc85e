/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/registry/objxml_test.c: mirrors core/registry/objxml.c. */

#include "core/registry/objxml.h"
#include "tests/unit/check.h"

#define HEAD   "<?xml version=\"1.0\"?>\n<LWM2M>\n<Object ObjectType=\"MODefinition\">\n"
#define FIELDS "<Name>Thing</Name><ObjectID>3303</ObjectID><ObjectURN>urn:oma:lwm2m:ext:3303</ObjectURN>\n"
#define TAIL   "</Object>\n</LWM2M>\n"
#define ITEM(id, type, range)                                                                                          \
  "<Item ID=\"" id "\"><Name>R" id "</Name><Operations>RW</Operations><MultipleInstances>Multiple"                     \
  "</MultipleInstances><Mandatory>Mandatory</Mandatory><Type>" type "</Type><RangeEnumeration>" range                  \
  "</RangeEnumeration><Units>Cel</Units><Description>long</Description></Item>\n"

static tg_objdef_t *read_good(const char *xml) {
  tg_objdef_t *def = NULL;
  tg_diag_t diag = {0};
  tg_rc_t rc = tg_objxml_read("good.xml", tg_slice_str(xml), &diag, &def);
  if (rc != TG_OK) print_error("%s:%d: %s\n", diag.file, diag.line, diag.message);
  check_rc(rc, TG_OK);
  return def;
}

static void reads_an_object_and_its_resources(void **state) {
  (void)state;
  tg_objdef_t *def = read_good(
      HEAD FIELDS "<ObjectVersion>1.1</ObjectVersion><MultipleInstances>Multiple</MultipleInstances>"
                  "<Mandatory>Optional</Mandatory><Resources>" ITEM("5700", "Float", "-5..5.5")
                      ITEM("5601", "Integer", "") "<Item ID=\"5605\"><Name>Reset</Name><Operations>E</Operations>"
                                                  "<Type></Type></Item></Resources>" TAIL);
  check_int(def->id, 3303);
  check_int(def->version, TG_VERSION_1_1);
  check_true(def->multiple);
  check_false(def->mandatory);
  assert_string_equal(def->name, "Thing");
  assert_string_equal(def->urn, "urn:oma:lwm2m:ext:3303");
  check_int(def->resource_count, 3);
  const tg_resdef_t *res = tg_objdef_find(def, 5700);
  assert_string_equal(res->name, "R5700");
  assert_string_equal(res->unit, "Cel");
  check_int(res->ops, TG_OPS_READ | TG_OPS_WRITE);
  check_int(res->type, TG_TYPE_FLOAT);
  check_true(res->multiple && res->mandatory && res->has_range);
  check_true(res->min >= -5 && res->min <= -5 && res->max >= 5.5 && res->max <= 5.5);
  check_int(tg_objdef_find(def, 5605)->ops, TG_OPS_EXECUTE);
  check_int(tg_objdef_find(def, 5605)->type, TG_TYPE_NONE);
  check_false(tg_objdef_find(def, 5601)->has_range);
  tg_objdef_free(def);
}

static void takes_version_1_0_where_none_is_given(void **state) {
  (void)state;
  static const char *const rows[] = {HEAD FIELDS TAIL, HEAD FIELDS "<ObjectVersion></ObjectVersion>" TAIL,
                                     HEAD FIELDS "<ObjectVersion> 1.0 </ObjectVersion><Resources/>" TAIL};
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_objdef_t *def = read_good(rows[i]);
    check_int(def->version, TG_VERSION_1_0);
    check_int(def->resource_count, 0);
    tg_objdef_free(def);
  }
}

static void marks_keys_as_sensitive(void **state) {
  (void)state;
  tg_objdef_t *def = read_good(
      HEAD "<Name>Security</Name><ObjectID>0</ObjectID><Resources>"
           "<Item ID=\"5\"><Name>Secret Key</Name></Item>" ITEM("0", "String", "0..255 bytes") "</Resources>" TAIL);
  check_true(tg_objdef_find(def, 5)->sensitive);
  check_false(tg_objdef_find(def, 0)->sensitive);
  check_false(tg_objdef_find(def, 0)->has_range);
  tg_objdef_free(def);
}

static void reads_every_type(void **state) {
  (void)state;
  static const struct {
    const char *xml;
    tg_type_t type;
  } rows[] = {
      {HEAD FIELDS "<Resources>" ITEM("1", "String", "") "</Resources>" TAIL, TG_TYPE_STRING},
      {HEAD FIELDS "<Resources>" ITEM("1", "Integer", "") "</Resources>" TAIL, TG_TYPE_INTEGER},
      {HEAD FIELDS "<Resources>" ITEM("1", "Unsigned Integer", "") "</Resources>" TAIL, TG_TYPE_UNSIGNED},
      {HEAD FIELDS "<Resources>" ITEM("1", "Float", "") "</Resources>" TAIL, TG_TYPE_FLOAT},
      {HEAD FIELDS "<Resources>" ITEM("1", "Boolean", "") "</Resources>" TAIL, TG_TYPE_BOOLEAN},
      {HEAD FIELDS "<Resources>" ITEM("1", "Opaque", "") "</Resources>" TAIL, TG_TYPE_OPAQUE},
      {HEAD FIELDS "<Resources>" ITEM("1", "Time", "") "</Resources>" TAIL, TG_TYPE_TIME},
      {HEAD FIELDS "<Resources>" ITEM("1", "Objlnk", "") "</Resources>" TAIL, TG_TYPE_OBJLNK},
      {HEAD FIELDS "<Resources>" ITEM("1", "\n Corelnk ", "") "</Resources>" TAIL, TG_TYPE_CORELNK},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_objdef_t *def = read_good(rows[i].xml);
    check_int(tg_objdef_find(def, 1)->type, rows[i].type);
    tg_objdef_free(def);
  }
}

static void reads_ranges_that_are_numbers_and_no_others(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool has_range;
    double min, max;
  } rows[] = {
      {"0..100", true, 0, 100},
      {" -24..24 ", true, -24, 24},
      {"0.000001..1.0", true, 0.000001, 1},
      {"-140..-44", true, -140, -44},
      {"1...15", true, 1, 15},
      {"0-50", true, 0, 50},
      {"1 .. 5", true, 1, 5},
      {"-30..-120", false, 0, 0},
      {"0..3, 99", false, 0, 0},
      {"255", false, 0, 0},
      {"", false, 0, 0},
      {"5, 10, 15", false, 0, 0},
      {"[1:4]", false, 0, 0},
      {"16-bit", false, 0, 0},
      {"2 Instances", false, 0, 0},
      {"0: A\n1: B", false, 0, 0},
      {"<7 to >12.5", false, 0, 0},
      {"0; 3.8..20.5", false, 0, 0},
      {"..5", false, 0, 0},
      {"5..", false, 0, 0},
      {"-", false, 0, 0},
      {"..", false, 0, 0},
      {"-5-10", true, -5, 10},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_resdef_t res = {.type = TG_TYPE_INTEGER};
    tg_objxml_parse_range(tg_slice_str(rows[i].text), &res);
    if (res.has_range != rows[i].has_range) print_error("%s\n", rows[i].text);
    check_int(res.has_range, rows[i].has_range);
    if (res.has_range)
      check_true(res.min >= rows[i].min && res.min <= rows[i].min && res.max >= rows[i].max && res.max <= rows[i].max);
  }
  tg_resdef_t text = {.type = TG_TYPE_STRING};
  tg_objxml_parse_range(tg_slice_str("0..255"), &text);
  check_false(text.has_range);
}

static void names_what_is_wrong_and_where(void **state) {
  (void)state;
  static const struct {
    const char *xml;
    tg_rc_t rc;
    int line;
    const char *word;
  } rows[] = {
      {"", TG_E_SYNTAX, 1, "no element"},
      {"not xml", TG_E_SYNTAX, 1, ""},
      {"<?xml version=\"1.0\"?>\n<!DOCTYPE x [<!ENTITY a \"b\">]>\n<LWM2M/>", TG_E_SYNTAX, 2, "DOCTYPE"},
      {"<!DOCTYPE LWM2M SYSTEM \"http://x/\"><LWM2M/>", TG_E_SYNTAX, 1, "DOCTYPE"},
      {"<DDFList></DDFList>", TG_E_NOT_FOUND, 1, "LWM2M"},
      {"<LWM2M></LWM2M>", TG_E_NOT_FOUND, 1, "no Object"},
      {"<LWM2M><Object><Resources><Item ID=\"1\"/></Resources></Object></LWM2M>", TG_E_NOT_FOUND, 1, "neither"},
      {HEAD FIELDS "<Resources>", TG_E_SYNTAX, 5, ""},
      {HEAD "<ObjectID>1</ObjectID><Resources>" ITEM("1", "Float", "") "</Resources>" TAIL, TG_E_SYNTAX, 4, "Name"},
      {HEAD "<Name>x</Name>" TAIL, TG_E_SYNTAX, 4, "ObjectID"},
      {HEAD "<Name>x</Name><ObjectID>65535</ObjectID>" TAIL, TG_E_RANGE, 4, "ObjectID"},
      {HEAD "<Name>x</Name><ObjectID>three</ObjectID>" TAIL, TG_E_SYNTAX, 4, "three"},
      {HEAD FIELDS "<ObjectVersion>one</ObjectVersion>" TAIL, TG_E_SYNTAX, 5, "ObjectVersion"},
      {HEAD FIELDS "<Mandatory>perhaps</Mandatory>" TAIL, TG_E_SYNTAX, 5, "Mandatory"},
      {HEAD FIELDS "<Resources>" ITEM("1", "Float", "") ITEM("1", "Float", "") "</Resources>" TAIL, TG_E_DUPLICATE, 6,
       "twice"},
      {HEAD FIELDS "<Resources>" ITEM("1", "Int", "") "</Resources>" TAIL, TG_E_SYNTAX, 5, "Type"},
      {HEAD FIELDS "<Resources><Item ID=\"1\"><Operations>RX</Operations></Item></Resources>" TAIL, TG_E_SYNTAX, 5,
       "Operations"},
      {HEAD FIELDS "<Resources><Item><Name>x</Name></Item></Resources>" TAIL, TG_E_SYNTAX, 5, "ID"},
      {HEAD FIELDS "<Resources><Item ID=\"65535\"></Item></Resources>" TAIL, TG_E_SYNTAX, 5, "65534"},
      {HEAD FIELDS "</Object><Object>" FIELDS TAIL, TG_E_SYNTAX, 5, "more than one"},
      {HEAD FIELDS "<Description1>&undefined;</Description1>" TAIL, TG_E_SYNTAX, 5, "entity"},
  };
  for (size_t i = 0; i < TG_COUNT(rows); i++) {
    tg_objdef_t *def = NULL;
    tg_diag_t diag = {0};
    tg_rc_t rc = tg_objxml_read("bad.xml", tg_slice_str(rows[i].xml), &diag, &def);
    if (rc != rows[i].rc || diag.line != rows[i].line || !strstr(diag.message, rows[i].word))
      print_error("row %zu: %s:%d: %s\n", i, diag.file, diag.line, diag.message);
    check_rc(rc, rows[i].rc);
    check_int(diag.line, rows[i].line);
    assert_non_null(strstr(diag.message, rows[i].word));
    assert_string_equal(diag.file, "bad.xml");
    assert_null(def);
    check_rc(tg_objxml_read("bad.xml", tg_slice_str(rows[i].xml), NULL, &def), rows[i].rc);
  }
}

static void bounds_depth_and_size(void **state) {
  (void)state;
  size_t cap = TG_OBJXML_SIZE_MAX + 1;
  char *xml = test_malloc(cap);
  tg_objdef_t *def = NULL;
  tg_diag_t diag = {0};
  memset(xml, ' ', cap);
  check_rc(tg_objxml_read("large.xml", tg_slice(xml, cap), &diag, &def), TG_E_TOO_LONG);
  size_t len = 0;
  for (int i = 0; i < 100000; i++) len += (size_t)sprintf(xml + len, i ? "<a>" : "<LWM2M>");
  check_rc(tg_objxml_read("deep.xml", tg_slice(xml, len), &diag, &def), TG_E_TOO_LONG);
  assert_non_null(strstr(diag.message, "32"));
  test_free(xml);
}

static void ignores_fields_where_they_do_not_belong(void **state) {
  (void)state;
  /* A CDATA section that looks like the element's end, and names of fields at other depths. */
  tg_objdef_t *def =
      read_good(HEAD FIELDS "<Description1><![CDATA[</Description1><ObjectID>7</ObjectID>]]></Description1>"
                            "<Description2><Name>Other</Name><Item ID=\"9\"/></Description2>" TAIL);
  check_int(def->id, 3303);
  assert_string_equal(def->name, "Thing");
  check_int(def->resource_count, 0);
  tg_objdef_free(def);
}

CHECK_SUITE(reads_an_object_and_its_resources, takes_version_1_0_where_none_is_given, marks_keys_as_sensitive,
            reads_every_type, reads_ranges_that_are_numbers_and_no_others, names_what_is_wrong_and_where,
            bounds_depth_and_size, ignores_fields_where_they_do_not_belong)
