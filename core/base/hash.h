/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_HASH_H
#define TG_CORE_BASE_HASH_H

/** Keyed hashing of foreign bytes for tables (SipHash-1-3, Aumasson and Bernstein): a peer cannot choose colliding keys. */

#include "core/base/slice.h"

/** Secret of one table or process, from tg_random_fill(). */
typedef struct tg_hash_key {
  uint64_t k0;
  uint64_t k1;
} tg_hash_key_t;

/** 64-bit SipHash-1-3 of @p bytes. */
uint64_t tg_hash(const tg_hash_key_t *key, tg_slice_t bytes);

/** The same folded to 32 bits, for tg_hidx_t. */
static inline uint32_t tg_hash32(const tg_hash_key_t *key, tg_slice_t bytes) {
  uint64_t h = tg_hash(key, bytes);
  return (uint32_t)(h ^ (h >> 32));
}

/** CRC-32 (ISO-HDLC) of @p bytes, continued from @p crc (0 to begin): integrity of stored data, not a defence. */
uint32_t tg_hash_crc32(uint32_t crc, tg_slice_t bytes);

#endif
