/* frontend/main_roost-frontend.c: one frontend process: a loop, a route to storage, and one protocol.
 *
 *     roost-frontend -C DIR --protocol imap|lmtp --index N [--ready-fd FD]
 *
 * Started and restarted by `roost up`, whose end is ours, too. Writes one byte to FD once clients can be served.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/prctl.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/must.h"
#include "common/loop/loop.h"
#include "common/loop/thread.h"
#include "common/rpc/status.h"
#include "frontend/imap/frontend.h"
#include "frontend/lmtp/lmtp.h"
#include "frontend/net/tls.h"
#include "frontend/route/ask.h"

enum { READY_POLL_MS = 10, PARENT_POLL_MS = 1000 };

struct options { const char *folder; bool lmtp; unsigned index; int ready_fd; };

struct process {
	struct options    options;
	struct config     config;
	struct loop      *loop;
	struct route     *route;
	struct frontend   frontend;            /* of imap; answers the route's events for lmtp, too, with nobody to tell */
	struct lmtp      *lmtp;
	struct status_door *door;
	struct loop_timer ready, parent;
	uint64_t          started_ms;
	pid_t             parent_pid;
	char              name[40];
};

static int usage(void)
{
	fprintf(stderr, "usage: roost-frontend -C DIR --protocol imap|lmtp --index N [--ready-fd FD]\n");
	return 2;
}

static bool option_number(const char *text, unsigned *n)
{
	uint64_t v;

	if (!str_u64(str_of(text), &v) || v > INT32_MAX)
		return false;
	*n = (unsigned)v;
	return true;
}

static bool options_read(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
		{ "protocol", required_argument, NULL, 'p' }, { "index", required_argument, NULL, 'i' },
		{ "ready-fd", required_argument, NULL, 'r' }, { 0 },
	};
	unsigned fd;
	int got;
	bool protocol = false;

	*o = (struct options){ .ready_fd = -1 };
	while ((got = getopt_long(argc, argv, "C:", names, NULL)) != -1) {
		switch (got) {
		case 'C':
			o->folder = optarg;
			break;
		case 'p':
			o->lmtp = str_eq(str_of(optarg), S("lmtp"));
			protocol = o->lmtp || str_eq(str_of(optarg), S("imap"));
			break;
		case 'i':
			if (!option_number(optarg, &o->index))
				return false;
			break;
		case 'r':
			if (!option_number(optarg, &fd))
				return false;
			o->ready_fd = (int)fd;
			break;
		default:
			return false;
		}
	}
	return protocol && o->folder && optind == argc;
}

/* ---- while it runs ---- */

static void ready_poll(void *arg)
{
	struct process *p = arg;

	if (!route_ready(p->route))
		return;
	loop_timer_stop(p->loop, &p->ready);
	if (p->options.ready_fd >= 0 && write(p->options.ready_fd, "r", 1) != 1)
		log_warn("ready_untold", "fd=%d", p->options.ready_fd);
	log_info("ready", "protocol=%s", p->options.lmtp ? "lmtp" : "imap");
}

/* Should prctl have come too late: an orphan ends. */
static void parent_poll(void *arg)
{
	struct process *p = arg;

	if (getppid() == p->parent_pid)
		return;
	log_warn("orphaned", "parent=%d", (int)p->parent_pid);
	loop_stop(p->loop);
}

static void lmtp_empty(void *arg)
{
	struct process *p = arg;

	loop_stop(p->loop);
}

static void on_stop(void *arg)
{
	struct process *p = arg;

	if (p->lmtp)
		lmtp_stop(p->lmtp, lmtp_empty, p);
	else
		frontend_stop(&p->frontend);
}

static void on_reload(void *arg)
{
	struct process *p = arg;

	if (p->frontend.tls && tls_reload(p->frontend.tls, p->config.tls, p->config.n_tls))
		log_info("certificates_reloaded", "n=%zu", p->config.n_tls);
}

/* ---- what `roost status` asks ---- */

static json_t *status(void *ctx)
{
	const struct process *p = ctx;
	json_t *o = json_pack("{s:s, s:i, s:i, s:I, s:o}", "role", p->options.lmtp ? "lmtp" : "imap", "index", (int)p->options.index,
	                      "pid", (int)getpid(), "uptime_ms", (json_int_t)(loop_now_ms(p->loop) - p->started_ms), "lag_us", status_lag(p->loop));

	if (p->lmtp)
		lmtp_status(p->lmtp, o);
	else
		frontend_status(&p->frontend, o);
	return o;
}

static bool open_door(struct process *p)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/sock/%s", p->options.folder, p->name);
	buf_addc(&path, '\0');
	p->door = status_door_new(p->loop, path.p, p->name, status, p);
	buf_fini(&path);
	return p->door != NULL;
}

/* ---- beginning and end ---- */

static bool serve_imap(struct process *p)
{
	if (p->config.n_tls > 0 && !(p->frontend.tls = tls_new(p->config.tls, p->config.n_tls)))
		return false;
	return frontend_listen(&p->frontend);
}

static bool serve_lmtp(struct process *p)
{
	p->lmtp = lmtp_new(p->loop, &p->config, p->route);
	return p->lmtp && lmtp_listeners(p->lmtp) == p->config.lmtp.n;
}

static bool process_start(struct process *p)
{
	thread_is_prompt();
	p->loop = loop_new();
	p->started_ms = loop_now_ms(p->loop);
	frontend_init(&p->frontend, p->loop, &p->config);
	p->route = route_new(p->loop, p->options.folder, p->config.shards, p->options.lmtp, p->name, &frontend_route_events, &p->frontend);
	p->frontend.route = p->frontend.mailboxes.route = p->route;
	if (!open_door(p) || !(p->options.lmtp ? serve_lmtp(p) : serve_imap(p)))
		return false;
	loop_on_signal(p->loop, SIGTERM, on_stop, p);
	loop_on_signal(p->loop, SIGINT, on_stop, p);
	loop_on_signal(p->loop, SIGHUP, on_reload, p);
	loop_timer_start(p->loop, &p->ready, READY_POLL_MS, READY_POLL_MS, ready_poll, p);
	loop_timer_start(p->loop, &p->parent, PARENT_POLL_MS, PARENT_POLL_MS, parent_poll, p);
	return true;
}

static bool config_read(struct process *p)
{
	struct buf faults = { 0 };
	bool ok = config_load(&p->config, p->options.folder, &faults);

	if (!ok)
		fprintf(stderr, "%.*s", STR_ARG(buf_str(&faults)));
	buf_fini(&faults);
	return ok;
}

int main(int argc, char **argv)
{
	static const char *const protocol[] = { "imap", "lmtp" };
	struct process *p;

	if (argc == 2 && str_eq(str_of(argv[1]), S("--version"))) {
		printf("roost-frontend %s\n", ROOST_VERSION);
		return 0;
	}
	mem_give_back();
	p = mem_new(sizeof *p);
	p->parent_pid = getppid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!options_read(&p->options, argc, argv))
		return usage();
	if (!config_read(p))
		return 1;
	snprintf(p->name, sizeof p->name, "frontend-%s-%u", protocol[p->options.lmtp], p->options.index);
	log_open(p->name, p->config.log_level);
	if (!process_start(p))
		return 1;
	loop_run(p->loop);
	log_info("stopped", "protocol=%s", protocol[p->options.lmtp]);
	/* Clients may still be reading our BYE: the kernel keeps their bytes and takes back all else. Not by return, so that
	 * a leak checker finds what is held reachable, and names only what was lost. */
	exit(0);
}
