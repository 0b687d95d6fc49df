/* common/mail/flags.h: the flags of one message as a word, and the keywords of one mailbox as a table.
 *
 * A word: bits 0..4 are the system flags; bit 5 says "more"; bits 6..31 are the mailbox's keywords 0..25.
 * Keywords 26 and above stand beside the word, as an ascending list of u16 numbers ("more"), and bit 5
 * is set exactly when that list is not empty. \Recent is never stored (RFC 3501 2.3.2): views know it.
 *
 * Packed form (RPC, records): u32 word; when bit 5 is set also u16 n and n * u16, ascending, each >= 26.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/rd.h"

enum {
	FLAG_ANSWERED = 1 << 0, FLAG_FLAGGED = 1 << 1, FLAG_DELETED = 1 << 2,
	FLAG_SEEN = 1 << 3, FLAG_DRAFT = 1 << 4,
	FLAG_SYSTEM = 0x1f,
	FLAG_MORE = 1 << 5,
	FLAG_KEYWORD0 = 1 << 6,                 /* keyword k < 26 is FLAG_KEYWORD0 << k */
	FLAG_WORD_KEYWORDS = 26,
	FLAG_KEYWORDS_MAX = 2048,               /* a mailbox's keywords; beyond it ERR_LIMIT */
	FLAG_KEYWORD_BYTES_MAX = 255,           /* one keyword's length; longer is refused */
};

struct flagset { uint32_t word; uint16_t n_more; uint16_t *more; };   /* more: ascending, heap, owned */

void flagset_fini(struct flagset *f);
void flagset_copy(struct flagset *to, const struct flagset *from);
bool flagset_eq(const struct flagset *a, const struct flagset *b);
bool flagset_has(const struct flagset *f, unsigned keyword);
void flagset_set(struct flagset *f, unsigned keyword);
void flagset_add(struct flagset *to, const struct flagset *what);       /* to |= what  */
void flagset_remove(struct flagset *from, const struct flagset *what);  /* from &= ~what */
void flagset_pack(struct buf *out, const struct flagset *f);
bool flagset_unpack(struct flagset *f, struct rd *in);                  /* false: malformed; *f is empty */

/* "\\Seen" and the like to its bit, ASCII case-insensitively; 0: not a system flag. */
uint32_t    flag_by_name(struct str name);
struct str  flag_name(uint32_t bit);                                    /* exactly one system bit */
/* Is this an atom that a keyword may be (RFC 9051 flag-keyword)? */
bool        flag_keyword_valid(struct str name);

/* The keywords of one mailbox, in order of birth: a keyword's number never changes. Case is kept;
 * names compare without ASCII case. Zero-initialised is empty. */
struct keywords { struct str *names; size_t n, cap; uint32_t *hash; size_t hash_cap; };   /* names: heap copies, owned */

void keywords_fini(struct keywords *k);
void keywords_copy(struct keywords *to, const struct keywords *from);
int  keywords_find(const struct keywords *k, struct str name);         /* its number, or -1; O(1) */
int  keywords_add(struct keywords *k, struct str name);                /* the number, new or old; -1: full */
void keywords_pack(struct buf *out, const struct keywords *k);         /* u16 n, then n lstr */
bool keywords_unpack(struct keywords *k, struct str in);               /* false: malformed; *k is empty */
/* "\\Seen $Forwarded": the words between the parentheses, system flags first in a fixed order. */
void flagset_print(struct buf *out, const struct flagset *f, const struct keywords *k);
