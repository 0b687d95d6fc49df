/* frontend/imap/say_fetch.c: one FETCH line, item by item. */
#include "frontend/imap/say.h"

#include "common/mail/date.h"

void say_row_begin(struct say_row *row, struct buf *out, uint32_t seqno)
{
	row->some = false;
	buf_add(out, S("* "));
	buf_dec(out, seqno);
	buf_add(out, S(" FETCH ("));
}

void say_row_end(struct say_row *row, struct buf *out)
{
	row->some = false;
	buf_add(out, S(")\r\n"));
}

void say_row_item(struct say_row *row, struct buf *out, struct str words)
{
	if (row->some)
		buf_addc(out, ' ');
	row->some = true;
	buf_add(out, words);
}

void say_row_uid(struct say_row *row, struct buf *out, uint32_t uid)
{
	say_row_item(row, out, S("UID "));
	buf_dec(out, uid);
}

void say_row_flags(struct say_row *row, struct buf *out, const struct flagset *f, const struct keywords *k, bool recent)
{
	say_row_item(row, out, S("FLAGS ("));
	size_t start = out->n;
	flagset_print(out, f, k);
	if (recent)
		buf_add(out, out->n > start ? S(" \\Recent") : S("\\Recent"));
	buf_addc(out, ')');
}

void say_row_modseq(struct say_row *row, struct buf *out, uint64_t modseq)
{
	say_row_item(row, out, S("MODSEQ ("));
	buf_dec(out, modseq);
	buf_addc(out, ')');
}

void say_row_date(struct say_row *row, struct buf *out, int64_t utc_s)
{
	say_row_item(row, out, S("INTERNALDATE \""));
	date_time_print(out, utc_s);
	buf_addc(out, '"');
}

void say_row_size(struct say_row *row, struct buf *out, uint64_t bytes)
{
	say_row_item(row, out, S("RFC822.SIZE "));
	buf_dec(out, bytes);
}

void say_row_words(struct say_row *row, struct buf *out, const char *name, struct str words)
{
	say_row_item(row, out, str_of(name));
	buf_addc(out, ' ');
	buf_add(out, words);
}

/* What stands behind the part number in BODY[...]. */
static const char *section_word(enum section_kind kind)
{
	switch (kind) {
	case SECTION_HEADER:     return "HEADER";
	case SECTION_TEXT:       return "TEXT";
	case SECTION_MIME:       return "MIME";
	case SECTION_FIELDS:     return "HEADER.FIELDS";
	case SECTION_FIELDS_NOT: return "HEADER.FIELDS.NOT";
	default:                 return "";
	}
}

static void add_section(struct buf *out, const struct section_ask *ask)
{
	struct str word = str_of(section_word(ask->kind));

	buf_addc(out, '[');
	buf_add(out, ask->path);
	if (ask->path.n && word.n)
		buf_addc(out, '.');
	buf_add(out, word);
	for (uint16_t i = 0; i < ask->n_fields; i++) {
		buf_add(out, i ? S(" ") : S(" ("));
		say_astring(out, ask->fields[i], false);
	}
	buf_add(out, ask->n_fields ? S(")]") : S("]"));
	if (ask->partial)
		buf_printf(out, "<%llu>", (unsigned long long)ask->start);
}

void say_row_section(struct say_row *row, struct buf *out, const struct section_ask *ask, enum section_name name)
{
	static const char *const words[] = {
		[NAMED_BODY] = "BODY", [NAMED_RFC822] = "RFC822", [NAMED_RFC822_HEADER] = "RFC822.HEADER",
		[NAMED_RFC822_TEXT] = "RFC822.TEXT", [NAMED_BINARY] = "BINARY", [NAMED_BINARY_SIZE] = "BINARY.SIZE",
	};

	say_row_item(row, out, str_of(words[name]));
	if (name == NAMED_BODY || name == NAMED_BINARY || name == NAMED_BINARY_SIZE)
		add_section(out, ask);
	buf_addc(out, ' ');
}
