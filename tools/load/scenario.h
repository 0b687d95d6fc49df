/* tools/load/scenario.h: what players can do: one table. */
#pragma once

#include "tools/load/player.h"

/* How all its players begin, in this order: opening; then again and again before (material, not timed), round, after (cleaning, not
 * timed). Arrays end with NULL. A persona gives `next` instead of rounds: it is asked for each step of a round, and says NULL at
 * its end. */
struct scenario {
	const char *name, *help;
	bool        lmtp, tls, resumes;    /* where to; resumes: TLS sessions are kept and used again */
	bool        reconnects;            /* each round begins with a new connection (OP_CONNECT) */
	bool        one_user;              /* all are the first user; else each another */
	bool        alone;                 /* a user has one connection: others would undo what is checked */
	bool        rests;                 /* after the opening a player only listens */
	bool        times_opening;         /* steps of the opening are timed, too */
	const char *with;                  /* one more player of this scenario plays while the others rest */
	bool        is_with;               /* plays only so */
	unsigned    uses;                  /* USES_... of settings.h */
	size_t      own_bytes, team_bytes; /* of p->own and p->team->own: zeroed memory for what the scenario remembers of a player, of all */
	const struct step *const *opening, *const *before, *const *round, *const *after;
	const struct step *(*next)(struct player *p);
	bool      (*pick)(struct player *p);       /* asked before each round: who and what it is about; false: there is no more to do */
	void      (*heard)(struct player *p, const struct answer *a);  /* who rests hears this; may be NULL */
	void      (*close)(struct player *p);      /* frees what p->own holds; may be NULL */
};

/* NULL: no such scenario. */
const struct scenario *scenario_find(const char *name);
void                   scenario_list(struct buf *out);      /* a line each */
