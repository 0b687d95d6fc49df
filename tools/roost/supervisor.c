/* tools/roost/supervisor.c: when children start, start again, and stop. */
#include "tools/roost/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/rpc/status.h"
#include "tools/roost/child.h"
#include "tools/roost/service.h"

#define HEALTHY_MS 10000
#define STARTS_MOST 5                    /* before `ready` was ever said */
#define CORRUPT_EXIT 3                   /* roost-storaged: its journal or index is damaged */

struct supervisor {
	struct loop   *loop;
	const char    *dir;
	int            lock_fd;
	void         (*ready)(void);
	struct child  *children;
	size_t         n;
	bool           said_ready, stopping, gave_up;
	enum child_rank stop_rank;       /* the one being stopped */
	struct loop_timer patience;      /* of stopping */
	struct loop_job   noting;
	struct status_door *door;
};

static void start(void *arg);
static void stop_rank(struct supervisor *s);
static void begin_stop(void *arg);

static void write_pids(void *arg)
{
	const struct supervisor *s = arg;
	struct buf text = { 0 };

	buf_printf(&text, "roost %d\n", (int)getpid());
	for (size_t i = 0; i < s->n; i++)
		if (s->children[i].pid)
			buf_printf(&text, "%s %d\n", s->children[i].name, (int)s->children[i].pid);
	service_write(s->dir, "roost.pids", 0644, buf_str(&text));
	buf_fini(&text);
}

/* For people and scripts: which pids are ours. Once a turn, however many came or went. */
static void note_pids(struct supervisor *s)
{
	loop_defer(s->loop, &s->noting, write_pids, s);
}

static bool all_ready(const struct supervisor *s, bool frontends)
{
	for (size_t i = 0; i < s->n; i++)
		if ((s->children[i].rank == RANK_FRONTEND) == frontends && s->children[i].state != CHILD_READY)
			return false;
	return true;
}

/* Frontends wait for storage only at the first start; later each child comes and goes on its own. */
static void advance(struct supervisor *s)
{
	if (s->said_ready || s->stopping || !all_ready(s, false))
		return;
	for (size_t i = 0; i < s->n; i++) {
		struct child *c = &s->children[i];
		if (c->rank == RANK_FRONTEND && !c->pid && !loop_timer_running(&c->retry))
			start(c);
	}
	if (!all_ready(s, true))
		return;
	s->said_ready = true;
	log_info("ready", "processes=%zu", s->n);
	s->ready();
}

static void on_ready_fd(void *arg, int events)
{
	struct child *c = arg;
	char byte;
	ssize_t n = read(c->ready_fd, &byte, 1);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	loop_watch_free(&c->ready_watch);
	close(c->ready_fd);
	c->ready_fd = -1;
	if (n != 1)
		return;                       /* it closed without a word: SIGCHLD will tell */
	c->state = CHILD_READY;
	c->ready_ms = loop_now_ms(c->of->loop);
	log_info("child_ready", "child=%s pid=%d ms=%llu", c->name, (int)c->pid, (unsigned long long)(c->ready_ms - c->started_ms));
	advance(c->of);
}

static void start_later(struct child *c, uint64_t delay_ms)
{
	loop_timer_start(c->of->loop, &c->retry, delay_ms ? delay_ms : 1, 0, start, c);
}

static void start(void *arg)
{
	struct child *c = arg;
	struct supervisor *s = c->of;

	c->started_ms = loop_now_ms(s->loop);
	if (!child_spawn(c, s->lock_fd)) {
		start_later(c, child_backoff_ms(++c->failures + 1));
		return;
	}
	c->ready_watch = loop_watch_new(s->loop, c->ready_fd, on_ready_fd, c);
	loop_watch_want(c->ready_watch, LOOP_READ);
	note_pids(s);
}

static void give_up(struct supervisor *s, const struct child *c)
{
	log_error("gave_up", "child=%s last=\"%s\" hint=\"it does not start; its own lines above say why\"", c->name, c->last_end);
	s->gave_up = true;
	begin_stop(s);
}

