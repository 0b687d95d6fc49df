/* tests/fuzz/fuzz_search.c: whatever program meets whatever message: pieces cut anywhere give one answer, what
 * columns say for certain stays true, NOT turns the answer round; and the scan finds what a naive search finds. */
#include <stdlib.h>

#include "common/base/must.h"
#include "common/mail/fold.h"
#include "common/mail/program.h"
#include "common/mail/summary.h"
#include "storaged/search/addresses.h"
#include "storaged/search/scan.h"
#include "storaged/search/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_scan(struct str key, struct str text, size_t cut)
{
	struct buf folded = { 0 };
	struct folds known = { 0 };
	struct scan_key k;
	struct scan s = { 0 };
	bool found = false;

	scan_key_init(&k, key);
	fold_text(&folded, text, &known);
	folds_fini(&known);
	text = buf_str(&folded);
	bool want = key.n == 0 || str_search(text, k.text) >= 0;
	must(scan_find(&k, text) == want && scan_find_plain(&k, text) == want);
	scan_add(&s, &k, &found);
	scan_push(&s, str_head(text, cut));
	scan_push(&s, str_skip(text, cut));
	scan_end(&s);
	must(found == want);
	scan_fini(&s);
	scan_key_fini(&k);
	buf_fini(&folded);
}

/* Words that need not be an ENVELOPE. */
static void check_addresses(struct str words)
{
	struct buf out = { 0 };

	addresses_text(&out, words, ADDRESS_BCC);
	must(out.n <= 8 * words.n);
	buf_fini(&out);
}

struct mail { struct str bytes, summary; size_t cut; };

static enum err mail_read(void *ctx, uint64_t at, size_t bytes, struct str *piece)
{
	const struct mail *m = ctx;

	must(bytes > 0 && bytes <= SEARCH_PIECE_BYTES && at <= m->bytes.n && bytes <= m->bytes.n - at);
	*piece = str_head(str_skip(m->bytes, at), bytes < m->cut ? bytes : m->cut);
	return OK;
}

static enum err mail_summary(void *ctx, struct str *packed)
{
	*packed = ((const struct mail *)ctx)->summary;
	return OK;
}

static void summarize(struct str bytes, struct buf *out)
{
	struct summarizer *z = summarizer_new();

	summarizer_feed(z, bytes);
	summarizer_end(z, out);
	summarizer_free(&z);
}

static void check_word(struct search_run *run, const struct search_msg *msg, bool match)
{
	uint64_t bit = 1ull << msg->uid.n, yes, unsure;

	search_word(run, &(struct search_word){ 0, bit, msg->flags.word & FLAG_SEEN ? 0 : bit, 0, msg->modseq.n }, &yes, &unsure);
	must(((yes | unsure) & ~bit) == 0 && (unsure || (yes == bit) == match));
}

static bool ask(const struct search *s, const struct search_msg *msg, struct mail m)
{
	struct search_run *run = search_run_new(s);
	struct buf digest = { 0 }, grams = { 0 };
	struct search_source src = { &digest, &grams, mail_summary, mail_read, &m };
	enum search_verdict columns = search_columns(run, msg);
	bool match, again;

	must(search_message(run, msg, &src, &match) == OK);
	enum search_verdict remembered = search_remember(run, msg, &(struct search_memory){ buf_str(&digest), buf_str(&grams) });
	must(remembered == SEARCH_UNSURE || match == (remembered == SEARCH_YES));
	buf_reset(&grams);
	must(search_message(run, msg, &src, &again) == OK && again == match);      /* by the digest, if one was made */
	must(columns == SEARCH_UNSURE || match == (columns == SEARCH_YES));
	check_word(run, msg, match);
	search_run_free(&run);
	buf_fini(&digest);
	buf_fini(&grams);
	return match;
}

static void check_not(struct str program, const struct search_msg *msg, struct mail m, bool match)
{
	struct buf not = { 0 };
	struct search *s;

	buf_u8(&not, OP_NOT);
	buf_add(&not, program);
	if (search_open(&s, buf_str(&not)) == OK)       /* not so when it has become too deep */
		must(ask(s, msg, m) == !match);
	search_free(&s);
	buf_fini(&not);
}

static void check_program(struct str program, struct str bytes, size_t cut)
{
	struct search_msg msg = { { 3 }, { 5 }, 1000000, bytes.n, { FLAG_SEEN, 0, NULL } };
	struct buf summary = { 0 };
	struct search *s;

	if (search_open(&s, program) != OK)
		return;
	summarize(bytes, &summary);
	bool match = ask(s, &msg, (struct mail){ bytes, buf_str(&summary), SEARCH_PIECE_BYTES });
	must(ask(s, &msg, (struct mail){ bytes, buf_str(&summary), cut + 1 }) == match);
	check_not(program, &msg, (struct mail){ bytes, buf_str(&summary), cut + 1 }, match);
	search_free(&s);
	buf_fini(&summary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct str in = { (const char *)data + 2, size - 2 };
	size_t n_program = data[0] < in.n ? data[0] : in.n, cut = data[1];
	struct str program = str_head(in, n_program), mail = str_skip(in, n_program);

	check_scan(program, mail, cut < mail.n ? cut : mail.n);
	check_addresses(mail);
	check_program(program, mail, cut);
	return 0;
}
