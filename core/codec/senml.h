/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_CODEC_SENML_H
#define TG_CORE_CODEC_SENML_H

/** What SenML means, whatever its spelling (RFC 8428 §4): base name and base time, names, times, which labels may meet. Used by the JSON and the CBOR codec. */

#include "core/codec/codec_in.h"
#include "core/codec/codec_out.h"

/** Longest name, base name and name together; a path has at most 24 characters. */
#define TG_SENML_NAME_MAX 64

/** Labels, by what they mean. */
typedef enum tg_senml_label {
  TG_SENML_IGNORED, /* units, sums, update times: LwM2M does not use them */
  TG_SENML_BVER,
  TG_SENML_BN,
  TG_SENML_BT,
  TG_SENML_BV,
  TG_SENML_N,
  TG_SENML_V,
  TG_SENML_VS,
  TG_SENML_VB,
  TG_SENML_VD,
  TG_SENML_VLO,
  TG_SENML_T
} tg_senml_label_t;

/** A pack being read; part of a decoder's state. */
typedef struct tg_senml {
  tg_codec_in_t in;
  size_t bn_len;
  int64_t bt_ms;
  bool has_bt;
  bool is_lwm2m_json; /* names without a base name hang below the request's path */
  bool is_bn_path; /* the base name is a path and a slash, as nearly all are: bn_path, and a name is the ids below it */
  tg_path_t bn_path;
  char bn[TG_SENML_NAME_MAX];
} tg_senml_t;

/** One record being read. */
typedef struct tg_senml_fields {
  uint32_t seen; /* bit set of labels */
  tg_value_t value;
  tg_slice_t name;
  int64_t t_ms;
} tg_senml_fields_t;

/** Begins a pack; @p input is kept. */
void tg_senml_init(tg_senml_t *pack, const tg_codec_input_t *input);

/** The label that a text spells; TG_E_NOT_FOUND for an unknown one, TG_E_SYNTAX for one that must be understood (it ends in `_`). */
TG_MUST_CHECK tg_rc_t tg_senml_label_of(tg_slice_t text, tg_senml_label_t *label);

/** Begins a record. */
void tg_senml_begin(tg_senml_fields_t *fields);

/**
 * Puts what a label was given: @p wire is a number, STRING, BOOLEAN, OPAQUE or NONE (null), borrowed until tg_senml_finish().
 * TG_E_DUPLICATE, TG_E_TYPE, TG_E_RANGE (a time), TG_E_TOO_LONG (a name), TG_E_SYNTAX for a second value, a version that is
 * not 10, or a base value.
 */
TG_MUST_CHECK tg_rc_t tg_senml_put(tg_senml_t *pack, tg_senml_fields_t *fields, tg_senml_label_t label,
                                   const tg_value_t *wire);

/**
 * Makes a record of the fields: name to path, time resolved, value converted. TG_E_SYNTAX (also for a value, null or a name alone where the
 * payload's use has none), TG_E_RANGE, TG_E_TYPE, TG_E_ENCODING, TG_E_DENIED.
 */
TG_MUST_CHECK tg_rc_t tg_senml_finish(tg_senml_t *pack, const tg_senml_fields_t *fields, tg_record_t *record);

/** How a pack is written: what stands in the base fields and is left out of the records. */
typedef struct tg_senml_plan {
  char bn[TG_PATH_TEXT_MAX + 1];
  bool has_n;    /* records carry the rest of their path behind bn */
  bool has_bt;   /* all records have times of the device: bt is the first one's, t the difference */
  bool has_null; /* a record without a value has null instead: it deletes */
  int64_t bt_ms;
} tg_senml_plan_t;

/**
 * Plans a pack of @p output's records and checks them. TG_E_ARG (also for a value in a list of names); TG_E_FORMAT for null where the format
 * has none; TG_E_RANGE for a time before 1978, which would be read as relative.
 */
TG_MUST_CHECK tg_rc_t tg_senml_plan(const tg_codec_output_t *output, tg_senml_plan_t *plan);

/** What a record says of its time behind the plan's base; false for nothing. */
bool tg_senml_plan_time(const tg_senml_plan_t *plan, const tg_record_t *record, int64_t *t_ms);

/** The rest of @p path behind the plan's base name, lent from @p text. */
tg_slice_t tg_senml_plan_name(const tg_senml_plan_t *plan, const tg_path_t *path, char text[TG_PATH_TEXT_MAX]);

#endif
