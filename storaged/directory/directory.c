/* storaged/directory/directory.c: the process: its doors, what each is for, and who watches. */
#include "storaged/directory/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/loop/work.h"
#include "common/seal/seal.h"
#include "storaged/directory/inside.h"
#include "storaged/directory/username.h"

/* --- calls --- */

/* TLS tickets live for two hours. */
enum { TLS_KEYS_MS = 6 * 3600 * 1000 };

static struct str key_bytes(const struct key *k) { return (struct str){ (const char *)k->b, sizeof k->b }; }

static void tls_keys_tell(const struct directory *d, struct rpc_peer *peer)
{
	push_tls_keys(peer, &(struct rpc_tls_keys){ key_bytes(&d->tls_now), key_bytes(&d->tls_before) });
}

static void tls_keys_turn(void *arg)
{
	struct directory *d = arg;

	d->tls_before = d->tls_now;
	key_random(&d->tls_now);
	for (int i = 0; i < DOORS; i++) {
		size_t at = 0;
		uint64_t key;
		void *peer;
		while (d->doors[i].kind == DOOR_IMAP && map_each(&d->doors[i].watchers, &at, &key, &peer))
			tls_keys_tell(d, peer);
	}
}

static void hear_watch(struct door *door, struct rpc_call *call, struct str fields)
{
	struct rpc_peer *peer = call->peer;

	(void)fields;
	map_put(&door->watchers, (uintptr_t)peer, peer);
	pusher_tell_cuts(door->d->pusher, peer);
	if (door->kind == DOOR_IMAP)
		tls_keys_tell(door->d, peer);
	server_end(call, OK, ledger_durable(door->d->ledger).n);
}

/* Every message we hear, and through which doors. */
static const struct { uint16_t no; unsigned doors; hear_fn *hear; } messages[] = {
	{ RPC_status,    DOOR_IMAP | DOOR_LMTP | DOOR_ADMIN, hear_status    },
	{ RPC_login,     DOOR_IMAP | DOOR_ADMIN,             hear_login     },
	{ RPC_renew,     DOOR_IMAP | DOOR_LMTP | DOOR_ADMIN, hear_renew     },
	{ RPC_watch,     DOOR_IMAP | DOOR_LMTP | DOOR_ADMIN, hear_watch     },
	{ RPC_resolve,   DOOR_LMTP | DOOR_ADMIN,             hear_resolve   },
	{ RPC_admit,     DOOR_ADMIN,                         hear_admit     },
	{ RPC_user_add,  DOOR_ADMIN,                         hear_user_add  },
	{ RPC_user_set,  DOOR_ADMIN,                         hear_user_set  },
	{ RPC_user_del,  DOOR_ADMIN,                         hear_user_del  },
	{ RPC_user_list, DOOR_ADMIN,                         hear_user_list },
	{ RPC_root,      DOOR_IMAP,                          hear_root      },
	{ RPC_quota_set, DOOR_ADMIN,                         hear_quota_set },
	{ RPC_class_set, DOOR_ADMIN,                         hear_class_set },
	{ RPC_class_del, DOOR_ADMIN,                         hear_class_del },
	{ RPC_domain_set, DOOR_ADMIN,                        hear_domain_set },
	{ RPC_class_list, DOOR_ADMIN,                        hear_class_list },
};

/* What this door is not for is denied; what no directory ever hears breaks the contract. */
static void on_call(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	struct door *door = ctx;

	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		if (messages[i].no != no)
			continue;
		if (messages[i].doors & door->kind) {
			messages[i].hear(door, call, fields);
			return;
		}
		log_warn("call_denied", "by=%s message=%s", LOG_S(str_of(peer_who(call->peer))), rpc_name(no));
		server_end(call, ERR_DENIED, 0);
		return;
	}
	log_warn("call_foreign", "by=%s message=%s", LOG_S(str_of(peer_who(call->peer))), rpc_name(no));
	peer_drop(call->peer);
}

/* None of our calls goes on. */
static void on_more(void *ctx, struct rpc_call *call, uint16_t no, struct str fields)
{
	(void)ctx;
	(void)fields;
	if (no != RPC_credit)
		peer_drop(call->peer);
}

static void on_gone(void *ctx, struct rpc_call *call)
{
	struct pending *p = call->ctx;

	(void)ctx;
	if (!p)
		return;
	p->call = NULL;
	if (p->gone)
		p->gone(p);
}

static void on_peer_down(void *ctx, struct rpc_peer *peer)
{
	struct door *door = ctx;

	map_del(&door->watchers, (uintptr_t)peer);
}

void directory_cut(struct directory *d, uint32_t user, uint32_t generation)
{
	for (int i = 0; i < DOORS; i++) {
		size_t at = 0;
		uint64_t key;
		void *peer;
		while (map_each(&d->doors[i].watchers, &at, &key, &peer))
			push_cut(peer, &(struct rpc_cut){ user, generation });
	}
}

