/* frontend/imap/say_mailbox.c: untagged answers about mailboxes, and search results. */
#include "frontend/imap/say.h"

#include "common/mail/mbox_attr.h"
#include "frontend/imap/attr.h"

static void add_attrs(struct buf *out, const struct say_list *l)
{
	size_t start = out->n;

	attr_print(out, l->attrs & ~(uint32_t)MBOX_HASCHILDREN);
	if (!l->children)
		return;
	if (out->n > start)
		buf_addc(out, ' ');
	buf_add(out, l->attrs & MBOX_HASCHILDREN ? S("\\HasChildren") : S("\\HasNoChildren"));
}

/* mbox-list-extended (RFC 9051 9), if there is any */
static void add_extended(struct buf *out, const struct say_list *l, bool utf8)
{
	if (!l->child_subscribed && !l->old_name.n)
		return;
	buf_add(out, S(" ("));
	if (l->child_subscribed)
		buf_add(out, S("\"CHILDINFO\" (\"SUBSCRIBED\")"));
	if (l->old_name.n) {
		buf_add(out, l->child_subscribed ? S(" \"OLDNAME\" (") : S("\"OLDNAME\" ("));
		say_mailbox(out, l->old_name, utf8);
		buf_addc(out, ')');
	}
	buf_addc(out, ')');
}

void say_list(struct buf *out, const struct say_list *l, bool utf8)
{
	buf_add(out, l->lsub ? S("* LSUB (") : S("* LIST ("));
	add_attrs(out, l);
	buf_add(out, S(") \"/\" "));
	say_mailbox(out, l->name, utf8);
	add_extended(out, l, utf8);
	buf_add(out, S("\r\n"));
}

void say_list_root(struct buf *out, bool lsub)
{
	buf_printf(out, "* %s (\\Noselect) \"/\" \"\"\r\n", lsub ? "LSUB" : "LIST");
}

void say_mailbox_status(struct buf *out, struct str name, uint32_t items, const struct say_status_item_values *v, bool utf8)
{
	const struct { uint32_t item; const char *word; uint64_t value; } rows[] = {
		{ STATUS_MESSAGES,      "MESSAGES",      v->messages },
		{ STATUS_RECENT,        "RECENT",        v->recent },
		{ STATUS_UIDNEXT,       "UIDNEXT",       v->uidnext },
		{ STATUS_UIDVALIDITY,   "UIDVALIDITY",   v->uidvalidity },
		{ STATUS_UNSEEN,        "UNSEEN",        v->unseen },
		{ STATUS_DELETED,       "DELETED",       v->deleted },
		{ STATUS_SIZE,          "SIZE",          v->size },
		{ STATUS_HIGHESTMODSEQ, "HIGHESTMODSEQ", v->highestmodseq },
		{ STATUS_DELETED_STORAGE, "DELETED-STORAGE", v->deleted_storage },
	};
	const char *between = "";

	buf_add(out, S("* STATUS "));
	say_mailbox(out, name, utf8);
	buf_add(out, S(" ("));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!(items & rows[i].item))
			continue;
		buf_printf(out, "%s%s %llu", between, rows[i].word, (unsigned long long)rows[i].value);
		between = " ";
	}
	buf_add(out, S(")\r\n"));
}

void say_number(struct buf *out, uint32_t n, const char *word)
{
	buf_add(out, S("* "));
	buf_dec(out, n);
	buf_addc(out, ' ');
	say_text(out, word);
}

void say_vanished(struct buf *out, const struct uidset *uids, bool earlier)
{
	if (uids->n == 0)
		return;
	buf_add(out, earlier ? S("* VANISHED (EARLIER) ") : S("* VANISHED "));
	uidset_print(out, uids);
	buf_add(out, S("\r\n"));
}

/* ---- SEARCH ---- */

void say_search_begin(struct buf *out) { buf_add(out, S("* SEARCH")); }

void say_search_number(struct buf *out, uint32_t n)
{
	buf_addc(out, ' ');
	buf_dec(out, n);
}

void say_search_end(struct buf *out, uint64_t modseq)
{
	if (modseq)
		buf_printf(out, " (MODSEQ %llu)", (unsigned long long)modseq);
	buf_add(out, S("\r\n"));
}

/* MIN, MAX and ALL are left out of an empty result, COUNT is not (RFC 4731 3.1). */
void say_esearch(struct buf *out, const struct say_esearch *e)
{
	bool some = e->found->n > 0;

	buf_add(out, S("* ESEARCH (TAG "));
	say_string(out, e->tag, false);
	buf_add(out, e->uid ? S(") UID") : S(")"));
	if (some && (e->returns & RETURN_MIN))
		buf_printf(out, " MIN %u", e->found->r[0].lo);
	if (some && (e->returns & RETURN_MAX))
		buf_printf(out, " MAX %u", uidset_max(e->found));
	if (some && (e->returns & RETURN_ALL)) {
		buf_add(out, S(" ALL "));
		uidset_print(out, e->found);
	}
	if (e->returns & RETURN_COUNT)
		buf_printf(out, " COUNT %llu", (unsigned long long)uidset_count(e->found));
	if (some && e->modseq)
		buf_printf(out, " MODSEQ %llu", (unsigned long long)e->modseq);
	buf_add(out, S("\r\n"));
}
