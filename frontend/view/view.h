/* frontend/view/view.h: what one session has been told about its mailbox.
 *
 * Clients may speak in positions (1..n), which shift when messages vanish; storage speaks only in UIDs.
 * The view translates, and no other file knows both. What storage says is taken in at once and shown at once,
 * except expunges: those stay pending, their positions still counting, until the session may tell them.
 *
 * Owner: the session, which embeds it. Zero-initialised is closed.
 * Always: told = what lives at `modseq`, and pending. A position shifts only inside view_let_go.
 */
#pragma once

#include "common/mail/seqset.h"
#include "common/mail/uidset.h"
#include "frontend/view/uidmap.h"

struct view {
	struct uidmap *told;           /* what positions mean; shared while nothing is pending */
	struct uidset  pending;        /* told, but gone */
	uint64_t       modseq;         /* news up to here have been taken in */
	uint64_t       pending_from;   /* of the first pending expunge; 0: none */
	uint64_t       behind_since;   /* of flags changed after this, ... */
	uint32_t       behind_from;    /* ... those of messages from this UID on were not told yet, ... */
	uint32_t       behind_to;      /* ... up to this one; behind_from 0: all were */
	struct uidset  recent;         /* told ones that this session claimed (RFC 3501 2.3.2) */
	struct uidset  saved;          /* "$": the last saved search result (RFC 5182) */
};

void view_open(struct view *v, struct uidmap *truth, uint64_t modseq);
void view_close(struct view *v);

/* At the opening: those from this UID on are \Recent to this session. */
void view_recent(struct view *v, uint32_t from);
/* News: `truth` lives at modseq; the first expunge since the view's modseq was at expunge_modseq (0: none).
 * New messages at or above recent_from are this session's \Recent ones. True: there are new messages. */
bool view_take(struct view *v, struct uidmap *truth, uint64_t modseq, uint64_t expunge_modseq, uint32_t recent_from);
/* The session itself changed flags, and was told; nothing else happened from `before` to modseq. */
void view_stored(struct view *v, uint64_t before, uint64_t modseq);
/* The pending expunges from this UID on have been told: positions shift, `recent` and `saved` shrink. truth: the shared map of the
 * view's modseq, or NULL. */
void view_let_go(struct view *v, uint32_t from, struct uidmap *truth);
/* Every message is gone, since the mailbox is. */
void view_lose_all(struct view *v);

/* Flags changed after `since`, of messages from this UID to that, are still to be told; from 0: none. */
void view_behind(struct view *v, uint64_t since, uint32_t from, uint32_t to);
/* They have been told of all messages below this UID; 0: of all. */
void view_catch_up(struct view *v, uint32_t from);
/* What HIGHESTMODSEQ may say: never as much as a withheld expunge (RFC 7162 3.2), or as flags not yet told. */
uint64_t view_modseq(const struct view *v);

/* Numbers to UIDs the session was told of. False: a position it was never told of, "*" of nothing included. */
bool view_uids(const struct view *v, const struct seqset *in, bool by_uid, struct uidset *out);
