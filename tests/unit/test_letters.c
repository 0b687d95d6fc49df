/* tests/unit/test_letters.c: letters are what their number says: octets, sizes, lines, structure, words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/buf.h"
#include "common/base/sum.h"
#include "common/mail/charset.h"
#include "common/mail/cte.h"
#include "common/mail/mime.h"
#include "common/mail/utf8.h"
#include "common/mail/words.h"
#include "tools/load/letters.h"

static const struct letter_sizes mail = { 1024, 1 << 20, true };

static struct str written(const struct letters *l, uint32_t n, struct buf *out)
{
	buf_reset(out);
	letters_write(l, n, out);
	return buf_str(out);
}

/* These sums are of this very version: a letter that changes makes old mailboxes and reports incomparable. */
static void same_everywhere(void **state)
{
	static const struct { uint32_t seed, n; size_t least, most; uint64_t sum; } row[] = {
		{ 1, 1, 4096, 4096, 0xc6b34e05b9fb862du },
		{ 1, 2, 4096, 4096, 0xa41561c23aaf55deu },
		{ 7, 1, 1024, 1 << 20, 0x2b39573ee456c266u },
	};
	struct buf a = { 0 }, b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct letters *l = letters_new(row[i].seed, (struct letter_sizes){ row[i].least, row[i].most, true });
		struct letters *again = letters_new(row[i].seed, (struct letter_sizes){ row[i].least, row[i].most, true });
		assert_true(str_eq(written(l, row[i].n, &a), written(again, row[i].n, &b)));
		if (letters_hash(l, row[i].n) != row[i].sum)
			fail_msg("row %zu: 0x%016llx", i, (unsigned long long)letters_hash(l, row[i].n));
		assert_true(letters_hash(l, row[i].n) == sum64(buf_str(&a)));
		letters_free(&l);
		letters_free(&again);
	}
	buf_fini(&a);
	buf_fini(&b);
}

static void sizes(void **state)
{
	static const size_t bytes[] = { 1024, 1025, 1500, 2047, 2048, 3071, 3072, 3333, 4096, 8192, 65536, 200000, 3 << 20 };
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
		struct letters *l = letters_new(3, (struct letter_sizes){ bytes[i], bytes[i], false });
		for (uint32_t n = 0; n < (bytes[i] > 100000 ? 20 : 400); n++)
			if (written(l, n, &out).n != bytes[i] || letters_bytes(l, n) != bytes[i])
				fail_msg("letter %u is of %zu bytes, not %zu", n, out.n, bytes[i]);
		letters_free(&l);
	}
	buf_fini(&out);
}

static int by_size(const void *a, const void *b)
{
	return *(const size_t *)a < *(const size_t *)b ? -1 : *(const size_t *)a > *(const size_t *)b;
}

static void sizes_are_like_those_of_mail(void **state)
{
	enum { N = 10000 };
	static size_t bytes[N];
	struct letters *l = letters_new(3, mail), *even = letters_new(3, (struct letter_sizes){ 2000, 3000, false });

	(void)state;
	for (uint32_t n = 0; n < N; n++) {
		bytes[n] = letters_bytes(l, n);
		assert_true(letters_bytes(even, n) >= 2000 && letters_bytes(even, n) <= 3000);
	}
	qsort(bytes, N, sizeof *bytes, by_size);
	assert_in_range(bytes[N / 2], 7 << 10, 9 << 10);
	assert_in_range(bytes[N / 10 * 9], 30 << 10, 50 << 10);
	assert_in_range(bytes[N / 100 * 99], 100 << 10, 250 << 10);
	assert_true(bytes[0] >= mail.least && bytes[N - 1] <= mail.most);
	letters_free(&l);
	letters_free(&even);
}

static void check_lines(struct str letter, uint32_t n)
{
	struct str line;

	while (letter.n > 0) {
		if (!str_cut(letter, '\n', &line, &letter) || line.n == 0 || line.p[line.n - 1] != '\r')
			fail_msg("letter %u: a line without CRLF", n);
		if (line.n > 999 || line.p[0] == '.' || memchr(line.p, '\r', line.n - 1) || memchr(line.p, '\0', line.n))
			fail_msg("letter %u: %.*s", n, STR_ARG(line));
	}
}

