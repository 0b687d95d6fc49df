/* tools/load/letters.c: from a number to a letter. */
#include "tools/load/letters.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/must.h"
#include "common/base/sum.h"
#include "tools/load/folder.h"
#include "tools/load/kinds.h"

enum { SMALL_BYTES = 3 << 10 };
enum { STREAM_SIZES = 1, STREAM_OCTETS = 2 };   /* size and content are rolled apart, so that a size is known without writing */

struct letters {
	uint32_t            seed;
	struct letter_sizes sizes;
	struct folder      *folder;                 /* else NULL, and letters are made */
	struct voice        voice[VOICE_COUNT];
};

static struct letters *letters_begin(uint32_t seed)
{
	struct letters *l = mem_new(sizeof *l);

	l->seed = seed;
	return l;
}

struct letters *letters_new(uint32_t seed, struct letter_sizes sizes)
{
	must(sizes.least >= LETTER_BYTES_LEAST && sizes.least <= sizes.most && sizes.most <= LETTER_BYTES_MOST);
	struct letters *l = letters_begin(seed);
	l->sizes = sizes;
	voices_init(l->voice);
	return l;
}

struct letters *letters_of_folder(const char *folder, uint32_t seed)
{
	struct folder *f = folder_read(folder, LETTER_FILE_BYTES_MAX);

	if (!f)
		return NULL;
	struct letters *l = letters_begin(seed);
	l->folder = f;
	return l;
}

void letters_free(struct letters **l)
{
	if (!*l)
		return;
	folder_free(&(*l)->folder);
	free(*l);
	*l = NULL;
}

uint32_t letters_files(const struct letters *l)
{
	return l->folder ? folder_files(l->folder) : 0;
}

static struct dice stream(const struct letters *l, uint32_t n, uint64_t which)
{
	return dice_of((uint64_t)l->seed << 32 | n, which);
}

/* Octaves above one byte, in 1/65536, of a bell around 8 KiB: 1.8 octaves is its standard deviation, as of mailboxes we have seen.
 * The sum of twelve even numbers below 65536 has a standard deviation of 65536. */
static uint64_t mail_octaves(struct dice *d, size_t least)
{
	int64_t sum = -6 * 65536, middle = 13;

	for (int i = 0; i < 3; i++) {
		uint64_t roll = dice_roll(d);
		sum += (int64_t)((roll & 0xffff) + (roll >> 16 & 0xffff) + (roll >> 32 & 0xffff) + (roll >> 48));
	}
	while (middle < 40 && (uint64_t)1 << middle < 2 * (uint64_t)least)
		middle++;
	int64_t at = middle * 65536 + sum * 18 / 10;
	return at > 0 ? (uint64_t)at : 0;
}

static size_t mail_like(struct dice *d, const struct letter_sizes *s)
{
	uint64_t octaves = mail_octaves(d, s->least);
	uint64_t bytes = ((65536 + (octaves & 0xffff)) << (octaves >> 16)) >> 16;   /* straight lines between powers of two */

	return bytes < s->least ? s->least : bytes > s->most ? s->most : (size_t)bytes;
}

/* The header field that leads every letter. */
static void add_mark(const struct letters *l, uint32_t n, struct buf *out)
{
	buf_add(out, S("X-Load-Letter: "));
	buf_dec(out, l->seed);
	buf_addc(out, '-');
	buf_dec(out, n);
	buf_add(out, S("\r\n"));
}

static size_t digits(uint32_t n)
{
	size_t d = 1;

	for (; n >= 10; n /= 10)
		d++;
	return d;
}

size_t letters_bytes(const struct letters *l, uint32_t n)
{
	const struct letter_sizes *s = &l->sizes;

	if (l->folder)
		return sizeof "X-Load-Letter: -\r\n" - 1 + digits(l->seed) + digits(n) + folder_file(l->folder, n).n;
	if (s->least == s->most)
		return s->least;
	struct dice d = stream(l, n, STREAM_SIZES);
	return s->mail_like ? mail_like(&d, s) : s->least + dice_below(&d, (uint32_t)(s->most - s->least + 1));
}

