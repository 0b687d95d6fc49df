/* storaged/serve/shard.c: a shard comes up, listens, and goes down in good order. */
#include "storaged/serve/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "storaged/serve/placecache.h"
#include "storaged/serve/spool.h"

enum { EXIT_DAMAGED = 3, EXIT_RECOVER = 4 };

/* What the loop does itself: one such piece of work takes some 150 us, so that no turn gets much longer than this. */
enum { AT_ONCE_BYTES = 32 * 1024, AT_ONCE_US = 2000 };

void shard_work(struct shard *s, size_t bytes, loop_fn *run, loop_fn *done, void *arg)
{
	if (bytes > AT_ONCE_BYTES || loop_turn_us(s->loop) > AT_ONCE_US) {
		work_submit(s->loop, run, done, arg);
		return;
	}
	run(arg);
	done(arg);
}

static void on_call(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	job_new(ctx, call, no, fields);
}

static void on_more(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct job *j = call->ctx;

	(void)ctx;
	if (j && j->more)
		j->more(j, no, fields);
	else if (j && no != RPC_credit && no != RPC_data && no != RPC_data_end)   /* these may still be on their way when a call ends */
		peer_drop(call->peer);
}

static void on_gone(void *ctx, struct rpc_call *call)
{
	if (call->ctx)
		jobs_call_gone(ctx, call->ctx);
}

static void on_peer_down(void *ctx, struct rpc_peer *peer)
{
	struct shard *s = ctx;

	bell_forget(s->bell, peer);
	spools_drop_peer(s, peer);
}

_Noreturn void shard_die(struct shard *s, const char *why, enum err err)
{
	log_error("shard_down", "shard=%u why=%s err=%s durable=%llu", s->number, why, err_name(err), (unsigned long long)s->durable.n);
	_exit(err == ERR_CORRUPT ? EXIT_DAMAGED : EXIT_RECOVER);
}

static bool shard_start(struct shard *s, const char *dir)
{
	static const struct rpc_handler handler = { on_call, on_more, on_gone, NULL, on_peer_down };
	char path[600], who[32];

	snprintf(path, sizeof path, "%s/master.key", dir);
	enum err err = master_key_load(&s->master, path);
	if (err == OK)
		err = keyring_open(&s->keys, s->disk, &s->master, s->number);
	if (err == OK)
		err = shard_recover(s);
	if (err != OK) {
		log_error("shard_start_failed", "shard=%u err=%s", s->number, err_name(err));
		if (err == ERR_CORRUPT)
			_exit(EXIT_DAMAGED);
		return false;
	}
	spools_clean(s->disk);
	snprintf(path, sizeof path, "%s/sock/shard-%u", dir, s->number);
	snprintf(who, sizeof who, "shard-%u", s->number);
	s->bell = bell_new(s->loop);
	s->places = placecache_new();
	s->searches = searches_new(s);
	checkpoint_start(s);
	s->server = rpc_server_new(s->loop, path, 0600, who, &handler, s);
	return s->server != NULL;
}

struct shard *shard_new(struct loop *loop, const struct config *config, const char *dir, uint32_t number)
{
	struct shard *s = mem_new(sizeof *s);

	s->loop = loop;
	s->config = config;
	s->number = number;
	snprintf(s->folder, sizeof s->folder, "%s/shards/%u", dir, number);
	s->disk = disk_real(s->folder);
	s->started_ms = loop_now_ms(loop);
	if (!shard_start(s, dir))
		shard_free(&s);
	return s;
}

void shard_free(struct shard **sp)
{
	struct shard *s = *sp;

	if (!s)
		return;
	s->stopping = true;
	loop_timer_stop(s->loop, &s->checkpoint_timer);
	loop_timer_stop(s->loop, &s->sweep_timer);
	rpc_server_free(&s->server);
	work_drain(s->loop);
	loop_timer_stop(s->loop, &s->trim_timer);
	loop_job_stop(&s->save_job);
	parts_finish(s);
	/* Groups still gathering were promised to nobody: who asked asks again. Only a state that is all durable may go to the index. */
	if (s->journal && !s->first && checkpoint_now(s) == OK)
		log_info("stopped", "lsn=%llu", (unsigned long long)s->durable.n);
	journal_close(&s->journal);
	loop_job_stop(&s->submit_job);          /* after the group in flight, which starts the next */
	groups_forget(s);
	jobs_forget(s);
	map_fini(&s->spools);
	bell_free(&s->bell);
	placecache_free(&s->places);
	searches_free(&s->searches);
	if (s->db)
		state_fini(&s->state);
	db_close(&s->db);
	keyring_close(&s->keys);
	key_wipe(&s->master);
	disk_real_free(&s->disk);
	free(s);
	*sp = NULL;
}