static void lines(void **state)
{
	struct letters *l = letters_new(4, mail);
	struct buf out = { 0 };

	(void)state;
	for (uint32_t n = 0; n < 2000; n++)
		check_lines(written(l, n, &out), n);
	letters_free(&l);
	buf_fini(&out);
}

static void shape(const struct mime_part *p, struct buf *out)
{
	buf_printf(out, "%.*s/%.*s", STR_ARG(p->type), STR_ARG(p->subtype));
	if (!p->child)
		return;
	buf_addc(out, '(');
	for (const struct mime_part *c = p->child; c; c = c->next) {
		shape(c, out);
		buf_add(out, c->next ? S(" ") : S(")"));
	}
}

#define NEWS "multipart/alternative(text/plain text/html)"

/* What letters look like, and how many of a hundred at least. */
static const struct { const char *shape; unsigned least_percent; } shapes[] = {
	{ "text/plain", 35 }, { NEWS, 20 }, { "multipart/related(text/html image/jpeg)", 4 }, { "multipart/mixed(text/plain application/pdf)", 4 },
	{ "multipart/mixed(text/plain message/rfc822(" NEWS "))", 2 }, { "multipart/alternative(text/plain text/calendar)", 1 },
	{ "multipart/report(text/plain message/delivery-status text/rfc822-headers)", 1 },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static size_t shape_of(const struct mime_part *root)
{
	struct buf out = { 0 };
	size_t i = 0;

	shape(root, &out);
	while (i < SHAPES && !str_eq(buf_str(&out), str_of(shapes[i].shape)))
		i++;
	if (i == SHAPES)
		fail_msg("no letter has the shape %.*s", STR_ARG(buf_str(&out)));
	buf_fini(&out);
	return i;
}

static bool has_word(struct str text, struct str word)
{
	return str_search(text, word) >= 0;
}

/* All text of the letter, decoded, must be as readable as when it was written. */
static void add_text(const struct mime_part *p, struct str letter, struct buf *out)
{
	static struct cte_decoder d;
	struct buf raw = { 0 };

	assert_false(p->broken);
	for (const struct mime_part *c = p->child; c; c = c->next)
		add_text(c, letter, out);
	if (p->child || !str_ieq(p->type, S("text")))
		return;
	cte_init(&d, p->cte);
	cte_feed(&d, str_head(str_skip(letter, p->body_at), p->body_bytes), &raw);
	cte_end(&d, &raw);
	charset_convert(out, mime_param(p->params, S("charset")), buf_str(&raw));
	buf_fini(&raw);
}

static const struct mime_part *parse(struct mime *m, struct str letter)
{
	mime_feed(m, letter);
	return mime_end(m);
}

static void check_words(const struct letters *l, uint32_t n, struct str text, struct str subject)
{
	static const unsigned rare[] = { 3, 10, 100, 1000, 10000 };

	for (size_t i = 0; i < sizeof rare / sizeof *rare; i++) {
		unsigned one_in = rare[i];
		bool has = letters_has_word(l, n, one_in);
		if (has_word(text, letters_body_word(one_in)) != has || has_word(subject, letters_subject_word(one_in)) != has)
			fail_msg("letter %u and the words of one in %u: %.*s", n, one_in, STR_ARG(subject));
	}
	assert_false(has_word(text, letters_subject_word(10)));
}

static void check_letter(const struct letters *l, uint32_t n, struct str letter, unsigned *seen)
{
	struct mime *m = mime_new();
	const struct mime_part *root = parse(m, letter);
	struct buf text = { 0 }, subject = { 0 };
	struct charsets charsets = { 0 };
	char id[64];
	uint32_t number;

	seen[shape_of(root)]++;
	add_text(root, letter, &text);
	words_decode(&subject, root->fields[MIME_SUBJECT], &charsets);
	charsets_fini(&charsets);
	assert_true(has_word(buf_str(&text), S("\xef\xbf\xbd")) == false && has_word(buf_str(&subject), S("=?")) == false);
	check_words(l, n, buf_str(&text), buf_str(&subject));
	snprintf(id, sizeof id, "<5-%u@load.example>", n);
	assert_true(str_eq(root->fields[MIME_MESSAGE_ID], str_of(id)));
	assert_true(root->fields[MIME_FROM].n > 0 && root->fields[MIME_TO].n > 0 && root->fields[MIME_DATE].n > 20);
	assert_true(letters_number(l, letter, &number) && number == n);
	buf_fini(&text);
	buf_fini(&subject);
	mime_free(&m);
}

static void structure_and_words(void **state)
{
	enum { N = 2000 };
	struct letters *l = letters_new(5, mail);
	struct buf out = { 0 };
	unsigned seen[SHAPES] = { 0 };

	(void)state;
	for (uint32_t n = 1; n <= N; n++)
		check_letter(l, n, written(l, n, &out), seen);
	for (size_t i = 0; i < SHAPES; i++)
		if (seen[i] * 100 < shapes[i].least_percent * N)
			fail_msg("only %u of %u are %s", seen[i], N, shapes[i].shape);
	letters_free(&l);
	buf_fini(&out);
}

static void numbers_in_headers(void **state)
{
	static const struct { const char *header; bool has; uint32_t n; } row[] = {
		{ "X-Load-Letter: 5-17\r\n\r\n", true, 17 },
		{ "Return-Path: <>\r\nX-Load-Letter: 5-4294967295\r\nSubject: 5-3\r\n", true, 4294967295u },
		{ "X-Load-Letter: 5-\r\n", false, 0 },
		{ "X-Load-Letter: 5-4294967296\r\n", false, 0 },
		{ "X-Load-Letter: 6-1\r\n", false, 0 },
		{ "", false, 0 },
	};
	struct letters *l = letters_new(5, mail);

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint32_t n = 0;
		if (letters_number(l, str_of(row[i].header), &n) != row[i].has || n != row[i].n)
			fail_msg("row %zu: %u", i, n);
	}
	letters_free(&l);
}