/* --- start and end --- */

static char *path_of(const struct directory *d, const char *name)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/%s", d->dir, name);
	char *path = str_heap_z(buf_str(&b));
	buf_fini(&b);
	return path;
}

static bool doors_open(struct directory *d)
{
	static const struct rpc_handler handler = { .call = on_call, .more = on_more, .gone = on_gone, .peer_down = on_peer_down };
	static const struct { enum door_kind kind; const char *socket; unsigned mode; } kinds[DOORS] = {
		{ DOOR_IMAP,  "sock/directory",       0660 },
		{ DOOR_LMTP,  "sock/directory-lmtp",  0660 },
		{ DOOR_ADMIN, "sock/directory-admin", 0600 },
	};

	for (int i = 0; i < DOORS; i++) {
		char *path = path_of(d, kinds[i].socket);
		d->doors[i].d = d;
		d->doors[i].kind = kinds[i].kind;
		d->doors[i].server = rpc_server_new(d->loop, path, kinds[i].mode, "directory", &handler, &d->doors[i]);
		free(path);
		if (!d->doors[i].server)
			return false;
	}
	return true;
}

static bool master_load(struct directory *d)
{
	char *path = path_of(d, "master.key");
	enum err err = master_key_load(&d->master, path);

	if (err != OK)
		log_error("master_key_not_loaded", "path=%s err=%s", LOG_S(str_of(path)), err_name(err));
	free(path);
	return err == OK;
}

/* The machine's name in the form of names; empty if it has none that can be one. */
static struct str host_canon(const struct config *config)
{
	char name[256] = "";
	struct buf canon = { 0 };

	if (config->host[0] == '\0' && gethostname(name, sizeof name - 1) != 0)
		name[0] = '\0';
	username_canon(&canon, str_of(config->host[0] ? config->host : name));
	return buf_str(&canon);
}

static bool ledger_start(struct directory *d, uint64_t incarnation)
{
	char *root = path_of(d, "directory"), *index = path_of(d, "directory/index.mdb");
	struct ledger_options o = {
		.index_path = index, .index_map_bytes = d->config->index_map_bytes,
		.checkpoint_interval_ms = d->config->checkpoint_interval_ms, .incarnation = incarnation,
	};

	if (mkdir(root, 0700) == 0 || errno == EEXIST)
		d->disk = disk_real(root);
	if (d->disk)
		d->ledger = ledger_open(d->loop, d->disk, &o, &d->people);
	free(root);
	free(index);
	return d->ledger != NULL;
}

/* Doors first: the socket of a directory that still runs is not taken over, so no two ever share the journal. Who connects
 * meanwhile waits in the kernel. */
static bool start(struct directory *d)
{
	uint64_t incarnation;

	seal_random(&incarnation, sizeof incarnation);
	if (!master_load(d) || !doors_open(d) || !ledger_start(d, incarnation))
		return false;
	d->hasher = hasher_new(d->loop, d->config->worker_threads);
	d->verifier = verifier_new();
	d->edits = edits_new();
	d->class_edits = class_edits_new();
	d->pusher = pusher_new(d, incarnation);
	class_edits_config(d);
	key_random(&d->tls_now);
	key_random(&d->tls_before);
	loop_timer_start(d->loop, &d->tls_timer, TLS_KEYS_MS, TLS_KEYS_MS, tls_keys_turn, d);
	return true;
}

struct directory *directory_new(struct loop *loop, const struct config *config, const char *dir)
{
	struct directory *d = mem_new(sizeof *d);

	d->loop = loop;
	d->config = config;
	d->dir = str_heap_z(str_of(dir));
	d->host = host_canon(config);
	if (!start(d))
		directory_free(&d);
	return d;
}

/* Callers first, then what is under way, then what it stands on. */
void directory_free(struct directory **dp)
{
	struct directory *d = *dp;

	*dp = NULL;
	if (!d)
		return;
	d->closing = true;
	loop_timer_stop(d->loop, &d->tls_timer);
	for (int i = 0; i < DOORS; i++) {
		rpc_server_free(&d->doors[i].server);
		map_fini(&d->doors[i].watchers);
	}
	if (d->hasher)
		hasher_stop(d->hasher);
	work_drain(d->loop);
	if (d->ledger) {
		ledger_close(&d->ledger);
		people_fini(&d->people);
	}
	pusher_free(&d->pusher);
	edits_free(&d->edits);
	class_edits_free(&d->class_edits);
	verifier_free(&d->verifier);
	hasher_free(&d->hasher);
	disk_real_free(&d->disk);
	key_wipe(&d->master);
	key_wipe(&d->tls_now);
	key_wipe(&d->tls_before);
	free((char *)d->host.p);
	free(d->dir);
	free(d);
}
