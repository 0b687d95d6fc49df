/* storaged/serve/shard.h: one shard at work: its state, its journal, and the calls it is answering.
 *
 * The life of a call: job_new copies it; job_run checks ticket, user, request id and calls the handler of its message. A handler
 * that needs what is not in memory says so (job_need_box) and returns: the job runs again, from the top, when it was loaded.
 * Answers gather in the job; job_end lets them leave once all they were computed from is durable (DESIGN invariant 2).
 *
 * All of this is one thread's. Workers get copies.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/err.h"
#include "common/loop/loop.h"
#include "common/loop/work.h"
#include "common/rpc/rpc.h"
#include "common/rpc/server.h"
#include "common/seal/seal.h"
#include "common/seal/ticket.h"
#include "storaged/bell/bell.h"
#include "storaged/db/db.h"
#include "storaged/disk/disk.h"
#include "storaged/journal/journal.h"
#include "storaged/keys/keyring.h"
#include "storaged/mbox/mbox.h"
#include "storaged/mbox/state.h"

struct job;
struct group;
struct long_record;
struct placecache;
struct searches;

struct jobs { struct job *first, *last; };   /* in the order they came */

struct space { uint64_t seen_ms, room; bool disk_full; };   /* commit.c: what was left at that time */

struct counts { uint64_t calls, changes, held, loads, checkpoints, checkpoint_us_max, refused_space, turn_max; };

struct shard {
	struct loop *loop;
	const struct config *config;
	uint32_t number;
	char folder[512];
	struct key master;

	struct disk *disk;
	struct db *db;
	struct journal *journal;
	struct keyring *keys;
	struct state state;
	struct rpc_server *server;
	struct bell *bell;

	/* commit.c */
	struct lsn next, durable;    /* of the next record; of the newest durable one */
	struct space space;
	struct group *first, *last;  /* groups: the first is in flight when `flying`, the last gathers */
	bool flying;
	struct loop_job submit_job;
	struct jobs held;            /* jobs whose answers wait for durability */

	/* checkpoint.c */
	struct loop_timer checkpoint_timer, sweep_timer;
	struct lsn frozen_at;
	struct loop_job save_job;
	bool saving, committing, no_space, index_full;
	uint64_t committed_turn;     /* changes of this turn and before are in the index */

	/* load.c */
	struct jobs waiting;         /* jobs waiting for a load, or for a checkpoint */
	struct loop_timer trim_timer;

	/* parts.c */
	struct long_record *applying;/* in turns */
	struct jobs again;           /* jobs that run again in the turns to come */
	struct loop_job part_job, turn_job;
	uint32_t turn_messages;      /* opened, changed or saved in this turn */

	struct placecache *places;   /* serve_fetch.c: of messages read lately */
	struct searches *searches;   /* serve_search.c: of all callers, in turns */
	struct map spools;           /* serve_deliver.c: by peer and number */

	struct counts counts;
	uint64_t started_ms;
	bool stopping;
};

/* --- one open call ------------------------------------------------------------------------------------------- */
struct job {
	struct shard *s;
	struct rpc_call *call;       /* NULL: the caller is gone; what was begun still finishes */
	uint16_t no;
	struct buf fields;           /* the message, copied */
	struct ticket ticket;
	struct request request;      /* of a change */
	struct user *user;           /* set for the time of one job_run */
	struct user *pinned;         /* kept in memory until the job ends */
	struct buf out;              /* answers: u16 no, lstr fields each */
	enum err err;
	uint64_t lsn;                /* what the answers were computed from */
	bool ended;
	struct job *next;            /* in shard->held or shard->waiting */
	uint32_t waits_for;          /* while waiting: the user being loaded; 0: a checkpoint */

	/* Handlers that go on after job_run: what they own, and whom to tell. */
	void *own;
	void (*more)(struct job *j, uint16_t no, struct str fields);     /* data, credit */
	void (*gone)(struct job *j);                                     /* the caller left; NULL: finish quietly */
	void (*resume)(struct job *j);                                   /* after job_hold */
};

