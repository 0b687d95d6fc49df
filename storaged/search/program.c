/* storaged/search/program.c: from the prefix code that travels to nodes that can be evaluated. */
#include <stdlib.h>

#include "common/base/must.h"
#include "storaged/search/inside.h"

struct compile { struct search *s; struct rd in; enum err err; };

static struct node *node_add(struct search *s, struct node node)
{
	if (s->n_nodes == s->cap_nodes) {
		s->cap_nodes = s->cap_nodes ? 2 * s->cap_nodes : 16;
		s->nodes = mem_resize(s->nodes, s->cap_nodes * sizeof *s->nodes);
	}
	s->nodes[s->n_nodes] = node;
	return &s->nodes[s->n_nodes++];
}

static void fail(struct compile *c, enum err err)
{
	if (c->err == OK)
		c->err = err;
	c->in.bad = true;
}

static void take_uids(struct compile *c)
{
	struct uidset uids = { 0 };

	if (!uidset_unpack(&uids, rd_str(&c->in), SIZE_MAX)) {
		uidset_fini(&uids);
		fail(c, ERR_INPUT);
		return;
	}
	node_add(c->s, (struct node){ .op = OP_UIDS, .uids = uids });
}

static void take_keyword(struct compile *c)
{
	struct str name = str_dup(&c->s->arena, rd_str(&c->in));

	node_add(c->s, (struct node){ .op = OP_KEYWORD, .keyword = { name, KEYWORD_NONE } });
}

static unsigned needs_of(enum program_op op)
{
	switch (op) {
	case OP_BODY:   return SEARCH_BODY;
	case OP_TEXT:   return SEARCH_HEADER | SEARCH_BODY;
	case OP_HEADER: return SEARCH_HEADER;
	default:        return SEARCH_DIGEST;
	}
}

/* `key` says where to look; the text comes next. */
static void take_text(struct compile *c, struct text_key key)
{
	struct str text = rd_str(&c->in);
	struct search *s = c->s;

	if (c->in.bad)
		return;
	if (text.n == 0 && (key.op == OP_BODY || key.op == OP_TEXT)) {   /* the empty run is part of any text */
		node_add(s, (struct node){ .op = OP_ALL });
		return;
	}
	if (s->n_keys == SEARCH_KEYS_MAX) {
		fail(c, ERR_LIMIT);
		return;
	}
	s->keys = mem_resize(s->keys, (s->n_keys + 1) * sizeof *s->keys);
	key.field = str_dup(&s->arena, key.field);
	scan_key_init(&key.scan, text);
	s->keys[s->n_keys] = key;
	s->needs |= needs_of(key.op);
	node_add(s, (struct node){ .op = key.op, .n = s->n_keys++ });
}

static void take_header(struct compile *c)
{
	struct str field = rd_str(&c->in);

	take_text(c, (struct text_key){ .op = OP_HEADER, .field = field });
}

static void take_address(struct compile *c)
{
	static const struct str name[ADDRESS_FIELDS] = { { "From", 4 }, { "To", 2 }, { "Cc", 2 }, { "Bcc", 3 } };
	uint8_t which = rd_u8(&c->in);

	if (which >= ADDRESS_FIELDS)
		fail(c, ERR_INPUT);
	else
		take_text(c, (struct text_key){ .op = OP_ADDRESS, .address = which, .field = name[which] });
}

static void take_operation(struct compile *c, unsigned depth);

static void take_operands(struct compile *c, enum program_op op, uint32_t n, unsigned depth)
{
	if (depth == PROGRAM_DEPTH_MAX) {
		fail(c, ERR_LIMIT);
		return;
	}
	if (n == 0)
		fail(c, ERR_INPUT);
	for (uint32_t i = 0; i < n && !c->in.bad; i++)
		take_operation(c, depth + 1);
	node_add(c->s, (struct node){ .op = op, .n = n });
}

static void take_operation(struct compile *c, unsigned depth)
{
	enum program_op op = rd_u8(&c->in);

	switch (op) {
	case OP_ALL:     node_add(c->s, (struct node){ .op = op }); break;
	case OP_AND:     take_operands(c, op, rd_u16(&c->in), depth); break;
	case OP_OR:      take_operands(c, op, 2, depth); break;
	case OP_NOT:     take_operands(c, op, 1, depth); break;
	case OP_UIDS:    take_uids(c); break;
	case OP_FLAGS:   node_add(c->s, (struct node){ .op = op, .n = rd_u32(&c->in) & FLAG_SYSTEM }); break;
	case OP_KEYWORD: take_keyword(c); break;
	case OP_SENTBEFORE: case OP_SENTON: case OP_SENTSINCE:
		c->s->needs |= SEARCH_DIGEST;
		/* fall through */
	case OP_BEFORE: case OP_ON: case OP_SINCE:
		node_add(c->s, (struct node){ .op = op, .day = (int32_t)rd_u32(&c->in) });
		break;
	case OP_MODSEQ:
		c->s->modseq = true;
		/* fall through */
	case OP_LARGER: case OP_SMALLER:
		node_add(c->s, (struct node){ .op = op, .number = rd_u64(&c->in) });
		break;
	case OP_HEADER:  take_header(c); break;
	case OP_ADDRESS: take_address(c); break;
	case OP_SUBJECT: take_text(c, (struct text_key){ .op = op, .field = S("Subject") }); break;
	case OP_BODY:
	case OP_TEXT:    take_text(c, (struct text_key){ .op = op }); break;
	default:         fail(c, ERR_INPUT);
	}
}

enum err search_open(struct search **out, struct str program)
{
	struct compile c = { .s = mem_new(sizeof *c.s), .in = rd_of(program) };

	arena_init(&c.s->arena);
	take_operation(&c, 0);
	if (c.err == OK && !rd_done(&c.in))
		c.err = ERR_INPUT;
	if (c.err != OK)
		search_free(&c.s);
	*out = c.s;
	return c.err;
}

void search_free(struct search **sp)
{
	struct search *s = *sp;

	if (!s)
		return;
	for (size_t i = 0; i < s->n_nodes; i++)
		if (s->nodes[i].op == OP_UIDS)
			uidset_fini(&s->nodes[i].uids);
	for (uint32_t i = 0; i < s->n_keys; i++)
		scan_key_fini(&s->keys[i].scan);
	free(s->nodes);
	free(s->keys);
	arena_fini(&s->arena);
	free(s);
	*sp = NULL;
}

void search_bind_keywords(struct search *s, const struct keywords *of_mailbox)
{
	for (size_t i = 0; i < s->n_nodes; i++)
		if (s->nodes[i].op == OP_KEYWORD)
			s->nodes[i].keyword.number = keywords_find(of_mailbox, s->nodes[i].keyword.name);
}

unsigned search_needs(const struct search *s) { return s->needs; }
size_t search_steps(const struct search *s) { return s->n_nodes; }
