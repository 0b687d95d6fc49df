/* storaged/journal/group.c: the bytes of one group, made and checked. */
#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/base/rd.h"
#include "storaged/journal/inside.h"

static const uint64_t group_magic = 0x526f6f7374477270;   /* "RoostGrp" */

enum { SUM_BYTES = 16, FIELDS_AT = SUM_BYTES + 8 };        /* what the sum covers, and what the header's own sum covers */

struct journal_group *journal_group_new(struct lsn first)
{
	struct journal_group *g = mem_new(sizeof *g);

	g->first = first;
	memset(buf_grow(&g->records, GROUP_HEAD), 0, GROUP_HEAD);
	return g;
}

void journal_group_free(struct journal_group **g)
{
	if (!*g)
		return;
	buf_fini(&(*g)->records);
	free((*g)->places);
	free(*g);
	*g = NULL;
}

void journal_group_add(struct journal_group *g, struct str record)
{
	must(record.n <= JOURNAL_RECORD_MAX);
	must(g->records.n + 4 + record.n <= GROUP_HEAD + (size_t)GROUP_MAX);
	buf_lstr(&g->records, record);
	g->count++;
}

static void put_u64(char *at, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(at, &v, 8);
}

struct sum128 group_seal(const struct journal *j, struct journal_group *g)
{
	struct buf head = { 0 };
	size_t length = g->records.n - GROUP_HEAD;

	buf_u64(&head, group_magic);
	buf_u32(&head, (uint32_t)length);
	buf_u32(&head, g->count);
	buf_u64(&head, g->first.n);
	buf_u64(&head, j->opt.incarnation);
	buf_u64(&head, j->durable);
	buf_u64(&head, j->chain.hi);
	buf_u64(&head, j->chain.lo);
	must(FIELDS_AT + head.n == GROUP_HEAD);

	size_t pad = (size_t)block_round(g->records.n) - g->records.n;
	memset(buf_grow(&g->records, pad), 0, pad);
	char *p = g->records.p;
	memcpy(p + FIELDS_AT, head.p, head.n);
	put_u64(p + SUM_BYTES, sum64_seeded(buf_str(&head), j->id));
	buf_fini(&head);
	struct sum128 sum = sum128_seeded(str_skip(buf_str(&g->records), SUM_BYTES), j->id);
	put_u64(p, sum.hi);
	put_u64(p + 8, sum.lo);
	return sum;
}

bool group_head_get(const struct journal *j, struct str block, struct group_head *h)
{
	struct rd r = rd_of(str_head(block, GROUP_HEAD));

	h->sum.hi = rd_u64(&r);
	h->sum.lo = rd_u64(&r);
	uint64_t own = rd_u64(&r), magic = rd_u64(&r);
	h->length = rd_u32(&r);
	h->count = rd_u32(&r);
	h->first = rd_u64(&r);
	rd_u64(&r);                                             /* incarnation: it is there to make sums differ */
	h->durable = rd_u64(&r);
	h->prev.hi = rd_u64(&r);
	h->prev.lo = rd_u64(&r);
	if (!rd_done(&r) || magic != group_magic || h->length > GROUP_MAX)
		return false;
	return own == sum64_seeded((struct str){ block.p + FIELDS_AT, GROUP_HEAD - FIELDS_AT }, j->id);
}

bool group_valid(const struct journal *j, struct str whole, const struct group_head *h)
{
	struct sum128 sum = sum128_seeded(str_skip(whole, SUM_BYTES), j->id);
	struct rd r = rd_of(str_head(str_skip(whole, GROUP_HEAD), h->length));
	uint32_t n = 0;

	if (sum.hi != h->sum.hi || sum.lo != h->sum.lo)
		return false;
	while (rd_more(&r)) {
		rd_str(&r);
		n++;
	}
	return rd_done(&r) && n > 0 && n == h->count;
}