static void put_file(const char *folder, const char *name, struct str octets)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(octets.p, 1, octets.n, f), octets.n);
	fclose(f);
}

static void remove_folder(const char *folder, const char *const *names, size_t n)
{
	char path[128];

	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void folders(void **state)
{
	static const char *const names[] = { "b.eml", "a.eml", "empty.eml", "nul.eml", "note.txt" };
	static const char *const octets[] = { "Subject: b\n\nbare\r\nlines", "Subject: a\r\n\r\na\r\n", "", "x", "no letter" };
	char folder[] = "/tmp/test_letters.XXXXXX";
	struct buf out = { 0 };

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_null(letters_of_folder(folder, 9));
	for (size_t i = 0; i < 5; i++)
		put_file(folder, names[i], i == 3 ? S("a\0b") : str_of(octets[i]));
	struct letters *l = letters_of_folder(folder, 9);
	assert_non_null(l);
	assert_true(str_eq(written(l, 2, &out), S("X-Load-Letter: 9-2\r\nSubject: a\r\n\r\na\r\n")));
	assert_true(str_eq(written(l, 13, &out), S("X-Load-Letter: 9-13\r\nSubject: b\r\n\r\nbare\r\nlines\r\n")));
	assert_true(letters_bytes(l, 13) == out.n && letters_hash(l, 13) == sum64(buf_str(&out)));
	letters_free(&l);
	remove_folder(folder, names, 5);
	assert_null(letters_of_folder(folder, 9));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_everywhere), cmocka_unit_test(sizes), cmocka_unit_test(sizes_are_like_those_of_mail),
		cmocka_unit_test(lines), cmocka_unit_test(structure_and_words), cmocka_unit_test(numbers_in_headers),
		cmocka_unit_test(folders),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
