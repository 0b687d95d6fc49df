/* storaged/directory/inside.h: the process, as the files of this room share it; nobody else includes it. */
#pragma once

#include "common/base/config.h"
#include "common/base/err.h"
#include "common/loop/loop.h"
#include "common/rpc/server.h"
#include "common/seal/key.h"
#include "storaged/directory/directory.h"
#include "storaged/directory/hasher.h"
#include "storaged/directory/ledger.h"
#include "storaged/directory/people.h"
#include "storaged/directory/verifier.h"
#include "storaged/disk/disk.h"

/* Bits: a call is for some doors and not for others. */
enum door_kind { DOOR_IMAP = 1, DOOR_LMTP = 2, DOOR_ADMIN = 4 };
enum { DOORS = 3, PASSWORD_BYTES_MOST = 4096 };

struct door {
	struct directory  *d;
	enum door_kind     kind;
	struct rpc_server *server;
	struct map         watchers;             /* peers that want `cut`, by address */
};

struct class_edits;
struct edits;
struct pusher;

struct directory {
	struct loop         *loop;
	const struct config *config;
	char                *dir;
	struct str           host;               /* canonical, heap; local beside the configured domains */
	struct key           master;
	struct key           tls_now, tls_before;   /* of this process's life: what is lost with it costs clients a full handshake */
	struct loop_timer    tls_timer;
	struct disk         *disk;
	struct people        people;
	struct ledger       *ledger;
	struct hasher       *hasher;
	struct verifier     *verifier;
	struct pusher       *pusher;
	struct edits        *edits;
	struct class_edits  *class_edits;
	struct door          doors[DOORS];
	bool                 closing;            /* nothing new begins */
	uint64_t             logins, login_failures, cache_hits;   /* for status */
};

/* What waits for something else keeps this at its front and hangs it on the call. When the caller vanishes, `call` becomes NULL, and
 * then `gone`, unless it is NULL, is told. */
struct pending { struct rpc_call *call; void (*gone)(struct pending *p); };
static inline void pending_end(struct pending *p, enum err err, struct lsn lsn)
{
	if (p->call)
		server_end(p->call, err, lsn.n);
	p->call = NULL;
}

/* One function a message: fields decode, for server.h has looked. */
typedef void hear_fn(struct door *door, struct rpc_call *call, struct str fields);
hear_fn hear_login;                                            /* login.c  */
hear_fn hear_renew, hear_resolve, hear_admit;                  /* grant.c  */
hear_fn hear_user_add, hear_user_set, hear_user_del, hear_quota_set, hear_root;   /* edit.c */
hear_fn hear_class_set, hear_class_del, hear_domain_set, hear_class_list;         /* class_edit.c */
hear_fn hear_user_list;                                        /* list.c   */
hear_fn hear_status;                                           /* report.c */

/* directory.c: sessions of this user below this generation end. */
void directory_cut(struct directory *d, uint32_t user, uint32_t generation);

/* lookup.c: as people write it: that user; else, if the domain is local, the user of its local part. NULL: nobody. */
struct person *lookup_name(const struct directory *d, struct str name);
/* The same, and `name+folder`; *folder is lent from recipient, empty if it was no part of this. */
struct person *lookup_recipient(const struct directory *d, struct str recipient, struct str *folder);

/* grant.c: a ticket for the call, and its end. */
void grant_answer(struct directory *d, struct rpc_call *call, const struct person *p, uint32_t rights, struct str folder);
/* Did somebody log in with it who may see and set the quotas of others? */
bool grant_is_admins(const struct directory *d, struct str ticket);
/* A ticket of the admin right, for telling a shard of this user. */
void grant_admin(const struct directory *d, struct buf *ticket, const struct person *p);

/* edit.c */
struct edits *edits_new(void);
void edits_free(struct edits **e);                             /* none may be under way */

/* class_edit.c */
struct class_edits *class_edits_new(void);
void class_edits_free(struct class_edits **e);                 /* what waits is refused */
/* If "default" is as the configuration says, and that says otherwise by now. */
void class_edits_config(struct directory *d);

/* pusher.c: tells shards what they do not know of their users yet, until they do. */
struct pusher *pusher_new(struct directory *d, uint64_t incarnation);
void pusher_free(struct pusher **p);                           /* who still waits hears ERR_UNKNOWN */
/* `done` when the shard holds the user as of this LSN. */
void pusher_want(struct pusher *p, uint32_t user, struct lsn lsn, void (*done)(void *ctx, enum err err), void *ctx);
/* A class or a domain changed: tells the shards of everybody for whom that means another quota. Not in one turn. */
void pusher_survey(struct pusher *p);
/* Pushes cut for everybody whose shard may not know of their newest generation: for who has just begun to watch. */
void pusher_tell_cuts(const struct pusher *p, struct rpc_peer *peer);
