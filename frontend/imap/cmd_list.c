/* frontend/imap/cmd_list.c: LIST and LSUB. Storaged gives all names; what of them the client asked for is chosen here.
 *
 * RFC 9051 6.3.9, RFC 5258, 5819 and 6154. Bounded by the number of a user's mailboxes.
 */
#include "frontend/imap/cmd.h"

#include <stdlib.h>

#include "common/mail/mbox_attr.h"
#include "common/mail/mboxname.h"
#include "frontend/imap/mailbox_name.h"
#include "frontend/imap/status.h"

struct name_row {
	struct rpc_mbox_is m;
	bool matches;              /* a pattern */
	bool chosen;               /* by the selection options */
	bool child_chosen;         /* some descendant is */
	bool child_hidden;         /* some descendant is chosen and matches no pattern: only we can tell of it */
	struct name_row *next;
};

struct listing {
	struct str      *patterns;
	size_t           n_patterns;
	struct name_row *first;    /* as they come, last first */
	struct name_row **rows;    /* by name */
	size_t           n, said;
	bool             lsub;
};

static void list_news(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct cmd *c = ctx;
	struct listing *l = c->state;
	struct name_row *row;

	(void)ask;
	if (news->again) {
		l->first = NULL;
		l->n = 0;
	} else if (news->end) {
		c->ask = NULL;
		c->err = news->err;
		cmd_run(c);
	} else {
		row = arena_zalloc(&c->arena, sizeof *row);
		if (news->no != RPC_mbox_is || !rpc_get_mbox_is(news->fields, &row->m))
			return;
		row->m.name = str_dup(&c->arena, row->m.name);
		row->next = l->first;
		l->first = row;
		l->n++;
	}
}

static int by_name(const void *a, const void *b)
{
	const struct name_row *const *x = a, *const *y = b;

	return str_cmp((*x)->m.name, (*y)->m.name);
}

static void rows_sort(struct cmd *c, struct listing *l)
{
	size_t i = 0;

	l->rows = arena_alloc(&c->arena, (l->n + 1) * sizeof *l->rows);
	for (struct name_row *row = l->first; row; row = row->next)
		l->rows[i++] = row;
	if (l->n > 0)
		qsort(l->rows, l->n, sizeof *l->rows, by_name);
}

static struct name_row *row_find(const struct listing *l, struct str name)
{
	struct name_row key = { .m.name = name };
	const struct name_row *at = &key;
	struct name_row **found = l->n ? bsearch(&at, l->rows, l->n, sizeof *l->rows, by_name) : NULL;

	return found ? *found : NULL;
}

/* A subscribed name may outlive its parents, which must be listed all the same (RFC 3501 6.3.9). */
static void parents_add(struct cmd *c, struct listing *l)
{
	struct name_row *head = l->first;
	size_t n = l->n;

	for (struct name_row *row = head; row; row = row->next) {
		struct str name = row->m.name, parent;
		while (mboxname_parent(name, &parent) && !row_find(l, parent)) {
			struct name_row *made = arena_zalloc(&c->arena, sizeof *made);
			made->m.name = parent;
			made->m.attrs = MBOX_NONEXISTENT;
			made->next = l->first;
			l->first = made;
			n++;
			name = parent;
		}
	}
	if (n == l->n)
		return;
	l->n = n;
	rows_sort(c, l);
	/* Two names may have missed the same parent: keep one. */
	n = 0;
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || !str_eq(l->rows[n - 1]->m.name, l->rows[i]->m.name))
			l->rows[n++] = l->rows[i];
	l->n = n;
}

static bool matches(const struct listing *l, struct str name)
{
	for (size_t i = 0; i < l->n_patterns; i++)
		if (mboxname_match(l->patterns[i], name))
			return true;
	return false;
}

static bool chosen(const struct listing *l, const struct list_args *a, uint32_t attrs)
{
	if (l->lsub || a->select & LIST_SELECT_SUBSCRIBED) {
		if (!(attrs & MBOX_SUBSCRIBED))
			return false;
	} else if (attrs & MBOX_NONEXISTENT && !(attrs & MBOX_HASCHILDREN)) {
		return false;                                  /* only a subscription, which was not asked for */
	}
	return !(a->select & LIST_SELECT_SPECIAL_USE) || attrs & MBOX_SPECIAL_USE;
}

