/* frontend/view/uidmap.h: the UIDs of a mailbox at one moment, and where each of them stands.
 *
 * Immutable and counted, so that every session of a process that was told the same shares one.
 * Positions start at 1. Looking up either way is O(log ranges).
 *
 * Owner: whoever holds a reference; uidmap_release gives it back.
 */
#pragma once

#include "common/mail/uidset.h"

struct uidmap;

struct uidmap *uidmap_new(const struct uidset *uids);          /* copies */
struct uidmap *uidmap_hold(struct uidmap *m);
void           uidmap_release(struct uidmap **m);              /* clears the pointer; NULL inside is fine */

uint32_t uidmap_count(const struct uidmap *m);
uint32_t uidmap_max(const struct uidmap *m);                   /* the last UID; 0 when empty */
uint32_t uidmap_uid(const struct uidmap *m, uint32_t seqno);   /* 0: no such position */
uint32_t uidmap_seqno(const struct uidmap *m, uint32_t uid);   /* 0: not a member */
bool     uidmap_has(const struct uidmap *m, uint32_t uid);
/* Adds to `out` the UIDs at positions lo..hi, 1 <= lo <= hi <= count. */
void     uidmap_add_span(const struct uidmap *m, uint32_t lo, uint32_t hi, struct uidset *out);
/* Members become their positions. */
void     uidmap_to_seqnos(const struct uidmap *m, struct uidset *uids);
const struct uidset *uidmap_uids(const struct uidmap *m);      /* lent */

/* A set as answers of storaged carry it: packed, or nothing at all for the empty set. False: malformed; *out is empty. */
bool uidmap_read_set(struct uidset *out, struct str in);
