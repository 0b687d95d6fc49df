/* tests/fuzz/fuzz_mboxname.c: what decodes as modified UTF-7 encodes back to the same bytes; normal names
 * are normal; matching agrees with the definition of '*' and '%'. */
#include <stdlib.h>

#include "common/base/must.h"
#include "common/mail/mboxname.h"
#include "common/mail/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_utf7(struct str wire)
{
	struct buf name = { 0 }, back = { 0 };

	if (mboxname_from_utf7(&name, wire)) {
		must(utf8_valid(buf_str(&name)));
		mboxname_to_utf7(&back, buf_str(&name));
		must(str_eq(buf_str(&back), wire));
	}
	buf_fini(&name);
	buf_fini(&back);
}

static void check_normal(struct str utf8)
{
	struct buf once = { 0 }, twice = { 0 }, wire = { 0 }, back = { 0 };

	if (mboxname_normal(&once, utf8)) {
		must(mboxname_normal(&twice, buf_str(&once)) && str_eq(buf_str(&once), buf_str(&twice)));
		must(mboxname_match(S("*"), buf_str(&once)));
		mboxname_to_utf7(&wire, buf_str(&once));
		must(mboxname_from_utf7(&back, buf_str(&wire)) && str_eq(buf_str(&back), buf_str(&once)));
	}
	buf_fini(&once);
	buf_fini(&twice);
	buf_fini(&wire);
	buf_fini(&back);
}

/* The definition, slow and plain. */
static bool model(struct str p, struct str s)
{
	if (p.n == 0)
		return s.n == 0;
	if (p.p[0] != '*' && p.p[0] != '%')
		return s.n > 0 && s.p[0] == p.p[0] && model(str_skip(p, 1), str_skip(s, 1));
	if (model(str_skip(p, 1), s))
		return true;
	return s.n > 0 && (p.p[0] == '*' || s.p[0] != '/') && model(p, str_skip(s, 1));
}

/* Two bits a letter, so that names and patterns meet often. */
static void check_match(const uint8_t *data, size_t size)
{
	char pattern[8], name[12];
	size_t n_pattern = 0, n_name = 0;

	for (size_t i = 0; i < size && n_pattern < sizeof pattern; i++)
		pattern[n_pattern++] = "*%a/"[data[i] & 3];
	for (size_t i = 0; i < size && n_name < sizeof name; i++)
		name[n_name++] = "aab/"[data[i] >> 2 & 3];
	struct str p = { pattern, n_pattern }, s = { name, n_name };
	must(mboxname_match(p, s) == model(p, s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };

	check_utf7(in);
	check_normal(in);
	check_match(data, size);
	return 0;
}
