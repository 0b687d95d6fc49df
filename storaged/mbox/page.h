/* storaged/mbox/page.h: up to 256 messages of a mailbox, open as structs or packed as they lie in the index.
 *
 * Which UIDs live and which of them are unseen or deleted is always at hand as bits; all else is unpacked at the first look. So a mailbox
 * that is merely selected costs the bytes of its rows, and one message of a big one the unpacking of its page.
 *
 * Owner: the box. Always: `living` names exactly its messages, `unseen` those of them without \Seen, `deleted` those with \Deleted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/map.h"
#include "common/mail/uidset.h"

struct msg {
	uint32_t uid;
	uint32_t word;               /* flags.h; further keywords of a FLAG_MORE word are in box->more */
	uint64_t modseq;
	uint64_t blob;
	int64_t  date, saved;        /* UTC seconds: INTERNALDATE, when it came into this mailbox */
	uint64_t size;               /* octets of the message */
};

enum { PAGE_UIDS = 256 };
struct page_bits { uint64_t w[PAGE_UIDS / 64]; };

struct page {                    /* the living messages whose uid / 256 is `no` */
	uint32_t no;
	uint16_t n, cap;
	bool dirty;
	uint64_t max_modseq;         /* at least that of every message in it: lets CHANGES pass over it */
	struct page_bits living, unseen, deleted;
	struct msg *m;               /* ascending; NULL: packed. Look by page_msgs */
	struct str packed;           /* heap: the columns, while it is packed */
};

struct page *page_new(uint32_t no);
void         page_free(struct page **p);
struct msg  *page_msgs(struct page *p);                              /* opens it */

bool         page_has(const struct page *p, uint32_t uid);
uint16_t     page_at(const struct page *p, uint32_t uid);            /* how many of its UIDs are below this one */
void         page_uids(const struct page *p, struct uidset *out);    /* adds them */
uint32_t     page_first_unseen(const struct page *p);                /* 0: none */

struct msg  *page_add(struct page *p, const struct msg *m);          /* its highest UID from now on */
void         page_del(struct page *p, uint16_t at);
void         page_flagged(struct page *p, const struct msg *m);      /* m->word has changed */

/* The row. `more`: the further keywords of its messages, uid -> struct flagset *. */
void         page_pack(struct buf *out, struct page *p, const struct map *more);
struct page *page_unpack(uint32_t no, struct str row, struct map *more);      /* NULL: malformed */
