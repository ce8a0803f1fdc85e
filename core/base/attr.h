/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_BASE_ATTR_H
#define TG_CORE_BASE_ATTR_H

/** Compiler attributes behind names of ours, so that the sources stay C17. */

#if defined(__GNUC__)
#define TG_MUST_CHECK                 __attribute__((warn_unused_result))
#define TG_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define TG_NORETURN                   __attribute__((noreturn))
#define TG_UNUSED                     __attribute__((unused))
#define TG_NOINLINE                   __attribute__((noinline)) /* what is rare stays out of the frame of what is not */
#define TG_LIKELY(x)                  __builtin_expect(!!(x), 1)
#define TG_UNLIKELY(x)                __builtin_expect(!!(x), 0)
#else
#define TG_MUST_CHECK
#define TG_PRINTF(format_at, args_at)
#define TG_NORETURN
#define TG_UNUSED
#define TG_NOINLINE
#define TG_LIKELY(x)   (x)
#define TG_UNLIKELY(x) (x)
#endif

/** Number of elements of a real array. */
#define TG_COUNT(array) (sizeof(array) / sizeof *(array))

/** The structure of type @p type whose member @p member is at @p pointer. */
#define TG_CONTAINER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
