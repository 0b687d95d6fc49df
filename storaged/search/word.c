/* storaged/search/word.c: a program asked of 64 messages at once, as far as bits can tell. */
#include "common/base/must.h"
#include "storaged/search/inside.h"

static struct word_verdict known(uint64_t yes) { return (struct word_verdict){ yes, ~yes }; }

/* \Seen and \Deleted are bits; what other flags a key names stays open. */
static struct word_verdict flags(uint32_t named, const struct search_word *w)
{
	uint64_t lack = (named & FLAG_SEEN ? w->unseen : 0) | (named & FLAG_DELETED ? ~w->deleted : 0);

	return (struct word_verdict){ named & ~(uint32_t)(FLAG_SEEN | FLAG_DELETED) ? 0 : ~lack, lack };
}

static struct word_verdict leaf(const struct node *node, const struct search_word *w)
{
	switch (node->op) {
	case OP_ALL:    return known(~0ull);
	case OP_UIDS:   return known(uidset_word(&node->uids, w->first));
	case OP_FLAGS:  return flags(node->n, w);
	case OP_MODSEQ: return (struct word_verdict){ 0, w->modseq_most < node->number ? ~0ull : 0 };
	default:        return (struct word_verdict){ 0, 0 };
	}
}

/* The last n verdicts become one. */
static struct word_verdict *reduce(struct word_verdict *top, uint32_t n, bool all)
{
	struct word_verdict *into = top - n;

	for (const struct word_verdict *v = into + 1; v < top; v++) {
		into->yes = all ? into->yes & v->yes : into->yes | v->yes;
		into->no = all ? into->no | v->no : into->no & v->no;
	}
	return into + 1;
}

void search_word(struct search_run *run, const struct search_word *w, uint64_t *yes, uint64_t *unsure)
{
	const struct search *s = run->search;
	struct word_verdict *top;

	if (!run->words)
		run->words = mem_new(s->n_nodes * sizeof *run->words);
	top = run->words;
	for (const struct node *node = s->nodes; node < s->nodes + s->n_nodes; node++) {
		switch (node->op) {
		case OP_AND: top = reduce(top, node->n, true); break;
		case OP_OR:  top = reduce(top, node->n, false); break;
		case OP_NOT: top[-1] = (struct word_verdict){ top[-1].no, top[-1].yes }; break;
		default:     *top++ = leaf(node, w);
		}
	}
	must(top == run->words + 1);
	*yes = s->modseq ? 0 : w->living & run->words->yes;
	*unsure = w->living & ~run->words->no & ~*yes;
}
