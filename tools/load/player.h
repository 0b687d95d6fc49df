/* tools/load/player.h: players, each one connection that does one thing at a time (closed loop), timed and checked.
 *
 * A player hears the greeting, goes through the scenario's opening, and is then ready. Told to go, it repeats the
 * scenario's round. Every answer is looked at: a round counts only if each was what it should be; the first that was
 * not is kept for the report.
 *
 * Owner: the team makes and frees its players. Many teams may share one set of wires.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/load/letters.h"
#include "tools/load/samples.h"
#include "tools/load/wire.h"

struct player;

/* One command, or pipelined LMTP commands, and the answers. */
struct step {
	void   (*ask)(struct player *p, struct buf *out);        /* what to send */
	void   (*heard)(struct player *p, struct str answer);    /* untagged IMAP answers; may be NULL */
	bool   (*good)(struct player *p, struct str answer);     /* a last word: is all as it should be? */
	unsigned last_words;                                     /* more than 1: so many replies to pipelined LMTP */
	bool     plus_ends;                                      /* IMAP's "+ ..." is the last word */
};

enum { STEPS_MAX = 4 };

struct scenario {
	const char *name, *help;
	bool        lmtp, tls;
	bool        reconnects;                                  /* a round begins with a new connection */
	bool        one_user;                                    /* all are the first user; else each another */
	struct step opening[STEPS_MAX], round[STEPS_MAX];        /* until one that asks nothing */
	void      (*heard)(struct player *p, struct str answer); /* what a player is told that waits; may be NULL */
};

/* What all players of a team have in common. */
struct team {
	const struct scenario *scenario;
	struct wires    *wires;
	struct address   imap, imaps, lmtp;
	SSL_CTX         *tls;
	const char      *password;
	unsigned         first_user, users;   /* of user0001 ... */
	struct letters  *letters;
	uint32_t         messages;            /* in every INBOX, where the scenario reads them: letters 1 to n */
	uint64_t         until_ns, rounds;    /* when they stop: the clock, or so many rounds each; 0: no such bound */

	struct player  **players;
	unsigned         n, ready, playing;
	struct samples   took;
	uint64_t         failed;
	struct buf       fault;               /* the first answer that was not good */
	void            *arg;                 /* of whoever runs the team */
};

struct player {
	struct team  *team;
	struct wire  *wire;
	unsigned      number, user;
	bool          greeted, opened, playing, failed_round;
	unsigned      step, last_words;
	uint64_t      began_ns, rounds;
	uint32_t      dice;

	uint32_t      message;                /* what this round is about */
	uint32_t      exists, rows;           /* as heard */
	bool          adds, row_good;
	uint8_t      *flagged;                /* by message; NULL unless the scenario stores */
};

/* n players connect and begin their openings, `at_once` at a time; true when all are ready. False: one failed. */
bool     team_open(struct team *t, unsigned n, unsigned at_once);
void     team_play(struct team *t);           /* all go; returns when all have stopped */
void     team_close(struct team *t);          /* also what letters, samples and fault hold */

void     player_go(struct player *p);         /* one who is ready plays rounds until it is time to stop */
void     player_fault(struct player *p, struct str answer);
uint32_t player_roll(struct player *p, uint32_t n);   /* 1 ... n, evenly */
