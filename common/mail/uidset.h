/* common/mail/uidset.h: a set of UIDs as ascending, disjoint, non-adjacent ranges.
 *
 * Owner: whoever embeds it; zero-initialised is the empty set. UID 0 is never a member: what is added
 * has 0 < lo <= hi, or the process aborts.
 * Packed form (RPC, records, rows): u32 number of ranges, then (u32 lo, u32 hi) each, big-endian.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/rd.h"

struct range  { uint32_t lo, hi; };                     /* inclusive */
struct uidset { struct range *r; size_t n, cap; };      /* n ranges */

void     uidset_fini(struct uidset *s);
void     uidset_reset(struct uidset *s);                /* empty, keeps memory */
void     uidset_add(struct uidset *s, uint32_t uid);    /* O(1) when ascending */
void     uidset_add_range(struct uidset *s, uint32_t lo, uint32_t hi);
/* The set of these ranges, in any order and overlapping; sorts them where they lie. O(n log n). */
void     uidset_build(struct uidset *s, struct range *ranges, size_t n);
bool     uidset_has(const struct uidset *s, uint32_t uid);          /* O(log n) */
uint32_t uidset_from(const struct uidset *s, uint32_t uid);         /* the least member at or above it; 0: none. O(log n) */
/* Members as bits: first is a multiple of 64, bit k stands for first + k. */
uint64_t uidset_word(const struct uidset *s, uint32_t first);
void     uidset_add_word(struct uidset *s, uint32_t first, uint64_t bits);
uint64_t uidset_count(const struct uidset *s);                      /* members, not ranges; O(n) */
uint32_t uidset_max(const struct uidset *s);                        /* 0 when empty */
bool     uidset_eq(const struct uidset *a, const struct uidset *b);
void     uidset_copy(struct uidset *to, const struct uidset *from); /* to is replaced */
void     uidset_union(struct uidset *to, const struct uidset *with);
void     uidset_subtract(struct uidset *from, const struct uidset *what);
void     uidset_intersect(struct uidset *s, const struct uidset *with);

void     uidset_pack(struct buf *out, const struct uidset *s);
/* False: not ascending, disjoint, non-adjacent, or more than max_ranges; *s is then empty. Consumes all of `in`. */
bool     uidset_unpack(struct uidset *s, struct str in, size_t max_ranges);
/* IMAP words: "1:3,7"; nothing for the empty set. */
void     uidset_print(struct buf *out, const struct uidset *s);

/* Members in order: struct uidset_iter it = { 0 }; while (uidset_next(s, &it, &uid)) ... */
struct uidset_iter { size_t range; uint32_t off; };
bool     uidset_next(const struct uidset *s, struct uidset_iter *it, uint32_t *uid);
/* The next members that lie side by side, `most` at a time: most > 0. */
bool     uidset_next_range(const struct uidset *s, struct uidset_iter *it, uint32_t most, struct range *r);
