/* storaged/mbox/mbox.h: what may happen to a mailbox. The rules.
 *
 * A rule reads the state and either refuses, leaving no trace, or adds operations to a change, which the caller makes a
 * record. It touches nothing itself. Mailboxes whose messages a rule needs must be loaded; the argument says so.
 * A change without operations is no change: the answer is given without a record.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/mail/uidset.h"
#include "common/rpc/rpc.h"
#include "storaged/mbox/state.h"

/* A record in the making. */
struct change {
	struct user *user;
	uint64_t now_ms;             /* of the record: the clock is read by the caller, once */
	struct buf ops;
};
void change_fini(struct change *c);
static inline uint64_t change_modseq(const struct change *c) { return c->user->modseq + 1; }

enum { BOXES_MAX = 50000, COPY_MAX = 1000000 };  /* mailboxes a user; messages one COPY takes, each of which makes a row */

/* --- names.c --- */
/* The first change of a user's life, or a later one to the same effect: INBOX is there. */
enum err mbox_user_put(struct change *c, uint32_t epoch, uint32_t generation, const struct quota *quota);
/* ERR_QUOTA: more mailboxes than the user may have, the parents that are made on the way included. */
enum err mbox_create(struct change *c, struct str name, uint32_t special_use);
enum err mbox_delete(struct change *c, struct str name);
/* INBOX must be loaded if it is the one renamed. */
enum err mbox_rename(struct change *c, struct str name, struct str to);
enum err mbox_subscribe(struct change *c, struct str name, bool on);
/* Does a mailbox or subscription lie below this name? */
bool     user_has_children(const struct user *u, struct str name);

/* --- append.c: the one place where a UID is born --- */
struct new_message {
	uint64_t size, thread;
	uint32_t system;             /* flags */
	struct str keywords;         /* packed names */
	int64_t date;
	struct str summary, run, lead;   /* sealed */
	uint32_t run_plain, lead_plain;
	uint64_t blob;               /* of an upload's pieces; 0: a new one */
	bool incoming;               /* mail that was sent to the user: it may use the grace */
};
/* May so much come in at all? ERR_ABSENT, ERR_CANNOT (\Noselect), ERR_QUOTA. */
struct arrival { uint64_t messages, bytes; bool incoming; };
enum err mbox_append_check(const struct user *u, const struct box *b, const struct arrival *a);
/* The same, and ERR_INPUT (keywords). */
enum err mbox_append(struct change *c, struct box *b, const struct new_message *m, struct rpc_appended *out);

/* --- store.c (b loaded); strings of `out` are written to `text`, which must outlive it --- */
enum err mbox_store(struct change *c, struct box *b, const struct rpc_store *in, const struct uidset *uids, struct rpc_stored *out, struct buf text[4]);
/* --- expunge.c (b loaded): `only` NULL: all that are \Deleted. Not many more than EXPUNGE_MAX at a time: `out` says if there are more --- */
enum { EXPUNGE_MAX = 3840 };
enum err mbox_expunge(struct change *c, struct box *b, const struct uidset *only, struct rpc_expunged *out, struct buf *text);
/* --- copy.c (from and to loaded) --- */
enum err mbox_copy(struct change *c, struct box *from, struct box *to, const struct uidset *uids, bool move, bool all,
                   struct rpc_copied *out, struct buf text[3]);
/* All of them go to a mailbox that is born in the same change. */
void     mbox_empty_into(struct change *c, const struct box *from, uint32_t to);
/* --- changes.c (b loaded): pure reading --- */
void mbox_changes(const struct box *b, const struct rpc_changes *ask, const struct uidset *known, struct rpc_changed *out, struct buf text[4]);

/* Numbers for keyword names in this mailbox; new ones are added to the change when `create`. ERR_LIMIT, ERR_INPUT. */
enum err mbox_keywords(struct change *c, struct box *b, const struct keywords *names, bool create, struct flagset *into);
/* The mailbox's keyword table, packed, as it will be once the change is applied; nothing if it does not grow.
 * True: it will be full. */
bool mbox_keywords_after(const struct change *c, const struct box *b, struct buf *out);