/* What is missing to its size, the letter's header takes, in a field of lines like those of signatures and traces. */
static void add_fill(struct draft *d)
{
	static const char name[] = "X-Load-Trace:";
	size_t bytes = d->end - d->out->n, moved = d->out->n - d->fill_at;

	buf_grow(d->out, bytes);
	char *p = d->out->p + d->fill_at;
	memmove(p + bytes, p, moved);
	memset(p, 'x', bytes);
	memcpy(p, name, sizeof name - 1);
	p[sizeof name - 1] = ' ';
	for (size_t i = 72; i + 8 < bytes; i += 72)
		memcpy(p + i, "\r\n\t", 3);
	memcpy(p + bytes - 2, "\r\n", 2);
}

/* Who writes letter n; *dice go on from there. */
static const struct voice *voice_of(const struct letters *l, uint32_t n, struct dice *dice)
{
	*dice = stream(l, n, STREAM_OCTETS);
	return letters_bytes(l, n) < SMALL_BYTES ? &l->voice[VOICE_PLAIN] : voices_pick(l->voice, dice_below(dice, 100));
}

static void make(const struct letters *l, uint32_t n, struct buf *out)
{
	size_t bytes = letters_bytes(l, n);
	struct draft d = { .out = out, .begin = out->n, .end = out->n + bytes, .seed = l->seed, .n = n,
	                   .small = bytes < SMALL_BYTES };

	buf_reserve(out, bytes + bytes / 2 + DRAFT_REST);
	d.voice = voice_of(l, n, &d.dice);
	add_mark(l, n, out);
	kind_write(&d);
	add_fill(&d);
	must(out->n == d.end);
}

void letters_write(const struct letters *l, uint32_t n, struct buf *out)
{
	if (!l->folder) {
		make(l, n, out);
		return;
	}
	add_mark(l, n, out);
	buf_add(out, folder_file(l->folder, n));
}

uint64_t letters_hash(const struct letters *l, uint32_t n)
{
	struct buf letter = { 0 };

	letters_write(l, n, &letter);
	uint64_t sum = sum64(buf_str(&letter));
	buf_fini(&letter);
	return sum;
}

static const struct known_word *known_word(unsigned one_in)
{
	for (unsigned i = 0; i < KNOWN_WORDS; i++)
		if (known_words[i].one_in == one_in)
			return &known_words[i];
	must(!"a word for every such number of letters");
}

struct str letters_body_word(unsigned one_in)
{
	return str_of(known_word(one_in)->body);
}

struct str letters_subject_word(unsigned one_in)
{
	return str_of(known_word(one_in)->subject);
}

bool letters_has_word(const struct letters *l, uint32_t n, unsigned one_in)
{
	return !l->folder && n % one_in == 0;
}

bool letters_is_unicode(const struct letters *l, uint32_t n)
{
	struct dice dice;
	const char *charset = l->folder ? "" : voice_of(l, n, &dice)->charset;

	return strcmp(charset, "us-ascii") == 0 || strcmp(charset, "utf-8") == 0;
}

bool letters_number(const struct letters *l, struct str header, uint32_t *n)
{
	struct buf mark = { 0 };
	uint64_t found = 0;

	add_mark(l, 0, &mark);
	mark.n -= sizeof "0\r\n" - 1;
	ptrdiff_t at = str_search(header, buf_str(&mark));
	struct str rest = str_skip(header, at < 0 ? header.n : (size_t)at + mark.n);
	buf_fini(&mark);
	size_t len = 0;
	while (len < rest.n && rest.p[len] >= '0' && rest.p[len] <= '9')
		len++;
	if (!str_u64(str_head(rest, len), &found) || found > UINT32_MAX)
		return false;
	*n = (uint32_t)found;
	return true;
}