void jobs_add(struct jobs *q, struct job *j);
struct job *jobs_take(struct jobs *q);                               /* the oldest; NULL: none */
void job_new(struct shard *s, struct rpc_call *call, uint16_t no, struct str fields);
void job_run(struct job *j);
void jobs_release(struct shard *s);                                  /* more became durable: held answers leave */
/* Decode or refuse: gets the job's fields as message `name`. */
#define JOB_GET(j, name, m) rpc_get_##name(buf_str(&(j)->fields), (m))
#define JOB_ANSWER(j, name, m) \
	do { \
		struct buf job_fields_ = { 0 }; \
		rpc_put_##name(&job_fields_, (m)); \
		job_answer((j), RPC_##name, buf_str(&job_fields_)); \
		buf_fini(&job_fields_); \
	} while (0)
void job_answer(struct job *j, uint16_t no, struct str fields);
/* May the change become one record that remembers this answer? Else it is refused: ERR_LIMIT. */
bool job_fits(const struct change *c, struct str answer);
/* The last thing a handler does with a job: answers leave when durable, then done(err). */
void job_end(struct job *j, enum err err);
/* Send the answers gathered so far, now; what they rest on must be durable. The job goes on. */
void job_flush(struct job *j);
/* Is everything this user's state rests on durable? Else parks the job; resume is called when it is. */
bool job_hold(struct job *j);
void job_pin(struct job *j);                                         /* job->user stays in memory until job_end */
void jobs_call_gone(struct shard *s, struct job *j);                 /* the caller cancelled or vanished */
void job_free(struct job *j);
void jobs_forget(struct shard *s);                                   /* stop: the callers are gone */

/* The mailbox's messages are in memory? Else the job is parked and will run again. */
bool job_need_box(struct job *j, struct box *b);
/* Runs again, from the top, when this user's load is done (0: when a checkpoint is). */
void job_park(struct job *j, uint32_t user);
void shard_wake(struct shard *s, uint32_t user);                     /* run who waits for this user; 0: everybody */

/* Its (pinned) user is being changed part by part? Then the job is parked, and resume is called when that is done. */
bool job_behind(struct job *j, void (*resume)(struct job *j));

/* --- parts.c: what concerns many messages is done a part in each turn of the loop ----------------------------------- */
enum { AT_ONCE_MESSAGES = 4096, PART_MESSAGES = 1024 };              /* a record of no more has one part */
void shard_handled(struct shard *s, uint32_t messages);              /* in this turn: counted */
/* These messages of the (loaded) mailbox are open? Else some of them are opened, and the job runs again from its top. */
bool job_need_open(struct job *j, struct box *b, const struct uidset *uids);
/* May the job change so many messages now? Else it is parked: a checkpoint waits for the records at work, and more would be too many. */
bool job_may_change(struct job *j, uint64_t messages);
/* The record becomes state, now or part by part, for which its bytes are taken; its user's calls wait meanwhile. */
void parts_apply(struct shard *s, struct lsn lsn, struct buf *record);
bool parts_busy(const struct shard *s);                              /* the state is between two records: no checkpoint */
void parts_finish(struct shard *s);                                  /* stop: blocks */

/* --- load.c ------------------------------------------------------------------------------------------------------ */
/* The user, if in memory; else starts the load and returns NULL: park. */
struct user *shard_user(struct shard *s, uint32_t id);
enum err shard_load_now(struct shard *s, uint32_t user, uint32_t mailbox);   /* recovery only: blocks; mailbox 0: the user only */
void shard_evict(struct shard *s, uint64_t idle_ms);                  /* clean users not asked for since then leave memory */

/* --- commit.c ---------------------------------------------------------------------------------------------------- */
/* The change becomes a record: applied at once, durable soon. c may be empty only if nothing is to be remembered.
 * answer: what the request gets, now and when it is repeated. False: the job was parked (a mailbox must be loaded first). */
bool job_commit(struct job *j, struct change *c, uint16_t answer_no, struct str answer);
/* A record of the shard's own, nobody waits. */
void shard_commit(struct shard *s, struct change *c);                  /* what it touches must be loaded */
struct change change_new(struct shard *s, struct user *u);
void commit_close_group(struct shard *s);                            /* what gathers is complete; the next record starts a new group */
void groups_forget(struct shard *s);                                 /* stop: what was not submitted */
enum err shard_recover(struct shard *s);                             /* opens journal and index */
bool shard_has_room(struct shard *s);                                /* may records that add bytes be made? */
bool shard_disk_is_full(const struct shard *s);
bool shard_has_reserve(struct shard *s);                                /* and those that free space, or add next to nothing? */

/* --- checkpoint.c ------------------------------------------------------------------------------------------------ */
void checkpoint_start(struct shard *s);                              /* timers */
void checkpoint_maybe(struct shard *s);                              /* after a group became durable */
bool checkpoint_behind(const struct shard *s);                       /* too much is waiting: admit no more writes */
enum err checkpoint_in_recovery(struct shard *s);                    /* if much has gathered; all applied must be durable */
enum err checkpoint_now(struct shard *s);                            /* blocks: recovery and stop */

/* --- handlers, by file ----------------------------------------------------------------------------------------- */
void serve_user_put(struct job *j);
void serve_user_drop(struct job *j);
void serve_quota_get(struct job *j);
void serve_list(struct job *j);
void serve_create(struct job *j);
void serve_delete(struct job *j);
void serve_rename(struct job *j);
void serve_subscribe(struct job *j);
void serve_select(struct job *j);
void serve_changes(struct job *j);
void serve_listen(struct job *j);
void serve_unlisten(struct job *j);
void serve_fetch(struct job *j);
void serve_store(struct job *j);
void serve_store_again(struct job *j, const struct result *r);       /* the request was done before */
void serve_expunge(struct job *j);
void serve_copy(struct job *j);
void serve_search(struct job *j);
void serve_append(struct job *j);
void serve_spool(struct job *j);
void serve_deliver(struct job *j);
void serve_spool_drop(struct job *j);
void serve_status(struct job *j);

struct searches *searches_new(struct shard *s);
void searches_free(struct searches **ss);                            /* no call is open */
void searches_forget(struct shard *s, uint64_t idle_ms);             /* what they keep of messages, if nobody searched since then */
void uploads_sweep(struct shard *s);                                 /* drops what nobody will finish */
void spools_drop_peer(struct shard *s, struct rpc_peer *peer);

/* serve_quota.c: beside the job's answer: how full the user's quota is (rpc.def: room). */
void quota_tell_room(struct job *j);
/* Whether it crossed the soft limit, which it was at or above before, or not (rpc.def: crossed). */
bool quota_soft_now(const struct job *j);
void quota_tell_crossed(struct job *j, bool soft_before);

/* --- shard.c ------------------------------------------------------------------------------------------------------- */
/* Pure work on so many bytes, then `done`: inside this call if it is little and this turn is young (handing it to a worker and back
 * costs more than the work), else by a worker. */
void shard_work(struct shard *s, size_t bytes, loop_fn *run, loop_fn *done, void *arg);
struct shard *shard_new(struct loop *loop, const struct config *config, const char *dir, uint32_t number);
void shard_free(struct shard **s);                                   /* graceful: everything durable, index up to date */
/* What we cannot live with: logged, and the process ends; the supervisor starts it again and recovery finds the truth. */
_Noreturn void shard_die(struct shard *s, const char *why, enum err err);
