/* tests/unit/test_summary.c: sections, shifts, and packed bytes that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/mail/summary.h"

static const char mail[] =
	"Message-ID: <m@x>\nReferences: <r1@x> <r2@x>\nIn-Reply-To: <i@x>\nDate: today\n"
	"Content-Type: multipart/mixed; boundary=b\n\npre\n"
	"--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\naGk=\n"
	"--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nbody\n"
	"--b\nContent-Type: message/rfc822\n\nContent-Type: multipart/x; boundary=c\n\n--c\n\none\n--c--\n"
	"--b--\n";

static void pack(struct str in, size_t cut, struct buf *out)
{
	struct summarizer *z = summarizer_new();

	summarizer_feed(z, str_head(in, cut));
	summarizer_feed(z, str_skip(in, cut));
	summarizer_end(z, out);
	summarizer_free(&z);
}

static const struct section_row {
	uint32_t path[4]; size_t n; enum section_kind kind; const char *bytes;   /* NULL: no such section */
} section_row[] = {
	{ { 0 }, 0, SECTION_BODY, mail },
	{ { 0 }, 0, SECTION_MIME, NULL },
	{ { 1 }, 1, SECTION_BODY, "aGk=" },
	{ { 1 }, 1, SECTION_MIME, "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" },
	{ { 1 }, 1, SECTION_HEADER, NULL },
	{ { 1, 1 }, 2, SECTION_BODY, NULL },
	{ { 2 }, 1, SECTION_BODY, "Subject: inner\n\nbody" },
	{ { 2 }, 1, SECTION_HEADER, "Subject: inner\n\n" },
	{ { 2 }, 1, SECTION_TEXT, "body" },
	{ { 2 }, 1, SECTION_MIME, "Content-Type: message/rfc822\n\n" },
	{ { 2, 1 }, 2, SECTION_BODY, "body" },
	{ { 2, 1 }, 2, SECTION_MIME, "Subject: inner\n\n" },
	{ { 2, 2 }, 2, SECTION_BODY, NULL },
	{ { 2, 1, 1 }, 3, SECTION_BODY, NULL },
	{ { 3, 1 }, 2, SECTION_BODY, "one" },
	{ { 3, 1 }, 2, SECTION_MIME, "\n" },
	{ { 3, 2 }, 2, SECTION_BODY, NULL },
	{ { 4 }, 1, SECTION_BODY, NULL },
	{ { 0 }, 1, SECTION_BODY, NULL },
};

static void check_sections(const struct summary *s, struct str whole)
{
	for (size_t i = 1; i < sizeof section_row / sizeof *section_row; i++) {
		const struct section_row *row = &section_row[i];
		struct section sec;
		bool found = summary_section(s, row->path, row->n, row->kind, &sec);
		if (found != (row->bytes != NULL) ||
		    (found && !str_eq(str_head(str_skip(whole, sec.at), sec.bytes), str_of(row->bytes))))
			fail_msg("row %zu: %u %u", i, (unsigned)sec.at, (unsigned)sec.bytes);
	}
}

static void sections(void **state)
{
	struct buf packed = { 0 };
	struct summary s;
	struct section sec;

	(void)state;
	pack(S(mail), 10, &packed);
	assert_true(summary_open(&s, buf_str(&packed)));
	check_sections(&s, S(mail));
	assert_true(summary_section(&s, section_row[2].path, 1, SECTION_BODY, &sec));
	assert_true(sec.whole && sec.cte == CTE_BASE64 && sec.decoded_bytes == 2 && str_eq(sec.charset, S("utf-8")));
	assert_true(str_eq(s.thread_root, S("<r1@x>")) && str_eq(s.message_id, S("<m@x>")) && str_eq(s.date, S("today")));
	assert_int_equal(s.n_parts, 7);
	buf_fini(&packed);
}

static void single_part(void **state)
{
	static const char text[] = "Subject: x\n\nhello";
	struct buf packed = { 0 };
	struct summary s;
	struct section sec;

	(void)state;
	pack(S(text), 3, &packed);
	assert_true(summary_open(&s, buf_str(&packed)));
	assert_true(summary_section(&s, &(uint32_t){ 1 }, 1, SECTION_BODY, &sec) && sec.at == 12 && sec.bytes == 5);
	assert_true(summary_section(&s, &(uint32_t){ 1 }, 1, SECTION_MIME, &sec) && sec.at == 0 && sec.bytes == 12);
	assert_false(summary_section(&s, &(uint32_t){ 2 }, 1, SECTION_BODY, &sec));
	buf_fini(&packed);
}

/* Lines before a message move its parts as parsing the longer message would. */
static void shift(void **state)
{
	static const char prefix[] = "Delivered-To: a\n";
	struct buf packed = { 0 }, longer = { 0 }, parsed = { 0 };
	struct summary a, b;
	struct summary_part p, q;

	(void)state;
	buf_add(&longer, S(prefix));
	buf_add(&longer, S(mail));
	pack(S(mail), 0, &packed);
	summary_shift(&packed, 6);
	summary_shift(&packed, (uint32_t)S(prefix).n - 6);
	pack(buf_str(&longer), 0, &parsed);
	assert_true(summary_open(&a, buf_str(&packed)) && summary_open(&b, buf_str(&parsed)));
	assert_true(a.message_bytes == longer.n && b.message_bytes == longer.n);
	check_sections(&a, buf_str(&longer));
	struct rd at = rd_of(a.parts), bt = rd_of(b.parts);
	while (summary_next(&a, &at, &p)) {
		assert_true(summary_next(&b, &bt, &q));
		assert_true(p.head_at == q.head_at && p.head_bytes == q.head_bytes);
		assert_true(p.body_at == q.body_at && p.body_bytes == q.body_bytes);
	}
	buf_fini(&packed);
	buf_fini(&longer);
	buf_fini(&parsed);
}

/* Cut anywhere it is refused; with a byte changed, whatever it still says stays inside the message. */
static void lies(void **state)
{
	struct buf packed = { 0 };
	struct summary s;
	struct section sec;

	(void)state;
	pack(S(mail), 0, &packed);
	for (size_t n = 0; n < packed.n; n++)
		assert_false(summary_open(&s, str_head(buf_str(&packed), n)));
	for (size_t i = 0; i < packed.n; i++) {
		packed.p[i] ^= 0x41;
		if (summary_open(&s, buf_str(&packed)))
			for (size_t k = 0; k < sizeof section_row / sizeof *section_row; k++)
				if (summary_section(&s, section_row[k].path, section_row[k].n, section_row[k].kind, &sec))
					assert_true(sec.at <= s.message_bytes && sec.bytes <= s.message_bytes - sec.at);
		packed.p[i] ^= 0x41;
	}
	buf_fini(&packed);
}

static void every_cut(void **state)
{
	struct buf whole = { 0 };

	(void)state;
	pack(S(mail), 0, &whole);
	for (size_t cut = 1; cut < sizeof mail; cut++) {
		struct buf packed = { 0 };
		pack(S(mail), cut, &packed);
		assert_true(str_eq(buf_str(&packed), buf_str(&whole)));
		buf_fini(&packed);
	}
	buf_fini(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections), cmocka_unit_test(single_part), cmocka_unit_test(shift),
		cmocka_unit_test(lies), cmocka_unit_test(every_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
