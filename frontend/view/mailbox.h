/* frontend/view/mailbox.h: one mailbox that sessions of this process have open: what is true of it.
 *
 * The truth is one immutable UID map at one modseq, and the keyword table, shared by all its sessions. Whoever
 * wants to know what is new waits; waiters of one turn share one `changes` call, and who comes while it is
 * under way joins the next one, since the answer might be older than the question. Bells tell when asking pays.
 *
 * Owner: struct mailboxes holds them; each opener has a reference (mailbox_close). Callbacks run on the loop, never
 * inside the call that asked for them.
 */
#pragma once

#include "common/base/err.h"
#include "common/base/map.h"
#include "common/loop/loop.h"
#include "common/mail/flags.h"
#include "common/rpc/rpc.h"
#include "frontend/route/ask.h"
#include "frontend/view/uidmap.h"

struct mailbox;

/* All of them. Owner: whoever embeds it; zero the maps. Empty when no session has one open. by_name, by a sum of user and
 * name, knows the latest opened; one that is missing there is not found, and no harm done. */
struct mailboxes { struct loop *loop; struct route *route; struct map by_id, by_name; };

/* What a session learns. Everything lent until the callback returns. */
struct mailbox_news {
	struct uidmap *truth;
	uint64_t       modseq;
	uint64_t       expunge_modseq;   /* of the first expunge in the answer; 0: none */
	uint32_t       recent_from;      /* what this waiter claimed; UINT32_MAX: nothing */
	struct str     flags;            /* u32 uid, u64 modseq, packed flags each; may reach further back than asked */
	uint32_t       flags_from;       /* those from this UID on are not among them: each session asks for itself, at its pace; 0: all are */
};

/* err: OK and news; ERR_ABSENT: the mailbox is gone; else it could not be found out. */
typedef void mailbox_fn(void *ctx, enum err err, const struct mailbox_news *news);

struct mailbox_wait {
	struct mailbox_wait *next, **link;   /* link: NULL when idle */
	uint64_t    since;
	bool        claim;
	mailbox_fn *fn;
	void       *ctx;
};

/* Sessions that want to be woken when it has moved: those that idle. */
struct mailbox_listener { struct mailbox_listener *next, **link; void (*moved)(void *ctx); void *ctx; };

/* One of this account's open mailboxes that had this name when it was opened, so that select may name it as known; or NULL. */
struct mailbox *mailbox_find_name(const struct mailboxes *all, const struct account *a, struct str name);
/* What must be kept of the moment before a select, until mailbox_open. known: what the select named as known, held, or NULL. */
struct mailbox_before { struct uidmap *known; uint64_t unlistens; };
/* After select: joins the mailbox, or opens it. *truth gets the map of the moment of the select, held for the caller.
 * NULL: the answer makes no sense. */
struct mailbox *mailbox_open(struct mailboxes *all, struct account *a, const struct rpc_selected *s, const struct mailbox_before *before,
                             struct uidmap **truth);
void mailbox_close(struct mailbox **m);

uint32_t  mailbox_id(const struct mailbox *m);
struct uidmap *mailbox_truth(const struct mailbox *m);       /* lent */
uint64_t  mailbox_modseq(const struct mailbox *m);           /* of that truth */
bool      mailbox_gone(const struct mailbox *m);
/* May something have happened after `modseq`? */
bool      mailbox_moved(const struct mailbox *m, uint64_t modseq);
const struct keywords *mailbox_keywords(const struct mailbox *m);
bool      mailbox_keywords_full(const struct mailbox *m);

/* Ask what happened after w->since (set since, claim, fn, ctx before). */
void mailbox_ask(struct mailbox *m, struct mailbox_wait *w);
void mailbox_wait_drop(struct mailbox_wait *w);              /* idle is fine */
void mailbox_listen(struct mailbox *m, struct mailbox_listener *l);
void mailbox_unlisten(struct mailbox_listener *l);           /* idle is fine */

/* What other answers teach: it moved at least to here; the keyword table grew. */
void mailbox_heard(struct mailbox *m, uint64_t modseq);
void mailbox_learn(struct mailbox *m, struct str keywords, bool full);
/* A change of flags took it from `before` to modseq, and its session was told: nobody need ask for that session's sake. */
void mailbox_stored(struct mailbox *m, uint64_t before, uint64_t modseq);

/* From the route. */
void mailboxes_bell(struct mailboxes *all, uint32_t user, uint32_t mailbox, uint64_t modseq, bool gone);
void mailboxes_shard_up(struct mailboxes *all, uint32_t shard);   /* bells may have been missed */
