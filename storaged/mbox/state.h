/* storaged/mbox/state.h: what is true of the users whose data is in memory.
 *
 * A user is loaded whole (counters, mailboxes, subscriptions, remembered answers, open uploads) except for messages; those of
 * a mailbox are loaded as pages at first use, which stay packed until somebody looks into them. What is loaded is newer than or
 * equal to the index, and stays loaded until the index has caught up (state_evict). Rules read here and refuse or write a record;
 * apply.c alone changes it.
 *
 * Owner: the shard's one thread. Pointers into it die at the next apply or eviction: hold ids across waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/map.h"
#include "common/base/str.h"
#include "common/mail/flags.h"
#include "common/mail/ids.h"
#include "common/mail/quota.h"
#include "common/mail/uidset.h"
#include "storaged/db/db.h"
#include "storaged/mbox/page.h"
#include "storaged/mbox/record.h"

/* One expunge that is remembered: for CHANGES and QRESYNC. */
struct gone { uint64_t modseq; struct uidset uids; };

/* What SELECT tells of the messages, as the mailbox's row has it: holds until they are loaded, for none changes before. */
struct outline { bool known; uint32_t first_unseen; struct uidset uids; };

struct box {
	uint32_t id, attrs;
	struct str name;             /* heap */
	uint32_t uidvalidity, uidnext;
	uint64_t modseq;             /* HIGHESTMODSEQ */
	uint32_t messages, unseen, deleted;
	uint64_t bytes, deleted_bytes;
	uint32_t recent_from;        /* durable: \Recent from here on, for whoever asks first */
	uint32_t claimed_from;       /* >= recent_from; what was claimed but not yet written */
	struct keywords keywords;
	bool dirty;
	struct outline outline;      /* not known: there were too many ranges, or it is not needed any more */

	bool loaded;                 /* pages and gone are here */
	bool loading;
	struct page **pages;         /* ascending by no; none is empty */
	uint32_t n_pages, cap_pages;
	struct gone *gone;           /* ascending by modseq */
	uint32_t n_gone, cap_gone;
	struct map more;             /* uid -> struct flagset *: messages with FLAG_MORE */
};

/* --- users --------------------------------------------------------------------------------------------- */
struct subscription { uint32_t number; struct str name; };          /* name: heap */

/* An answer remembered for a request that may be repeated. */
struct result { uint64_t incarnation, req; uint32_t idx; uint16_t answer_no; struct str answer; uint64_t lsn; };

struct incarnation { uint64_t id, mark, seen_ms; };

struct upload {                  /* a large message not yet complete */
	uint64_t incarnation, req;
	uint32_t idx;
	uint64_t blob, bytes, touched_ms;
	uint32_t n_runs;
};

struct user {
	uint32_t id;
	bool exists;                 /* false: nothing but "there is no such user here" */
	bool loaded, loading, dirty;
	bool claims;                 /* some mailbox's claimed_from is not yet written */
	bool applying;               /* a record is applied part by part: its state is not to be looked at */
	uint32_t epoch, generation;
	struct quota quota;
	uint64_t used_bytes, messages;
	uint64_t modseq, next_blob;
	uint32_t next_box, next_uidvalidity, next_sub;
	struct box **boxes;          /* ascending by name */
	uint32_t n_boxes, cap_boxes;
	struct map by_id;            /* the same boxes */
	struct subscription *subs;   /* ascending by name */
	uint32_t n_subs, cap_subs;
	struct result *results;
	uint32_t n_results, cap_results;
	struct incarnation *incs;
	uint32_t n_incs, cap_incs;
	struct upload *uploads;
	uint32_t n_uploads, cap_uploads;
	struct map refs;             /* blob -> number of messages + 0, when > 1 (as a pointer-sized integer) */

	struct lsn lsn;              /* of the newest record applied; 0 when loaded from the index */
	uint64_t dirty_turn;         /* the checkpoint that will hold its newest change */
	uint64_t used_ms;            /* last touched */
	unsigned pins;               /* calls that hold its id and expect it to stay */
};

struct state {
	struct db *db;
	struct map users;            /* id -> struct user * (loaded, loading or known absent) */
	struct map dirty;            /* the users that differ from the index's layers */
	uint64_t turn;               /* counts checkpoints begun */
};

void state_init(struct state *s, struct db *db);
void state_fini(struct state *s);

struct user *state_user(const struct state *s, uint32_t id);        /* NULL: not in memory */
struct user *state_user_new(struct state *s, uint32_t id);          /* empty, not loaded; must not be there */
void         state_evict(struct state *s, struct user *u);          /* must be clean */

void        user_clear(struct user *u);                             /* frees all it holds; the fields dangle */
void        user_adopt(struct user *u, struct user *read);          /* takes what was loaded elsewhere */
void        box_adopt(struct box *b, struct box *read);             /* its messages; b has none yet */
void        box_unload(struct box *b);                              /* forgets pages and gone */
void        box_free(struct box **b);

struct box *user_box(const struct user *u, uint32_t id);            /* NULL: none */
struct box *user_box_named(const struct user *u, struct str name);
uint32_t    user_box_at(const struct user *u, struct str name, bool *found);   /* where it is or belongs in boxes */
void        user_box_insert(struct user *u, struct box *b);         /* owns it from now on */
void        user_box_remove(struct user *u, const struct box *b);   /* no longer */
uint32_t    user_sub_at(const struct user *u, struct str name, bool *found);
bool        user_subscribed(const struct user *u, struct str name);
struct usage user_usage(const struct user *u);                     /* what counts against the quota */
const struct result *user_result(const struct user *u, const struct request *r);
struct upload *user_upload(const struct user *u, const struct request *r);
/* May this request still be executed? False: below its incarnation's mark (DESIGN invariant 5). */
bool        user_request_fresh(const struct user *u, const struct request *r);

struct msg *box_msg(const struct box *b, uint32_t uid);             /* NULL: not a living message; box must be loaded */
/* Messages in order of UID: for (struct msg_iter it = { 0 }; (m = box_next(b, &it)); ) */
struct msg_iter { uint32_t page, at; };
struct msg *box_next(const struct box *b, struct msg_iter *it);
struct msg *box_next_since(const struct box *b, struct msg_iter *it, uint64_t since);   /* of those with a higher modseq */
struct msg_iter box_from(const struct box *b, uint32_t uid);        /* the first message with at least this UID is next */
/* Loaded, or the outline is known: enough for box_first_unseen and box_uids. */
bool        box_outlined(const struct box *b);
uint32_t    box_first_unseen(const struct box *b);                  /* 0: none */
/* Unpacks the pages of these messages, about so many of them; then *messages says how many. True: all are open. */
bool        box_open(const struct box *b, const struct uidset *uids, uint32_t *messages);
void        box_uids(const struct box *b, struct uidset *out);
void        box_uids_near(const struct box *b, const struct uidset *near, struct uidset *out);   /* of all pages that these reach into */
void        box_pack_flags(const struct box *b, const struct msg *m, struct buf *out);
/* A view of the message's flags; more is borrowed from the box. */
struct flagset box_flags(const struct box *b, const struct msg *m);
bool        box_keywords_full(const struct box *b);

/* --- growing arrays: room for one more element ----------------------------------------------------------- */
#define ARRAY_ROOM(array, n, cap) \
	do { \
		if ((n) == (cap)) { \
			(cap) = (cap) ? (cap) * 2 : 4; \
			(array) = mem_resize((array), (size_t)(cap) * sizeof *(array)); \
		} \
	} while (0)
