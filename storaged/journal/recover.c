/* storaged/journal/recover.c: from the files of a folder to a journal that can go on.
 *
 * Segments are known by their headers. The chain of sums is followed from the segment that holds the first record
 * wanted; where it breaks is the end, unless something says that more was durable: then it is rot, and refused.
 * Files without a header were prepared ahead, or belong to a group that nobody was told of.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/base/rd.h"
#include "storaged/journal/inside.h"

enum { SCAN_BYTES = 1 << 20 };

struct numbers { uint32_t *at; size_t n; };

struct walk {
	struct journal        *j;
	const struct recovery *r;
	struct segment       **strays;       /* files without a header, ascending; number is of the name */
	size_t                 n_strays;
	struct buf             bytes;        /* of the group being read */
	struct sum128          chain;
	uint64_t               next, told;   /* the LSN expected; how many records were told */
	uint64_t               at, last_at;  /* in the last segment: the end; where its last group starts, 0: it has none */
};

/* ---- which files are there ---- */

/* "0000002a.seg". False: not ours to touch. */
static bool name_number(struct str name, uint32_t *number)
{
	uint32_t n = 0;

	if (name.n != 12 || !str_ends(name, S(".seg")))
		return false;
	for (size_t i = 0; i < 8; i++) {
		char c = name.p[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
		n = n << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*number = n;
	return true;
}

static void number_add(void *ctx, const char *name)
{
	struct numbers *all = ctx;
	uint32_t n;

	if (!name_number(str_of(name), &n))
		return;
	all->at = mem_resize(all->at, (all->n + 1) * sizeof *all->at);
	all->at[all->n++] = n;
}

static int number_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int segment_cmp(const void *a, const void *b)
{
	return number_cmp(&(*(struct segment *const *)a)->number, &(*(struct segment *const *)b)->number);
}

static enum err corrupt(const struct walk *w, const struct segment *s, uint64_t at, const char *why)
{
	log_error("journal_corrupt", "folder=%s segment=%08x offset=%lu lsn=%lu why=%s", LOG_S(str_of(w->j->folder)),
	          s ? s->number : 0, at, w->next, why);
	return ERR_CORRUPT;
}

static void stray_add(struct walk *w, struct segment *s)
{
	w->strays = mem_resize(w->strays, (w->n_strays + 1) * sizeof *w->strays);
	w->strays[w->n_strays++] = s;
}

static bool all_zeros(const char *p, size_t n)
{
	return n == 0 || (p[0] == 0 && !memcmp(p, p + 1, n - 1));
}

/* Reads the header, and files the segment under what it says. A header lies in one sector: it is there whole or not
 * at all, and anything else is rot. It must not pass for none, or what it voids would come back. */
static enum err segment_sort_in(struct walk *w, struct segment *s)
{
	struct segment head;
	char block[BLOCK] = { 0 };
	uint64_t id = 0;
	enum err err = OK;

	if (s->bytes >= BLOCK)
		err = w->j->disk->ops->read(w->j->disk, s->file, 0, block, BLOCK);
	if (err == OK && all_zeros(block, BLOCK)) {
		stray_add(w, s);
		return OK;
	}
	if (err == OK)
		err = segment_head_get((struct str){ block, BLOCK }, &head, &id);
	if (err == ERR_ABSENT)
		err = corrupt(w, s, 0, "header");
	if (err == OK) {
		s->number = head.number;
		s->first = head.first;
		s->prev = head.prev;
	}
	journal_segment_add(w->j, s);
	if (err == OK && w->j->n_segments > 1 && id != w->j->id)
		err = corrupt(w, s, 0, "foreign");
	w->j->id = id;
	if (s->number >= w->j->next_number)
		w->j->next_number = s->number + 1;
	return err;
}

static enum err segment_load(struct walk *w, uint32_t number)
{
	struct disk *disk = w->j->disk;
	struct buf name = { 0 };
	uint64_t bytes = 0;
	enum err err;

	segment_name(w->j, number, &name);
	struct disk_file *file = disk->ops->open(disk, name.p, false, &err);
	buf_fini(&name);
	if (number >= w->j->next_number)
		w->j->next_number = number + 1;
	if (!file)
		return err;
	err = disk->ops->size(disk, file, &bytes);
	if (err != OK) {
		disk->ops->close(disk, &file);
		return err;
	}
	return segment_sort_in(w, segment_new(number, file, bytes));
}

static enum err segments_load(struct walk *w)
{
	struct numbers all = { 0 };
	enum err err = w->j->disk->ops->list(w->j->disk, w->j->folder, number_add, &all);

	if (all.n)
		qsort(all.at, all.n, sizeof *all.at, number_cmp);
	for (size_t i = 0; err == OK && i < all.n; i++)
		err = segment_load(w, all.at[i]);
	free(all.at);
	if (err != OK || !w->j->n_segments)
		return err;
	qsort(w->j->segments, w->j->n_segments, sizeof *w->j->segments, segment_cmp);
	for (size_t i = 1; i < w->j->n_segments; i++) {
		const struct segment *a = w->j->segments[i - 1], *b = w->j->segments[i];
		if (a->number == b->number || a->first > b->first)
			return corrupt(w, b, 0, "order");
	}
	return OK;
}

/* ---- following the chain ---- */

/* The group expected at w->at, into w->bytes. ERR_ABSENT: it is not there, or not whole. */
static enum err group_read(struct walk *w, const struct segment *s, struct group_head *h)
{
	struct disk *disk = w->j->disk;
	char head[GROUP_HEAD];

	if (s->bytes - w->at < BLOCK)
		return ERR_ABSENT;
	enum err err = disk->ops->read(disk, s->file, w->at, head, sizeof head);
	if (err != OK)
		return err;
	if (!group_head_get(w->j, (struct str){ head, sizeof head }, h))
		return ERR_ABSENT;
	if (h->first != w->next || h->prev.hi != w->chain.hi || h->prev.lo != w->chain.lo || group_bytes(h) > s->bytes - w->at)
		return ERR_ABSENT;
	buf_reset(&w->bytes);
	char *to = buf_grow(&w->bytes, (size_t)group_bytes(h));
	err = disk->ops->read(disk, s->file, w->at, to, w->bytes.n);
	if (err != OK)
		return err;
	return group_valid(w->j, buf_str(&w->bytes), h) ? OK : ERR_ABSENT;
}

static enum err group_tell(struct walk *w, const struct segment *s, const struct group_head *h)
{
	struct rd r = rd_of(str_head(str_skip(buf_str(&w->bytes), GROUP_HEAD), h->length));
	enum err err = OK;

	for (uint64_t lsn = h->first; err == OK && rd_more(&r); lsn++) {
		struct str bytes = rd_str(&r);
		struct place place = { s->number, (uint32_t)bytes.n, w->at + (uint64_t)(bytes.p - w->bytes.p) };
		if (lsn <= w->r->after)
			continue;
		err = w->r->found(w->r->ctx, (struct lsn){ lsn }, bytes, place, (struct lsn){ h->durable });
		w->told++;
	}
	return err;
}

/* Groups as far as they go, or up to the LSN `limit`. */
static enum err segment_walk(struct walk *w, const struct segment *s, uint64_t limit)
{
	struct group_head h;
	enum err err = OK;

	w->at = BLOCK;
	w->last_at = 0;
	while (err == OK && w->next <= limit) {
		err = group_read(w, s, &h);
		if (err == ERR_ABSENT)
			return OK;
		if (err == OK && h.count > limit - w->next + 1)
			err = corrupt(w, s, w->at, "overlap");
		if (err == OK)
			err = group_tell(w, s, &h);
		w->chain = h.sum;
		w->next += h.count;
		w->last_at = w->at;
		w->at += group_bytes(&h);
	}
	return err;
}

/* From the newest segment that holds all that is wanted. Between segments nothing may be missing: that the next was begun
 * says that what it follows was durable. */
static enum err chain_walk(struct walk *w)
{
	struct segment **s = w->j->segments;
	size_t n = w->j->n_segments, i = n - 1;

	while (i > 0 && s[i]->first > w->r->after + 1)
		i--;
	w->next = s[i]->first;
	w->chain = s[i]->prev;
	if (w->next > w->r->after + 1)
		return corrupt(w, s[i], 0, "missing");
	for (; i + 1 < n; i++) {
		enum err err = segment_walk(w, s[i], s[i + 1]->first - 1);
		if (err != OK)
			return err;
		if (w->next != s[i + 1]->first || w->chain.hi != s[i + 1]->prev.hi || w->chain.lo != s[i + 1]->prev.lo)
			return corrupt(w, s[i], w->at, "chain");
	}
	return segment_walk(w, s[i], UINT64_MAX);
}

/* ---- is the end the end? ---- */

/* Raises *mark to the highest LSN that any group header from `from` on calls durable. Stale groups may lie here: what
 * they name was durable, too. */
static enum err marks_find(struct walk *w, const struct segment *s, uint64_t from, uint64_t *mark)
{
	struct group_head h;
	enum err err = OK;

	while (err == OK && from < s->bytes) {
		size_t n = s->bytes - from < SCAN_BYTES ? (size_t)(s->bytes - from) : SCAN_BYTES;
		buf_reset(&w->bytes);
		buf_grow(&w->bytes, n);
		err = w->j->disk->ops->read(w->j->disk, s->file, from, w->bytes.p, n);
		for (size_t at = 0; err == OK && at < n; at += BLOCK)
			if (group_head_get(w->j, str_skip(buf_str(&w->bytes), at), &h) && h.durable > *mark)
				*mark = h.durable;
		from += n;
	}
	return err;
}

/* ERR_CORRUPT: the chain broke below what was durable. */
static enum err end_check(struct walk *w)
{
	const struct segment *last = journal_last(w->j);
	uint64_t mark = w->r->known_durable > w->r->after ? w->r->known_durable : w->r->after;
	enum err err = marks_find(w, last, w->at, &mark);

	for (size_t i = 0; err == OK && i < w->n_strays; i++)
		err = marks_find(w, w->strays[i], 0, &mark);
	if (err == OK && mark >= w->next)
		err = corrupt(w, last, w->at, "below_durable");
	return err;
}

/* What was accepted may be in the page cache only; where a sync failed before the process died it would even
 * be called clean. So what no later group vouches for is written again, the same bytes, and synced. */
static enum err tail_settle(struct walk *w)
{
	struct disk *disk = w->j->disk;
	struct segment *last = journal_last(w->j);
	uint64_t from = w->last_at > BLOCK ? w->last_at : 0;

	buf_reset(&w->bytes);
	buf_grow(&w->bytes, (size_t)(w->at - from));
	enum err err = disk->ops->read(disk, last->file, from, w->bytes.p, w->bytes.n);
	if (err == OK)
		err = disk->ops->write(disk, last->file, from, buf_str(&w->bytes));
	if (err == OK)
		err = disk->ops->sync(disk, last->file);
	return err == OK ? disk->ops->sync_dir(disk, w->j->folder) : err;
}

/* ---- files without a header ---- */

/* Never begun: where the header and the first group would be there are zeros. */
static enum err is_pristine(struct walk *w, const struct segment *s, bool *yes)
{
	char head[2 * BLOCK] = { 0 };
	size_t n = s->bytes < sizeof head ? (size_t)s->bytes : sizeof head;
	enum err err = w->j->disk->ops->read(w->j->disk, s->file, 0, head, n);

	*yes = all_zeros(head, n);
	return err;
}

/* Prepared ones are used, if they come after the segment in use; the rest goes. */
static enum err stray_settle(struct walk *w, struct segment **s)
{
	struct journal *j = w->j;
	bool pristine;
	enum err err = is_pristine(w, *s, &pristine);

	if (err != OK)
		return err;
	bool later = !j->n_segments || (*s)->number > journal_last(j)->number;
	if (pristine && later && j->n_spares < SPARES && segment_enlarge(j, *s, j->opt.segment_bytes) == OK) {
		journal_spare_put(j, *s);
		*s = NULL;
		return j->disk->ops->sync_dir(j->disk, j->folder);
	}
	segment_discard(j, s);
	return OK;
}

/* ---- a journal that is not there yet ---- */

static enum err folder_make(struct journal *j)
{
	struct str path = str_of(j->folder);
	ptrdiff_t slash = str_rfind(path, '/');
	char *parent = str_heap_z(str_head(path, slash < 0 ? 0 : (size_t)slash));
	enum err err = j->disk->ops->make_dir(j->disk, j->folder);

	if (err == OK)
		err = j->disk->ops->sync_dir(j->disk, parent);
	free(parent);
	return err;
}

static enum err first_segment(struct journal *j)
{
	enum err err = OK;

	j->disk->ops->random(j->disk, &j->id, sizeof j->id);
	if (!j->n_spares)
		err = journal_spare_add(j);
	if (err == OK)
		err = journal_roll(j);
	return err == OK ? j->disk->ops->sync(j->disk, journal_last(j)->file) : err;
}

/* No file has a header: a new journal, unless there is a trace of an old one. */
static enum err nothing_check(struct walk *w)
{
	bool pristine = true;
	enum err err = OK;

	w->next = 1;
	for (size_t i = 0; err == OK && pristine && i < w->n_strays; i++)
		err = is_pristine(w, w->strays[i], &pristine);
	if (err == OK && (!pristine || w->r->known_durable > 0 || w->r->after > 0))
		err = corrupt(w, NULL, 0, "no_header");
	return err;
}

static enum err walk_all(struct walk *w)
{
	struct journal *j = w->j;
	enum err err = folder_make(j);

	if (err == OK)
		err = segments_load(w);
	if (err != OK)
		return err;
	bool fresh = !j->n_segments;
	err = fresh ? nothing_check(w) : chain_walk(w);
	if (err == OK && !fresh)
		err = end_check(w);
	for (size_t i = 0; err == OK && i < w->n_strays; i++)
		err = stray_settle(w, &w->strays[i]);
	if (err != OK)
		return err;
	if (fresh)
		return first_segment(j);
	j->at = w->at;
	j->chain = w->chain;
	j->durable = w->next - 1;
	return tail_settle(w);
}

enum err journal_recover(struct journal *j, const struct recovery *r)
{
	struct walk w = { .j = j, .r = r };
	uint64_t began = j->disk->ops->tick_us(j->disk);

	j->next_number = 1;
	enum err err = walk_all(&w);
	for (size_t i = 0; i < w.n_strays; i++)
		segment_free(j, &w.strays[i]);
	free(w.strays);
	buf_fini(&w.bytes);
	if (err == OK)
		log_info("journal_recovered", "folder=%s lsn=%lu records=%lu segments=%zu us=%lu", LOG_S(str_of(j->folder)),
		         j->durable, w.told, j->n_segments, j->disk->ops->tick_us(j->disk) - began);
	return err;
}