/* A child ended though nobody asked it to. */
static void restart(struct child *c, int status)
{
	struct supervisor *s = c->of;

	if (c->ready_ms && loop_now_ms(s->loop) - c->ready_ms >= HEALTHY_MS)
		c->failures = 0;
	c->failures++;
	if (!s->said_ready && WIFEXITED(status) && c->failures >= STARTS_MOST) {
		give_up(s, c);
		return;
	}
	uint64_t delay_ms = child_backoff_ms(c->failures);
	c->restarts++;
	log_warn("child_ended", "child=%s how=\"%s\" restart_in_ms=%llu", c->name, c->last_end, (unsigned long long)delay_ms);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CORRUPT_EXIT)
		log_error("storage_damaged", "child=%s hint=\"its journal or index does not verify and it will not serve; "
		          "see its lines above, and restore or repair %s\"", c->name, s->dir);
	start_later(c, delay_ms);
}

static struct child *child_of_pid(struct supervisor *s, pid_t pid)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->children[i].pid == pid)
			return &s->children[i];
	return NULL;
}

static void reap(void *arg)
{
	struct supervisor *s = arg;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *c = child_of_pid(s, pid);
		if (!c)
			continue;
		child_ended(c, status);
		note_pids(s);
		if (!s->stopping)
			restart(c, status);
	}
	if (s->stopping)
		stop_rank(s);
}

/* How many of the rank still live, after sending them the signal (0: none). */
static unsigned signal_rank(const struct supervisor *s, enum child_rank rank, int signum)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct child *c = &s->children[i];
		if (c->rank != rank || !c->pid)
			continue;
		kill(c->pid, signum);
		n++;
	}
	return n;
}

static void lose_patience(void *arg)
{
	struct supervisor *s = arg;
	unsigned n = signal_rank(s, s->stop_rank, SIGKILL);

	log_warn("killed", "processes=%u hint=\"they did not stop in time; nothing acknowledged is lost\"", n);
}

static void ask_rank(struct supervisor *s)
{
	static const uint64_t patience_ms[RANK_COUNT] = {
		[RANK_FRONTEND] = 5000, [RANK_SHARD] = 30000, [RANK_DIRECTORY] = 30000,
	};

	signal_rank(s, s->stop_rank, SIGTERM);
	loop_timer_start(s->loop, &s->patience, patience_ms[s->stop_rank], 0, lose_patience, s);
}

/* Goes to the next rank when this one is gone. */
static void stop_rank(struct supervisor *s)
{
	bool moved = false;

	while (s->stop_rank < RANK_COUNT && signal_rank(s, s->stop_rank, 0) == 0) {
		s->stop_rank++;
		moved = true;
	}
	if (s->stop_rank == RANK_COUNT) {
		loop_timer_stop(s->loop, &s->patience);
		loop_stop(s->loop);
	} else if (moved) {
		ask_rank(s);
	}
}

static void begin_stop(void *arg)
{
	struct supervisor *s = arg;

	if (s->stopping)
		return;
	log_info("stopping", "ready=%d", s->said_ready);
	s->stopping = true;
	s->stop_rank = 0;
	for (size_t i = 0; i < s->n; i++)
		loop_timer_stop(s->loop, &s->children[i].retry);
	ask_rank(s);
	stop_rank(s);
}

static void reload(void *arg)
{
	log_info("reloading", "frontends=%u", signal_rank(arg, RANK_FRONTEND, SIGHUP));
}

/* --- what `roost status` asks ------------------------------------------------------------------------------------ */

static json_t *child_json(const struct child *c, uint64_t now_ms)
{
	static const char *const states[] = { [CHILD_DOWN] = "down", [CHILD_STARTING] = "starting", [CHILD_READY] = "ready" };

	return json_pack("{s:s, s:s, s:i, s:s, s:I, s:i, s:s}", "name", c->name, "socket", c->socket, "pid", (int)c->pid,
	                 "state", states[c->state], "uptime_ms", (json_int_t)(c->pid ? now_ms - c->started_ms : 0),
	                 "restarts", (int)c->restarts, "last_end", c->last_end);
}

