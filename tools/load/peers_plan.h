/* tools/load/peers_plan.h: what `roost-load peers` is to do: which servers, what lies in their mailboxes, what is measured.
 *
 * A file in the language of roost.conf:
 *
 *	server roost {                         # the first is ours; the others are its rivals
 *		start   = "./roost.sh start"       # lines for sh; start returns when the server serves
 *		stop    = "./roost.sh stop"
 *		pid     = "./roost.sh pid"         # prints the first process: whose tree is the server's cost; may be left out
 *		version = "./roost.sh version"     # prints a line; may be left out
 *		start-to-fill = "..."              # how it is started to be filled, when that is faster; may be left out
 *		env     = { "PEER_DIR=/tmp/roost" }
 *		imap = "127.0.0.1:143"  imaps = "127.0.0.1:993"  lmtp = "127.0.0.1:24"  password = "testpass"
 *		settle  = 1.0                      # seconds until an idle session is as small as it becomes
 *		rival   = true                     # false: shown beside the others, and nobody is compared with it
 *	}
 *	box readers { first-user = 1  users = 16  letters = 1000  bytes = 8KiB }      # `options` go to `roost-load fill`
 *	measure body-16 {
 *		title = "random body, 16 connections"
 *		scenario = body  box = readers  connections = 16
 *		before   = { restart, "sync" }     # ahead of each round: `restart`, `visit` (each user logs in once),
 *		                                   # `settle` (waits as long), or lines for sh with the server's env
 *		options  = { "--change", "lmtp" }  # more for `roost-load run`
 *		compare  = per_second
 *		targets  = { "per_second 3 x best", "cpu_us <= 150" }         # see peers_target.h
 *	}
 *	include("more.conf")
 *
 * Owner: main. All strings and lists are the plan's; nothing changes after it was read.
 */
#pragma once

#include <confuse.h>
#include <stdbool.h>
#include <stddef.h>

#include "tools/load/peers_target.h"
#include "tools/load/scenario.h"

struct peers_server {
	const char  *name, *start, *start_to_fill, *stop, *pid, *version, *imap, *imaps, *lmtp, *password;   /* "": not given */
	const char **env;                      /* up to NULL, as all lists here */
	double       settle_seconds;
	bool         rival;
};

struct peers_box {
	const char  *name;
	unsigned     first_user, users, letters;
	uint64_t     bytes;                    /* of a letter; 0: `options` say */
	const char **options;
};

struct peers_measure {
	const char  *name, *title;
	const struct scenario  *scenario;
	const struct peers_box *box;
	unsigned     connections;
	unsigned     rounds;                   /* of each connection; 0: as many as the time allows */
	double       seconds;                  /* 0: as the command line says */
	unsigned     repeat;                   /* with each server; 0: as the command line says */
	bool         cold;                     /* the server is restarted when the player knows the mailboxes, ahead of each round */
	bool         settled;                  /* the run lets sessions settle for as long as the server needs */
	unsigned     users_a_round;            /* each round plays so many users of the box, whom no round before it touched; 0: all, always */
	const char **before, **options;
	const char **skip;                     /* servers that cannot do it */
	struct peers_metric   compared;        /* what the ratio in the table is of: `compare`; left out: as the first target; none: per_second */
	struct peers_target  *targets;
	size_t       n_targets;
};

struct peers_plan {
	struct peers_server  *servers;
	struct peers_box     *boxes;
	struct peers_measure *measures;
	size_t n_servers, n_boxes, n_measures;
	cfg_t *file;
};

/* False: told on stderr, as FILE:LINE. (What is wrong with a section as a whole is told of its last line.) */
bool peers_plan_read(struct peers_plan *p, const char *path);
void peers_plan_fini(struct peers_plan *p);
const struct peers_server *peers_plan_server(const struct peers_plan *p, struct str name);   /* NULL: no such */
bool peers_list_has(const char **list, const char *word);
