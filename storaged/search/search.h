/* storaged/search/search.h: does this message match a search program (common/mail/program.h)?
 *
 * Knows no rows, journal or calls: the caller copies out what a message's columns say and lends its summary and
 * bytes. Questions are answered in the order of their cost: search_columns first, which opens nothing and decides
 * most messages; then search_remember, if something is known of the message; for what stays UNSURE search_message looks at the digest of the summary, then the header, then the
 * decoded text of the body, and stops as soon as the answer is certain.
 *
 * Text matches as RFC 3501 6.4.4 wants: any substring, without case (common/mail/fold.h), in decoded text. Where
 * the RFC leaves room, as two other servers agree:
 *   FROM, TO, CC, BCC, SUBJECT   the envelope; of a header over 64 KiB the fields themselves
 *   HEADER                       each field of that name in the message's own header
 *   BODY                         each leaf of type text or message, also of messages inside; no headers
 *   TEXT                         that, and the headers of the message, its parts and messages inside
 *   SENTBEFORE, -ON, -SINCE      the day the Date field names; without a valid one none of them matches
 *
 * Owner: the caller frees a search and each run. A search never changes once its keywords are bound, so any
 * number of threads may use it, each with a run of its own.
 * Memory: a run is bounded by the program, not by the message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/mail/flags.h"
#include "common/mail/ids.h"

enum { SEARCH_PIECE_BYTES = 65536, SEARCH_KEYS_MAX = 1000 };

struct search;

/* ERR_INPUT: malformed. ERR_LIMIT: deeper than PROGRAM_DEPTH_MAX, or more than SEARCH_KEYS_MAX text keys.
 * Keeps nothing of `program`. On error *out is NULL. */
enum err search_open(struct search **out, struct str program);
void     search_free(struct search **s);
/* Gives the program's keywords the numbers of this mailbox; before the first message of each mailbox. Unbound
 * keywords, and those the mailbox does not know, are set on no message. */
void     search_bind_keywords(struct search *s, const struct keywords *of_mailbox);

/* What the program asks for. 0: columns decide everything. SEARCH_DIGEST alone: so do digests, where there are any. */
enum search_need { SEARCH_DIGEST = 1 << 0, SEARCH_HEADER = 1 << 1, SEARCH_BODY = 1 << 2 };
unsigned search_needs(const struct search *s);

/* One message's columns. */
struct search_msg {
	struct uid uid;
	struct modseq modseq;
	int64_t  date_utc_s;                  /* INTERNALDATE */
	uint64_t bytes;                       /* RFC822.SIZE */
	struct flagset flags;                 /* borrowed */
};

/* Memory for looking at messages one after the other. */
struct search_run;
struct search_run *search_run_new(const struct search *s);   /* s outlives it */
void search_run_free(struct search_run **run);

enum search_verdict { SEARCH_NO, SEARCH_UNSURE, SEARCH_YES };   /* in this order: AND is the least, OR the greatest */
enum search_verdict search_columns(struct search_run *run, const struct search_msg *msg);

/* What bits say of 64 messages at once: bit k stands for UID first + k, first being a multiple of 64. */
struct search_word { uint32_t first; uint64_t living, unseen, deleted, modseq_most; };
/* Splits the living ones into those that match, those whose columns must be asked, and the rest. Of a program that asks for
 * modseqs nothing is sure, since the modseqs of what it finds are wanted, too. */
void search_word(struct search_run *run, const struct search_word *w, uint64_t *yes, uint64_t *unsure);
size_t search_steps(const struct search *s);                  /* of judging a message, or a word, by what is in memory */

/* What searches before learned of a message, as they left it in their search_source; empty: nothing. */
struct search_memory { struct str digest, grams; };
enum search_verdict search_remember(struct search_run *run, const struct search_msg *msg, const struct search_memory *memory);

/* Where one message's summary and bytes come from. */
struct search_source {
	/* What a search before made of the summary; empty: not at hand. Then it is made and left here when the program asks for
	 * it, except for a message with a header so large that its summary may not hold all of the envelope. */
	struct buf *digest;
	/* Which grams stand in the texts of the body, left here when all of it was looked at. */
	struct buf *grams;
	/* Lends the packed summary (common/mail/summary.h), valid as long as the message is looked at. Asked at most once. */
	enum err (*summary)(void *ctx, struct str *packed);
	/* Lends bytes from offset `at` on: at least one, at most `bytes` (<= SEARCH_PIECE_BYTES); valid until the next
	 * read. Asked only for what lies inside the message, mostly ascending. An error ends the search of this message. */
	enum err (*read)(void *ctx, uint64_t at, size_t bytes, struct str *piece);
	void *ctx;
};

/* Works whether or not search_columns was asked before. Errors: those of read; ERR_CORRUPT: a summary that does not hold together. */
enum err search_message(struct search_run *run, const struct search_msg *msg, const struct search_source *src, bool *match);
