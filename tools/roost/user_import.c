/* tools/roost/user_import.c: `roost user import`: many users from a file, many calls on their way at once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/config.h"
#include "tools/roost/client.h"
#include "tools/roost/progress.h"
#include "tools/roost/run.h"
#include "tools/roost/tell.h"
#include "tools/roost/user_options.h"

#define SLOTS 64
#define TRIES_MOST 20

struct slot {
	struct import *of;
	bool      busy, ended;
	unsigned  line, tries;
	struct buf fields;             /* of user_add */
	enum err  err;
};

struct import {
	struct client *client;
	struct door   *directory;
	const char    *path;
	FILE          *file;
	uint32_t       hash_cost;
	unsigned       line;
	uint64_t       added, refused, done_bytes, total_bytes;
	struct progress progress;
	struct slot    slots[SLOTS];
};

static void refuse(struct import *im, unsigned line, const char *why)
{
	im->refused++;
	fprintf(stderr, "%s%s:%u: %s\n", im->progress.shown ? "\r\033[K" : "", im->path, line, why);
}

/* name:password[:quota]. NULL, or what is wrong. */
static const char *parse_line(struct str line, struct rpc_user_add *m)
{
	struct str rest, quota;

	if (!str_cut(line, ':', &m->name, &rest))
		return "should be name:password or name:password:quota";
	bool has_quota = str_cut(rest, ':', &m->password, &quota);
	if (m->name.n == 0 || m->password.n == 0)
		return "name or password is empty";
	if (has_quota && !config_bytes(quota, &m->quota_bytes))
		return "the quota is not a size such as 500MiB (a password in this file cannot hold a colon)";
	return NULL;
}

static void on_news(void *ctx, struct call *call, const struct call_news *news)
{
	struct slot *s = ctx;

	(void)call;
	if (news->event == CALL_ANSWER)
		return;
	s->ended = true;
	s->err = news->event == CALL_LOST ? ERR_UNKNOWN : news->err;
	client_wake(s->of->client);
}

static void slot_send(struct slot *s)
{
	s->ended = false;
	s->tries++;
	if (call_start(door_channel(s->of->directory), RPC_user_add, buf_str(&s->fields), on_news, s))
		return;
	s->ended = true;
	s->err = ERR_UNKNOWN;
}

static const char *why_refused(enum err err)
{
	return err == ERR_EXISTS ? "there is such a user already" : err == ERR_INPUT ? "not a user name (local or local@domain)" : tell_err(err);
}

static void slot_settle(struct slot *s)
{
	struct import *im = s->of;

	if ((s->err == ERR_UNKNOWN || s->err == ERR_BUSY) && s->tries < TRIES_MOST && door_reopen(im->directory)) {
		slot_send(s);
		return;
	}
	/* On a second try "exists" most likely means our first one, whose answer was lost. */
	if (s->err == OK || (s->err == ERR_EXISTS && s->tries > 1))
		im->added++;
	else
		refuse(im, s->line, why_refused(s->err));
	s->busy = false;
	explicit_bzero(s->fields.p, s->fields.n);
	buf_reset(&s->fields);
}

static size_t settle(struct import *im)
{
	size_t busy = 0;

	for (size_t i = 0; i < SLOTS; i++) {
		if (im->slots[i].busy && im->slots[i].ended)
			slot_settle(&im->slots[i]);
		busy += im->slots[i].busy;
	}
	return busy;
}

static void wait_for(struct import *im, size_t most)
{
	while (settle(im) > most)
		client_run(im->client);
}

static void add_user(struct import *im, const struct rpc_user_add *m)
{
	struct slot *s = im->slots;

	wait_for(im, SLOTS - 1);
	while (s->busy)
		s++;
	rpc_put_user_add(&s->fields, m);
	s->of = im;
	s->busy = true;
	s->line = im->line;
	s->tries = 0;
	slot_send(s);
}

static void import_line(struct import *im, struct str line)
{
	struct rpc_user_add m = { .hash_cost = im->hash_cost };

	if (str_trim(line).n == 0 || line.p[0] == '#')
		return;
	const char *fault = parse_line(line, &m);
	if (fault)
		refuse(im, im->line, fault);
	else
		add_user(im, &m);
}

static void import_lines(struct import *im)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&text, &cap, im->file)) >= 0) {
		struct str line = { text, (size_t)n };
		im->line++;
		im->done_bytes += (uint64_t)n;
		if (str_ends(line, S("\n")))
			line.n--;
		if (str_ends(line, S("\r")))
			line.n--;
		import_line(im, line);
		progress_draw(&im->progress, im->done_bytes, im->total_bytes, im->added, "users");
	}
	wait_for(im, 0);
	if (text)
		explicit_bzero(text, cap);
	free(text);
}

static int import_users(struct import *im)
{
	struct stat st;

	im->total_bytes = fstat(fileno(im->file), &st) == 0 ? (uint64_t)st.st_size : 0;
	im->progress = progress_begin();
	import_lines(im);
	progress_end(&im->progress);
	printf("%llu users added, %llu lines refused\n", (unsigned long long)im->added, (unsigned long long)im->refused);
	for (size_t i = 0; i < SLOTS; i++)
		buf_fini(&im->slots[i].fields);
	return im->refused ? ROOST_REFUSED : ROOST_DONE;
}

int run_user_import(const struct args *a)
{
	struct import im = { .path = a->operands.at[0] };
	bool typed = strcmp(im.path, "-") == 0;
	int code = ROOST_REFUSED;

	if (!user_hash_cost(a, &im.hash_cost))
		return ROOST_USAGE;
	im.file = typed ? stdin : fopen(im.path, "re");
	if (!im.file) {
		tell("%s: %s", im.path, strerror(errno));
		return ROOST_REFUSED;
	}
	im.client = client_open(a);
	im.directory = im.client ? client_directory(im.client) : NULL;
	if (im.directory)
		code = import_users(&im);
	client_close(&im.client);
	if (!typed)
		fclose(im.file);
	return code;
}
