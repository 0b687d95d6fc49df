/* tests/fuzz/fuzz_lmtp.c: a line's words stay inside it and within their bounds; a message is the same in one piece and byte by
 * byte, and stuffing undoes unstuffing. */
#include <stdint.h>
#include <stdlib.h>

#include "common/base/must.h"
#include "frontend/lmtp/dots.h"
#include "frontend/lmtp/lmtp_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(struct str line)
{
	struct lmtp_words w = lmtp_words_read(line);
	struct buf plain = { 0 };

	must(w.path.n <= LMTP_PATH_BYTES);
	must(w.path.n == 0 || (w.path.p >= line.p && w.path.p + w.path.n <= line.p + line.n));
	must(w.fault || w.verb != LMTP_RCPT || w.path.n > 0);
	for (size_t i = 0; i < w.path.n; i++)
		must((unsigned char)w.path.p[i] >= ' ' && w.path.p[i] != 0x7f);
	lmtp_path_plain(w.path, &plain);
	must(plain.n <= w.path.n);
	buf_fini(&plain);
}

/* RFC 5321 4.5.2, the sender's side: a dot before a dot that starts a line. */
static void stuff(struct str message, struct buf *out)
{
	for (size_t i = 0; i < message.n; i++) {
		if (message.p[i] == '.' && (i == 0 || (i >= 2 && message.p[i - 1] == '\n' && message.p[i - 2] == '\r')))
			buf_addc(out, '.');
		buf_addc(out, message.p[i]);
	}
}

static void check_dots(struct str in)
{
	struct dots whole = { 0 }, bytes = { 0 }, again = { 0 };
	struct buf a = { 0 }, b = { 0 }, stuffed = { 0 }, c = { 0 };
	struct str rest = in;
	size_t used = 0;

	bool ended = dots_feed(&whole, &rest, &a);
	while (used < in.n && bytes.at != DOTS_END) {
		struct str one = { in.p + used++, 1 };
		dots_feed(&bytes, &one, &b);
		must(one.n == 0 && b.n <= used);
	}
	must(ended == (bytes.at == DOTS_END) && in.n - rest.n == used && whole.at == bytes.at);
	must(str_eq(buf_str(&a), buf_str(&b)));
	stuff(buf_str(&a), &stuffed);
	buf_add(&stuffed, S("\r\n.\r\n"));
	struct str back = buf_str(&stuffed);
	buf_add(&a, S("\r\n"));
	must(dots_feed(&again, &back, &c) && back.n == 0 && str_eq(buf_str(&a), buf_str(&c)));
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&stuffed);
	buf_fini(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };

	check_words(in);
	check_dots(in);
	return 0;
}
