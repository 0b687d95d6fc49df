/* storaged/main_roost-storaged.c: one shard, or the directory, as a process of its own. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <unistd.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/must.h"
#include "common/loop/loop.h"
#include "common/loop/thread.h"
#include "common/loop/work.h"
#include "common/seal/seal.h"
#include "storaged/directory/directory.h"
#include "storaged/disk/disk.h"
#include "storaged/serve/shard.h"

struct options { const char *dir; bool directory; long shard; int ready_fd; };

static bool options_read(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "shard", required_argument, NULL, 's' }, { "directory", no_argument, NULL, 'd' },
		{ "ready-fd", required_argument, NULL, 'r' }, { "version", no_argument, NULL, 'v' }, { NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){ .shard = -1, .ready_fd = -1 };
	while ((c = getopt_long(argc, argv, "C:", longs, NULL)) != -1) {
		switch (c) {
		case 'C': o->dir = optarg; break;
		case 's': o->shard = strtol(optarg, NULL, 10); break;
		case 'd': o->directory = true; break;
		case 'r': o->ready_fd = (int)strtol(optarg, NULL, 10); break;
		case 'v': puts("roost-storaged " ROOST_VERSION); exit(0);
		default: return false;
		}
	}
	return o->dir && o->directory != (o->shard >= 0) && optind == argc;
}

static void on_stop(void *loop) { loop_stop(loop); }

/* Randomness, too, comes through the seam of storaged/disk. */
static void luck(void *machine, void *to, size_t bytes)
{
	struct disk *d = machine;

	d->ops->random(d, to, bytes);
}

static void tell_ready(int fd)
{
	if (fd >= 0 && write(fd, "1", 1) != 1)
		log_warn("ready_untold", "fd=%d", fd);
	if (fd >= 0)
		close(fd);
}

static int serve(const struct options *o, const struct config *config, struct loop *loop)
{
	struct shard *shard = o->directory ? NULL : shard_new(loop, config, o->dir, (uint32_t)o->shard);
	struct directory *directory = o->directory ? directory_new(loop, config, o->dir) : NULL;

	if (!shard && !directory)
		return 1;
	tell_ready(o->ready_fd);
	loop_run(loop);
	shard_free(&shard);
	directory_free(&directory);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o;
	struct config config;
	struct buf errors = { 0 };
	char who[32];

	if (!options_read(&o, argc, argv)) {
		fprintf(stderr, "usage: roost-storaged -C DIR (--shard N | --directory) [--ready-fd FD]\n");
		return 2;
	}
	mem_give_back();
	thread_is_prompt();
	snprintf(who, sizeof who, o.directory ? "directory" : "shard-%ld", o.shard);
	log_open(who, LOG_INFO);
	if (!config_load(&config, o.dir, &errors)) {
		log_error("config", "errors=%s", LOG_S(buf_str(&errors)));
		return 1;
	}
	log_open(who, config.log_level);
	struct disk *machine = disk_real(o.dir);
	if (!seal_open(luck, machine))
		return 1;
	struct loop *loop = loop_new();
	work_threads(loop, config.worker_threads);
	loop_on_signal(loop, SIGTERM, on_stop, loop);
	loop_on_signal(loop, SIGINT, on_stop, loop);
	int rc = serve(&o, &config, loop);
	work_drain(loop);
	loop_free(&loop);
	disk_real_free(&machine);
	config_fini(&config);
	buf_fini(&errors);
	return rc;
}