static void parents_mark(const struct listing *l, const struct name_row *row)
{
	struct str name = row->m.name, parent;

	while (mboxname_parent(name, &parent)) {
		struct name_row *up = row_find(l, parent);
		if (up) {
			up->child_chosen = true;
			up->child_hidden |= !row->matches;
		}
		name = parent;
	}
}

static void choose(struct cmd *c, struct listing *l)
{
	const struct list_args *a = c->args;

	for (size_t i = 0; i < l->n; i++) {
		struct name_row *row = l->rows[i];
		row->matches = matches(l, row->m.name);
		row->chosen = chosen(l, a, row->m.attrs);
	}
	if (!l->lsub && !(a->select & LIST_SELECT_RECURSIVE))
		return;
	for (size_t i = 0; i < l->n; i++)
		if (l->rows[i]->chosen)
			parents_mark(l, l->rows[i]);
}

static void say_row(struct cmd *c, const struct listing *l, const struct name_row *row)
{
	const struct list_args *a = c->args;
	struct session *s = c->session;
	struct say_list line = { .lsub = l->lsub, .name = row->m.name, .attrs = row->m.attrs, .children = !l->lsub };

	if (!(a->select & LIST_SELECT_SUBSCRIBED) && !(a->returns & LIST_RETURN_SUBSCRIBED))
		line.attrs &= ~(uint32_t)MBOX_SUBSCRIBED;
	if (!a->extended && line.attrs & MBOX_NONEXISTENT)         /* a word older clients know */
		line.attrs = (line.attrs & ~(uint32_t)MBOX_NONEXISTENT) | MBOX_NOSELECT;
	if (l->lsub)                                               /* RFC 3501 6.3.9: \Noselect: not subscribed itself */
		line.attrs = row->chosen ? line.attrs & MBOX_NOSELECT : MBOX_NOSELECT;
	line.child_subscribed = a->select & LIST_SELECT_RECURSIVE && a->select & LIST_SELECT_SUBSCRIBED && row->child_chosen;
	say_list(session_out(s), &line, s->rev2);
	if (a->returns & LIST_RETURN_STATUS && !(row->m.attrs & (MBOX_NOSELECT | MBOX_NONEXISTENT)))
		status_say(c, a->status_items, &row->m);
}

static enum step say_rows(struct cmd *c)
{
	struct listing *l = c->state;

	while (l->said < l->n) {
		const struct name_row *row = l->rows[l->said++];
		if (!row->matches || !(row->chosen || row->child_hidden))
			continue;
		say_row(c, l, row);
		if (cmd_full(c))
			return STEP_WAIT;
	}
	return cmd_end(c, OK);
}

static enum step list_answered(struct cmd *c)
{
	struct listing *l = c->state;

	if (c->err != OK)
		return cmd_end(c, c->err);
	rows_sort(c, l);
	parents_add(c, l);
	choose(c, l);
	c->next = say_rows;
	return STEP_MORE;
}

static enum step list_or_lsub(struct cmd *c, bool lsub)
{
	const struct list_args *a = c->args;
	struct session *s = c->session;
	struct listing *l = arena_zalloc(&c->arena, sizeof *l);
	struct rpc_mbox_list q = { .counts = (a->returns & LIST_RETURN_STATUS) != 0 };

	c->state = l;
	l->lsub = lsub;
	if (!a->extended && a->n_patterns == 1 && a->patterns[0].n == 0) {
		say_list_root(session_out(s), lsub);
		return cmd_end(c, OK);
	}
	status_enable(c, a->status_items);
	l->patterns = arena_zalloc(&c->arena, (a->n_patterns + 1) * sizeof *l->patterns);
	for (size_t i = 0; i < a->n_patterns; i++)                 /* a malformed pattern matches nothing */
		if (mailbox_decode_pattern(&c->arena, a->reference, a->patterns[i], s->rev2, &l->patterns[l->n_patterns]))
			l->n_patterns++;
	c->next = list_answered;
	c->ask = ask_mbox_list(s->frontend->route, s->account, &q, list_news, c);
	return STEP_WAIT;
}

enum step list_start(struct cmd *c) { return list_or_lsub(c, false); }
enum step lsub_start(struct cmd *c) { return list_or_lsub(c, true); }
