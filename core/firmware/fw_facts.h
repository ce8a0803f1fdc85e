/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FW_FACTS_H
#define TG_CORE_FIRMWARE_FW_FACTS_H

/** What a device says of its object 5 (and of /3/0/3), out of records. Pure functions. */

#include "core/firmware/fw_row.h"

/** States of /5/0/3. */
enum { TG_FW_IDLE, TG_FW_DOWNLOADING, TG_FW_DOWNLOADED, TG_FW_UPDATING };

/** Results of /5/0/5 that the machine tells apart. */
enum { TG_FW_RESULT_OK = 1, TG_FW_RESULT_LINK_LOST = 4, TG_FW_RESULT_DEFERRED = 11 };

/** Which resources of interest records had. */
enum { TG_FW_SAW_STATE = 1, TG_FW_SAW_RESULT = 2, TG_FW_SAW_VERSION = 4 };

/** As the device said last. */
typedef struct tg_fw_facts {
  int state;                               /* /5/0/3, -1 = not known */
  int result;                              /* /5/0/5, -1 = not known */
  int delivery;                            /* /5/0/9, -1 = it has none */
  unsigned protocols;                      /* bits of /5/0/8; 0 = it names none */
  bool has_severity;                       /* /5/0/11 is there */
  bool has_defer;                          /* /5/0/13 is there */
  char version[TG_FW_VERSION_MAX + 1];     /* /3/0/3 */
  char pkg_version[TG_FW_VERSION_MAX + 1]; /* /5/0/7 */
} tg_fw_facts_t;

/** Nothing known. */
void tg_fw_facts_init(tg_fw_facts_t *facts);

/** Takes what is of use out of records. @return which of the three were among them */
unsigned tg_fw_facts_take(tg_fw_facts_t *facts, const tg_record_t *records, size_t count);

#endif
