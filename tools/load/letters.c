#include "tools/load/letters.h"

#include "common/base/must.h"

#define BOUNDARY "----=_roost_load_1"
#define PART(type) "--" BOUNDARY "\r\nContent-Type: " type "; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
#define LAST_LINE "\r\n--" BOUNDARY "--\r\n"

static const char *const words[] = {
	"meeting", "the", "of", "harbour", "invoice", "and", "tomorrow", "to", "regards", "delivery", "we", "number", "is",
	"agenda", "please", "find", "in", "attached", "a", "quarter", "window", "budget", "that", "library", "for", "engine",
	"weather", "reply", "on", "question", "with", "you", "committee", "never", "winter", "customer", "be", "translation",
	"railway", "this", "orchard", "evening", "contract", "as", "signature", "proposal", "garden", "version", "at", "letter",
};

/* Lines of words with a number now and then, until there is no room for another line. */
static void add_lines(struct buf *out, size_t bytes, uint32_t *dice)
{
	size_t line = out->n, full = out->n + bytes;

	while (out->n + 24 < full) {
		*dice = *dice * 1664525u + 1013904223u;
		if (*dice >> 28 == 0)
			buf_dec(out, *dice >> 8 & 0xfffff);
		else
			buf_add(out, str_of(words[(*dice >> 8) % (sizeof words / sizeof *words)]));
		buf_addc(out, ' ');
		if (out->n - line > 66) {
			buf_add(out, S("\r\n"));
			line = out->n;
		}
	}
}

static void text_write(struct buf *out, size_t bytes, uint32_t seed)
{
	uint32_t dice = seed * 2654435761u + 1;

	buf_add(out, S(PART("text/plain")));
	add_lines(out, bytes / 3, &dice);
	buf_add(out, S("\r\n" PART("text/html") "<html><body><p>"));
	add_lines(out, bytes - bytes / 3 - 640, &dice);
}

void letters_init(struct letters *l, size_t bytes)
{
	must(bytes >= 1024);
	*l = (struct letters){ .bytes = bytes };
	for (uint32_t i = 0; i < LETTERS_TEXTS; i++)
		text_write(&l->text[i], bytes, i);
}

void letters_fini(struct letters *l)
{
	for (uint32_t i = 0; i < LETTERS_TEXTS; i++)
		buf_fini(&l->text[i]);
}

void letters_subject(uint32_t number, struct buf *out)
{
	buf_printf(out, "Load letter %08u", number);
}

void letters_write(const struct letters *l, uint32_t number, struct buf *out)
{
	size_t begin = out->n;

	buf_add(out, S("From: Ada Sender <ada@load.example>\r\nTo: Bob Reader <bob@load.example>, carol@load.example\r\nSubject: "));
	letters_subject(number, out);
	buf_printf(out, "\r\nDate: Mon, 02 Mar 2026 10:%02u:%02u +0000\r\nMessage-ID: <%u@load.example>\r\n", number / 60 % 60, number % 60, number);
	buf_add(out, S("MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"" BOUNDARY "\"\r\n\r\n"));
	buf_add(out, buf_str(&l->text[number % LETTERS_TEXTS]));
	while (out->n - begin < l->bytes - sizeof LAST_LINE + 1)
		buf_addc(out, '=');
	buf_add(out, S(LAST_LINE));
	must(out->n - begin == l->bytes);
}
