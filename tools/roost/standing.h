/* tools/roost/standing.h: how users stand with their quotas: what they may keep, and what they keep.
 *
 * Asked at the directory and, user by user, at the shards. Owner: the verb, which calls standings_fini.
 */
#pragma once

#include "common/mail/quota.h"
#include "tools/roost/client.h"

struct standing {
	char        *name, *class;             /* the class that counts */
	bool         own_class;                /* it is the user's, not that of the domain or "default" */
	bool         own[QUOTA_RESOURCES];     /* the limit is the user's, not that of the class */
	bool         known;                    /* the two below are */
	struct quota quota;
	struct usage used;
};
struct standings { struct standing *at; size_t n; };

/* Everybody whose name fits the mask (with "*", "?", "[...]"; without: that user). False: told. */
bool standings_get(struct standings *s, struct client *c, const char *mask);
void standings_fini(struct standings *s);
