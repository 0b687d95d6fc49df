/* tools/roost/standing.c: one list from the directory, then one call for each user to their shard. */
#include "tools/roost/standing.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "tools/roost/tell.h"

struct taking { struct standings *s; const char *mask; };      /* mask NULL: whoever is told */

static bool is_mask(const char *name) { return strpbrk(name, "*?[") != NULL; }

static void take_user(void *ctx, uint16_t no, struct str fields)
{
	struct taking *t = ctx;
	struct rpc_user_is m;

	if (no == 0)
		standings_fini(t->s);
	if (no != RPC_user_is || !rpc_get_user_is(fields, &m))
		return;
	struct standing one = {
		.name = str_heap_z(m.name), .class = str_heap_z(m.class), .own_class = m.own_class.n > 0,
		.own = { m.own_bytes != UINT64_MAX, m.own_messages != UINT64_MAX, m.own_mailboxes != UINT64_MAX },
	};
	if (t->mask && fnmatch(t->mask, one.name, 0) != 0) {
		free(one.name);
		free(one.class);
		return;
	}
	t->s->at = mem_resize(t->s->at, (t->s->n + 1) * sizeof *t->s->at);
	t->s->at[t->s->n++] = one;
}

static void take_quota(void *ctx, uint16_t no, struct str fields)
{
	struct standing *s = ctx;
	struct rpc_quota_is m;

	if (no != RPC_quota_is || !rpc_get_quota_is(fields, &m))
		return;
	s->quota = (struct quota){ { m.bytes, m.messages, m.mailboxes }, m.soft_percent, m.grace_percent, 0 };
	s->used = (struct usage){ { m.used_bytes, m.used_messages, m.used_mailboxes } };
	s->known = true;
}

/* Who vanishes meanwhile stays unknown. */
static bool ask_shard(struct client *c, struct standing *s)
{
	struct grant g = { 0 };
	struct buf fields = { 0 };
	struct door *shard = client_admit(c, s->name, &g) == OK ? client_shard(c, g.shard) : NULL;
	enum err err = ERR_BUSY;

	if (shard) {
		rpc_put_quota_get(&fields, &(struct rpc_quota_get){ buf_str(&g.ticket) });
		err = door_ask(shard, RPC_quota_get, &fields, take_quota, s);
		if (err != OK)
			tell("%s: %s", s->name, tell_err(err));
	}
	buf_fini(&g.ticket);
	return err == OK;
}

bool standings_get(struct standings *s, struct client *c, const char *mask)
{
	struct taking t = { s, is_mask(mask) ? mask : NULL };
	struct door *d = client_directory(c);
	struct buf fields = { 0 };

	if (!d)
		return false;
	rpc_put_user_list(&fields, &(struct rpc_user_list){ t.mask ? S("") : str_of(mask) });
	enum err err = door_ask(d, RPC_user_list, &fields, take_user, &t);
	if (err == ERR_ABSENT)
		tell("there is no user \"%s\"; `roost user list` shows who there is", mask);
	else if (err != OK)
		tell("%s: %s", mask, tell_err(err));
	bool good = err == OK;
	for (size_t i = 0; good && i < s->n; i++)
		good = ask_shard(c, &s->at[i]) || t.mask;
	return good;
}

void standings_fini(struct standings *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->at[i].name);
		free(s->at[i].class);
	}
	free(s->at);
	*s = (struct standings){ NULL, 0 };
}
