/* tests/fuzz/fuzz_answer.c: whatever a server says: cut anywhere it gives the same answers; what is read of them lies within them. */
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/must.h"
#include "tools/load/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef bool take_fn(struct str *in, struct answer_place *place, struct str *out);

static bool lies_within(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_values(struct str raw)
{
	struct str in = raw;
	struct value v;

	for (size_t before = in.n; value_take(&in, &v); before = in.n) {
		must(in.n < before && lies_within(v.text, raw));
		value_flags(v.text);
	}
}

static void check_answer(struct str raw)
{
	struct answer a;
	struct row r;

	if (answer_read_lmtp(raw, &a))
		must(a.n >= 200 && a.n < 600);
	check_values(raw);
	if (!answer_read(raw, &a))
		return;
	must(lies_within(a.text, raw) && lies_within(a.code, raw));
	if (answer_items(&a, &r))
		must(r.seq > 0 && lies_within(r.body, raw) && lies_within(r.envelope, raw) && lies_within(r.section, raw));
}

/* What is taken from `all` when it comes in two pieces: lengths and octets. */
static void take_all(take_fn *take, struct str all, size_t cut, struct buf *said)
{
	struct answer_place place = { 0 };
	struct str in = str_head(all, cut), answer;

	for (int piece = 0; piece < 2; piece++, in.n += all.n - cut)
		while (take(&in, &place, &answer)) {
			buf_lstr(said, answer);
			check_answer(answer);
		}
}

static void check_cut(take_fn *take, struct str in, size_t cut)
{
	struct buf whole = { 0 }, parts = { 0 };

	take_all(take, in, in.n, &whole);
	take_all(take, in, cut, &parts);
	must(str_eq(buf_str(&whole), buf_str(&parts)));
	buf_fini(&whole);
	buf_fini(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct str in = { (const char *)data + 1, size - 1 };
	check_cut(answer_take, in, data[0] % in.n);
	check_cut(answer_take_line, in, data[0] % in.n);
	return 0;
}
