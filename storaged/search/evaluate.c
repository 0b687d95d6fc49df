/* storaged/search/evaluate.c: what a program says of a message, as far as it was looked into. */
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/mail/date.h"
#include "storaged/search/inside.h"

struct search_run *search_run_new(const struct search *s)
{
	struct search_run *run = mem_new(sizeof *run);

	run->search = s;
	run->stack = mem_new(s->n_nodes);
	run->found = mem_new(s->n_keys + 1);
	run->absent = mem_new(s->n_keys + 1);
	return run;
}

void search_run_free(struct search_run **rp)
{
	struct search_run *run = *rp;

	if (!run)
		return;
	free(run->stack);
	free(run->words);
	free(run->found);
	free(run->absent);
	scan_fini(&run->field_scan);
	scan_fini(&run->head_scan);
	scan_fini(&run->body_scan);
	text_fini(&run->text);
	reader_fini(&run->reader);
	buf_fini(&run->line);
	buf_fini(&run->readable);
	free(run);
	*rp = NULL;
}

static enum search_verdict certain(bool yes)
{
	return yes ? SEARCH_YES : SEARCH_NO;
}

/* The operations come in threes: before, on, since. */
static bool day_is(unsigned before_on_since, int32_t day, int32_t than)
{
	return before_on_since == 0 ? day < than : before_on_since == 1 ? day == than : day >= than;
}

/* A message without a date of its own was sent on no day. */
static enum search_verdict sent(const struct search_run *run, const struct node *node)
{
	if (run->looked < LOOKED_DIGEST)
		return SEARCH_UNSURE;
	return certain(run->sent_known && day_is(node->op - OP_SENTBEFORE, run->sent_day, node->day));
}

/* When all that a key could stand in was looked at, it is certain that it stands nowhere. */
static enum search_verdict text(const struct search_run *run, const struct node *node)
{
	enum looked last = node->op == OP_BODY || node->op == OP_TEXT ? LOOKED_BODY :
			   node->op == OP_HEADER || !run->envelope_whole ? LOOKED_HEADER : LOOKED_DIGEST;

	if (run->found[node->n])
		return SEARCH_YES;
	if (run->absent[node->n])
		return SEARCH_NO;
	return run->looked < last ? SEARCH_UNSURE : SEARCH_NO;
}

static enum search_verdict leaf(const struct search_run *run, const struct node *node)
{
	const struct search_msg *m = run->msg;

	switch (node->op) {
	case OP_UIDS:    return certain(uidset_has(&node->uids, m->uid.n));
	case OP_FLAGS:   return certain((m->flags.word & node->n) == node->n);
	case OP_KEYWORD: return certain(node->keyword.number != KEYWORD_NONE && flagset_has(&m->flags, (unsigned)node->keyword.number));
	case OP_BEFORE: case OP_ON: case OP_SINCE:
		return certain(day_is(node->op - OP_BEFORE, date_day_of(m->date_utc_s), node->day));
	case OP_SENTBEFORE: case OP_SENTON: case OP_SENTSINCE:
		return sent(run, node);
	case OP_LARGER:  return certain(m->bytes > node->number);
	case OP_SMALLER: return certain(m->bytes < node->number);
	case OP_MODSEQ:  return certain(m->modseq.n >= node->number);
	case OP_HEADER: case OP_ADDRESS: case OP_SUBJECT: case OP_BODY: case OP_TEXT:
		return text(run, node);
	default:         return SEARCH_YES;              /* OP_ALL */
	}
}

/* The last n verdicts become one: the least of them, or the greatest. */
static uint8_t *reduce(uint8_t *top, uint32_t n, bool least)
{
	uint8_t *into = top - n;

	for (uint8_t *v = into + 1; v < top; v++)
		if (least ? *v < *into : *v > *into)
			*into = *v;
	return into + 1;
}

enum search_verdict search_evaluate(struct search_run *run)
{
	uint8_t *top = run->stack;

	for (size_t i = 0; i < run->search->n_nodes; i++) {
		const struct node *node = &run->search->nodes[i];
		switch (node->op) {
		case OP_AND: top = reduce(top, node->n, true); break;
		case OP_OR:  top = reduce(top, node->n, false); break;
		case OP_NOT: top[-1] = (uint8_t)(SEARCH_YES - top[-1]); break;
		default:     *top++ = (uint8_t)leaf(run, node);
		}
	}
	must(top == run->stack + 1);
	return run->stack[0];
}

enum search_verdict search_columns(struct search_run *run, const struct search_msg *msg)
{
	run->msg = msg;
	run->looked = LOOKED_COLUMNS;
	memset(run->found, 0, run->search->n_keys);
	memset(run->absent, 0, run->search->n_keys);
	return search_evaluate(run);
}
