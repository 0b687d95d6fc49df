/* tests/unit/test_mime.c: parts and their offsets, cut at every byte; limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/buf.h"
#include "common/mail/mime.h"

/* "type/subtype[head_at+bytes body_at+bytes lines](children)" */
static void print(struct buf *out, const struct mime_part *p)
{
	buf_printf(out, "%.*s/%.*s[%u+%u %u+%u %u]", STR_ARG(p->type), STR_ARG(p->subtype), (unsigned)p->head_at,
	           (unsigned)p->head_bytes, (unsigned)p->body_at, (unsigned)p->body_bytes, (unsigned)p->lines);
	if (p->kind == MIME_LEAF && p->decoded_bytes != p->body_bytes)
		buf_printf(out, "=%u", (unsigned)p->decoded_bytes);
	if (!p->child)
		return;
	buf_addc(out, '(');
	for (const struct mime_part *c = p->child; c; c = c->next)
		print(out, c);
	buf_addc(out, ')');
}

static void trees(void **state)
{
	static const struct { const char *in, *out; } row[] = {
		{ "",                             "text/plain[0+0 0+0 0]" },
		{ "\r\n",                         "text/plain[0+2 2+0 0]" },
		{ "Subject: no end",              "text/plain[0+15 15+0 0]" },
		{ "A: b\r\n\r\nx\r\ny",           "text/plain[0+8 8+4 1]" },
		{ "A: b\n\nx\r\ry\r\r\n\r",       "text/plain[0+6 6+8 1]" },
		{ "A: b\r\n c\r\nno colon\r\n\r\n", "text/plain[0+22 22+0 0]" },
		{ "Content-Type: text\r\n\r\n",   "text/plain[0+22 22+0 0]" },
		{ "Content-Transfer-Encoding: base64\n\naGVs\nbG8=\n", "text/plain[0+35 35+10 2]=5" },
		{ "Content-Transfer-Encoding: quoted-printable\n\na=20=\nb\n", "text/plain[0+45 45+8 2]=4" },
		{ "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\none\n--b\nA: c\n\ntwo\n\n--b--\nend",
		  "multipart/mixed[0+43 43+37 10](text/plain[51+1 52+3 0]text/plain[60+6 66+4 1])" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b--\n",
		  "multipart/mixed[0+43 43+10 2](text/plain[47+0 47+0 0])" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b",
		  "multipart/mixed[0+43 43+3 0](text/plain[46+0 46+0 0])" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\nYQ==\n--b--\n",
		  "multipart/mixed[0+43 43+50 5](text/plain[47+35 82+4 0]=1)" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nA: b\n\nx\n--b--\n",
		  "multipart/mixed[0+43 43+48 7](message/rfc822[47+30 77+7 2](text/plain[77+6 83+1 0]))" },
		{ "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: b\n\nx\n--b--\n",
		  "multipart/digest[0+44 44+19 6](message/rfc822[48+1 49+7 2](text/plain[49+6 55+1 0]))" },
		/* an inner boundary that begins like the outer one */
		{ "Content-Type: multipart/a; boundary=b\n\n--b\nContent-Type: multipart/i; boundary=bc\n\n--bc\n\nx\n--bc--\n--b--\n",
		  "multipart/a[0+39 39+65 8](multipart/i[43+40 83+15 4](text/plain[88+1 89+1 0]))" },
		/* an outer boundary ends what is open inside */
		{ "Content-Type: multipart/a; boundary=x\n\n--x\nContent-Type: multipart/i; boundary=y\n\n--y\n\nz\n--x--\n",
		  "multipart/a[0+39 39+56 7](multipart/i[43+39 82+6 2](text/plain[86+1 87+1 0]))" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str in = str_of(row[i].in);
		for (size_t cut = 0; cut <= in.n; cut++) {
			struct mime *m = mime_new();
			struct buf out = { 0 };
			mime_feed(m, str_head(in, cut));
			mime_feed(m, str_skip(in, cut));
			print(&out, mime_end(m));
			if (!str_eq(buf_str(&out), str_of(row[i].out)) || mime_bytes(m) != in.n)
				fail_msg("row %zu cut %zu: %.*s", i, cut, STR_ARG(buf_str(&out)));
			buf_fini(&out);
			mime_free(&m);
		}
	}
}

/* What is long is passed over many lines at once; byte by byte it is not. */
static void many_lines_of_base64(void **state)
{
	static const char *const lines[] = { "\r\n", "\n", "Q\r\n", "QUJ\rDREVG\n", "--b0 is none\r\n", "QUI=\n" };
	struct buf in = { 0 }, slow = { 0 };

	(void)state;
	buf_add(&in, S("Content-Type: multipart/a; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
	for (unsigned i = 0; i < 120; i++) {
		buf_add(&in, S("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5+/0123456"));
		buf_add(&in, str_of(lines[i < 100 ? 0 : i % 6]));
	}
	buf_add(&in, S("\r\n--b--\r\nend"));
	for (size_t cut = 0; cut <= in.n; cut++) {
		struct mime *m = mime_new();
		struct buf out = { 0 };
		for (size_t i = 0; cut == 0 && i < in.n; i++)
			mime_feed(m, (struct str){ in.p + i, 1 });
		mime_feed(m, cut ? str_head(buf_str(&in), cut) : S(""));
		mime_feed(m, cut ? str_skip(buf_str(&in), cut) : S(""));
		print(cut ? &out : &slow, mime_end(m));
		if (cut && !str_eq(buf_str(&out), buf_str(&slow)))
			fail_msg("cut %zu: %.*s instead of %.*s", cut, STR_ARG(buf_str(&out)), STR_ARG(buf_str(&slow)));
		buf_fini(&out);
		mime_free(&m);
	}
	buf_fini(&in);
	buf_fini(&slow);
}

static void fields(void **state)
{
	static const char in[] =
		"Subject:  one\r\n two \r\nSubject: last\r\n three \r\nTo: a@b\r\nTo: c@d\r\nContent-ID: <i>\r\n"
		"Content-Type: (c) Text / HTML (d) ; charset=\"u\\\"8\" (e); bad; x*1*=%41; x*0=b'; a*b*0=c\r\n"
		"Content-Disposition: inline; filename=a b\r\nContent-Language: de, en (x)\r\n"
		"Content-Transfer-Encoding: 8bit oops\r\n\r\n";
	struct mime *m = mime_new();

	(void)state;
	mime_feed(m, S(in));
	const struct mime_part *p = mime_end(m);
	assert_true(str_eq(p->fields[MIME_SUBJECT], S("last three ")));
	assert_true(str_eq(p->fields[MIME_TO], S("a@b,c@d")));
	assert_true(str_eq(p->id, S("<i>")));
	assert_true(mime_type_is(p, S("text"), S("html")));
	assert_true(str_eq(mime_param(p->params, S("CHARSET")), S("u\"8")));
	assert_true(str_eq(mime_param(p->params, S("x*")), S("''b%27%41")));
	assert_true(str_eq(mime_param(p->params, S("a*b")), S("c")));
	assert_true(str_eq(p->disposition, S("inline")));
	assert_true(str_eq(mime_param(p->disposition_params, S("filename")), S("a")));
	assert_true(str_eq(p->language->word, S("de")) && str_eq(p->language->next->word, S("en")));
	assert_int_equal(p->encoding.n, 0);   /* two words are no encoding */
	mime_free(&m);
}

static const struct mime_part *repeat(struct mime *m, struct str first, struct str again, size_t times)
{
	mime_feed(m, first);
	for (size_t i = 0; i < times; i++)
		mime_feed(m, again);
	return mime_end(m);
}

static size_t depth_of(const struct mime_part *p)
{
	size_t n = 0;

	for (; p->child; p = p->child)
		n++;
	return n;
}

static void limits(void **state)
{
	struct mime *m = mime_new();
	const struct mime_part *p = repeat(m, S(""), S("Content-Type: message/rfc822\n\n"), 10000);

	(void)state;
	assert_int_equal(depth_of(p), MIME_DEPTH_MAX);
	mime_free(&m);

	m = mime_new();
	p = repeat(m, S(""), S("Content-Type: multipart/mixed; boundary=b\n\n--b\n"), 10000);
	assert_int_equal(depth_of(p), MIME_DEPTH_MAX);
	mime_free(&m);

	m = mime_new();
	p = repeat(m, S("Content-Type: multipart/mixed; boundary=b\n\n"), S("--b\n\nx\n"), 20000);
	size_t n = 1;
	for (const struct mime_part *c = p->child; c; c = c->next)
		n++;
	assert_int_equal(n, MIME_PARTS_MAX);
	assert_int_equal(p->last_child->body_at + p->last_child->body_bytes, p->body_at + p->body_bytes);
	mime_free(&m);

	m = mime_new();
	p = repeat(m, S("Subject: "), S("0123456789 "), 1000000);
	assert_int_equal(p->fields[MIME_SUBJECT].n, MIME_VALUE_MAX);
	assert_int_equal(p->head_bytes, 11000009);
	mime_free(&m);

	m = mime_new();
	p = repeat(m, S(""), S("Content-Type: a/b;a=b;a=b;a=b;a=b\r\nTo: a\r\n"), 250000);
	assert_int_equal(p->body_bytes, 0);
	mime_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(trees), cmocka_unit_test(many_lines_of_base64), cmocka_unit_test(fields), cmocka_unit_test(limits) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