static json_t *status_json(void *ctx)
{
	const struct supervisor *s = ctx;
	json_t *list = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(list, child_json(&s->children[i], loop_now_ms(s->loop)));
	return json_pack("{s:s, s:i, s:b, s:o, s:o}", "version", ROOST_VERSION, "pid", (int)getpid(),
	                        "ready", s->said_ready && all_ready(s, false) && all_ready(s, true), "processes", list, "lag_us", status_lag(s->loop));
}

static bool open_door(struct supervisor *s)
{
	char *path = service_path(s->dir, "sock/supervisor");

	s->door = status_door_new(s->loop, path, "roost", status_json, s);
	free(path);
	return s->door != NULL;
}

/* --- the family ------------------------------------------------------------------------------------------------- */

static struct child *add_child(struct supervisor *s, const char *bin, const char *program, enum child_rank rank)
{
	struct buf path = { 0 };

	s->children = mem_resize(s->children, (s->n + 1) * sizeof *s->children);
	struct child *c = &s->children[s->n++];
	*c = (struct child){ .of = s, .rank = rank, .ready_fd = -1 };
	buf_printf(&path, "%s/%s", bin, program);
	buf_addc(&path, '\0');
	child_arg(c, path.p);
	child_arg(c, "-C");
	child_arg(c, s->dir);
	buf_fini(&path);
	return c;
}

static void add_shard(struct supervisor *s, const char *bin, unsigned i)
{
	struct child *c = add_child(s, bin, "roost-storaged", RANK_SHARD);
	char number[12];

	snprintf(number, sizeof number, "%u", i);
	child_arg(c, "--shard");
	child_arg(c, number);
	snprintf(c->name, sizeof c->name, "shard-%u", i);
	snprintf(c->socket, sizeof c->socket, "shard-%u", i);
}

static void add_frontend(struct supervisor *s, const char *bin, const char *protocol, unsigned i)
{
	struct child *c = add_child(s, bin, "roost-frontend", RANK_FRONTEND);
	char number[12];

	snprintf(number, sizeof number, "%u", i);
	child_arg(c, "--protocol");
	child_arg(c, protocol);
	child_arg(c, "--index");
	child_arg(c, number);
	snprintf(c->name, sizeof c->name, "%s-%u", protocol, i);
	snprintf(c->socket, sizeof c->socket, "frontend-%s-%u", protocol, i);
}

static void add_family(struct supervisor *s, const char *bin, const struct config *c)
{
	struct child *directory = add_child(s, bin, "roost-storaged", RANK_DIRECTORY);

	child_arg(directory, "--directory");
	snprintf(directory->name, sizeof directory->name, "directory");
	snprintf(directory->socket, sizeof directory->socket, "directory-admin");
	for (unsigned i = 0; i < c->shards; i++)
		add_shard(s, bin, i);
	for (unsigned i = 0; i < c->frontends && c->imap.n + c->imaps.n > 0; i++)
		add_frontend(s, bin, "imap", i);
	if (c->lmtp.n > 0)
		add_frontend(s, bin, "lmtp", 0);
}

struct supervisor *supervisor_new(const char *dir, const char *bin, const struct config *c, int lock_fd, void (*ready)(void))
{
	struct supervisor *s = mem_new(sizeof *s);

	s->loop = loop_new();
	s->dir = dir;
	s->lock_fd = lock_fd;
	s->ready = ready;
	add_family(s, bin, c);
	return s;
}

bool supervisor_run(struct supervisor *s)
{
	loop_on_signal(s->loop, SIGCHLD, reap, s);
	loop_on_signal(s->loop, SIGTERM, begin_stop, s);
	loop_on_signal(s->loop, SIGINT, begin_stop, s);
	loop_on_signal(s->loop, SIGHUP, reload, s);
	if (!open_door(s))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (s->children[i].rank != RANK_FRONTEND)
			start(&s->children[i]);
	loop_run(s->loop);
	return !s->gave_up;
}

void supervisor_free(struct supervisor **sp)
{
	struct supervisor *s = *sp;

	*sp = NULL;
	status_door_free(&s->door);
	for (size_t i = 0; i < s->n; i++)
		child_fini(&s->children[i]);
	free(s->children);
	loop_free(&s->loop);
	free(s);
}
