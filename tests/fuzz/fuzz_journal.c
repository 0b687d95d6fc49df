/* tests/fuzz/fuzz_journal.c: whatever lies in a journal's segments, recovery ends, and tells only what was written.
 *
 * A journal of six groups in two segments is made (the third group's successor was voided; where its voiding is zeroed it may come back); then the input is written over it in pieces: where, how (as bytes, zeros, a
 * flipped bit, or a copy of other blocks of it), how much. What is told must be the records written, from the first on;
 * if recovery accepts, a group appended afterwards must be there after the next open.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/base/rd.h"
#include "storaged/disk/ram.h"
#include "storaged/journal/journal.h"

enum { SEGMENT = 4 << 20, BLOCK = 4096, GROUPS = 6, VOIDED = 100 };

static size_t filler_of(uint64_t group) { return (size_t)(group % VOIDED * 1900); }

static void record_make(struct buf *b, uint64_t lsn, uint64_t group)
{
	buf_reset(b);
	buf_u64(b, lsn);
	buf_u64(b, group);
	char *p = buf_grow(b, filler_of(group));
	memset(p, (int)lsn, filler_of(group));
}

struct seen { uint64_t n; };

static enum err see(void *ctx, struct lsn lsn, struct str bytes, struct place place, struct lsn durable)
{
	struct seen *s = ctx;
	struct rd r = rd_of(bytes);
	struct buf want = { 0 };

	must(lsn.n == ++s->n && rd_u64(&r) == lsn.n && durable.n < lsn.n);
	uint64_t group = rd_u64(&r);
	must((group < GROUPS + 2 || group == VOIDED + 3) && place.bytes == bytes.n);
	record_make(&want, lsn.n, group);
	must(str_eq(buf_str(&want), bytes));
	buf_fini(&want);
	return OK;
}

static enum err open_it(struct disk *d, struct journal **j, struct seen *s)
{
	struct journal_options o = { .segment_bytes = SEGMENT };

	s->n = 0;
	d->ops->random(d, &o.incarnation, sizeof o.incarnation);
	return journal_open(j, d, "journal", &o, (struct lsn){ 0 }, (struct lsn){ 0 }, see, s);
}

static enum journal_outcome append(struct journal *j, uint64_t group)
{
	struct journal_group *g = journal_group_new((struct lsn){ journal_durable(j).n + 1 });
	struct buf b = { 0 };

	for (uint64_t i = 0; i < 2; i++) {
		record_make(&b, g->first.n + i, group);
		journal_group_add(g, buf_str(&b));
	}
	buf_fini(&b);
	enum journal_outcome outcome = journal_submit_now(j, g);
	journal_group_free(&g);
	return outcome;
}

static void make(struct disk *d)
{
	struct journal *j;
	struct seen s;

	must(open_it(d, &j, &s) == OK);
	for (uint64_t group = 1; group <= GROUPS; group++) {
		must(append(j, group) == JOURNAL_DURABLE);
		if (group == 3) {
			ram_fail_sync(d, 1);
			must(append(j, VOIDED + group) == JOURNAL_VOID);
		}
	}
	journal_close(&j);
}

static struct disk_file *segment_open(struct disk *d, uint8_t which)
{
	static const char *const name[] = { "journal/00000001.seg", "journal/00000002.seg", "journal/00000003.seg" };
	enum err err;
	struct disk_file *f = d->ops->open(d, name[which % 3], false, &err);

	must(f);
	return f;
}

/* One piece of the input becomes one piece of damage. Near the groups: the first 16 blocks. */
static void damage(struct disk *d, struct rd *r)
{
	uint8_t how = rd_u8(r);
	uint64_t at = rd_u16(r), n = rd_u16(r) % (3 * BLOCK);
	struct disk_file *f = segment_open(d, how >> 4), *from = segment_open(d, how >> 6);
	char bytes[3 * BLOCK] = { 0 };
	struct str given;

	switch (how % 4) {
	case 0:
		given = rd_bytes(r, n < (size_t)(r->end - r->p) ? n : (size_t)(r->end - r->p));
		break;
	case 1:
		given = (struct str){ bytes, n };
		break;
	case 2:
		must(d->ops->read(d, f, at, bytes, 1) == OK);
		bytes[0] ^= (char)(1 << n % 8);
		given = (struct str){ bytes, 1 };
		break;
	default:
		at = at % 16 * BLOCK;
		must(d->ops->read(d, from, n % 16 * BLOCK, bytes, sizeof bytes) == OK);
		given = (struct str){ bytes, sizeof bytes };
	}
	if (!r->bad && given.n)
		must(d->ops->write(d, f, at, given) == OK);
	d->ops->close(d, &f);
	d->ops->close(d, &from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = { data, data + size, false };
	struct disk *d = ram_new(7);
	struct journal *j;
	struct seen s;

	log_open("fuzz", (enum log_level)(LOG_ERROR + 1));
	make(d);
	while (rd_more(&r))
		damage(d, &r);
	enum err err = open_it(d, &j, &s);
	must(err == OK || err == ERR_CORRUPT);
	if (err == OK) {
		uint64_t n = s.n;
		must(append(j, GROUPS + 1) == JOURNAL_DURABLE);
		journal_close(&j);
		must(open_it(d, &j, &s) == OK && s.n == n + 2);
		journal_close(&j);
	}
	ram_free(&d);
	return 0;
}
