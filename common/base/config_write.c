/* common/base/config_write.c: the commented roost.conf. */
#include "common/base/config_keys.h"

/* In the largest unit that shows it exactly. */
void config_show(struct buf *out, enum config_kind kind, uint64_t v)
{
	static const struct { enum config_kind kind; uint64_t size; const char *name; } unit[] = {
		{ KIND_BYTES, 1ull << 30, "GiB" }, { KIND_BYTES, 1ull << 20, "MiB" }, { KIND_BYTES, 1ull << 10, "KiB" },
		{ KIND_MS, 3600000, "h" }, { KIND_MS, 60000, "m" }, { KIND_MS, 1000, "s" }, { KIND_MS, 1, "ms" },
	};

	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
		if (kind == unit[i].kind && v && v % unit[i].size == 0) {
			buf_dec(out, v / unit[i].size);
			buf_add(out, str_of(unit[i].name));
			return;
		}
	}
	buf_dec(out, v);
}

/* libconfuse unescapes it; an unescaped ${NAME} would be taken from the environment. */
static void write_quoted(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '$')
			buf_add(out, S("\\x24"));
		else if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else
			buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

static void write_list(struct buf *out, const struct config_list *l)
{
	buf_addc(out, '{');
	for (size_t i = 0; i < l->n; i++) {
		buf_add(out, i ? S(", ") : S(" "));
		write_quoted(out, l->at[i]);
	}
	buf_add(out, l->n ? S(" }") : S("}"));
}

static void write_tls(struct buf *out, const struct config *c)
{
	if (c->n_tls == 0)
		buf_add(out, S("#tls {\n#\tcert = \"tls/cert.pem\"\n#\tkey = \"tls/key.pem\"\n#}\n"));
	for (size_t i = 0; i < c->n_tls; i++) {
		buf_add(out, S("tls {\n\tcert = "));
		write_quoted(out, c->tls[i].cert);
		buf_add(out, S("\n\tkey = "));
		write_quoted(out, c->tls[i].key);
		buf_add(out, S("\n}\n"));
	}
}

static void write_words(struct buf *out, struct str words)
{
	struct str line;

	do {
		str_cut(words, '\n', &line, &words);
		buf_printf(out, "# %.*s\n", STR_ARG(line));
	} while (words.n);
}

static void write_value(struct buf *out, const struct config *c, const struct config_key *k)
{
	const void *field = config_field(c, k);

	switch (k->kind) {
	case KIND_TEXT:
		write_quoted(out, *(char *const *)field);
		break;
	case KIND_LIST:
	case KIND_LISTENERS:
		write_list(out, field);
		break;
	case KIND_COUNT:
		buf_dec(out, *(const unsigned *)field);
		break;
	case KIND_BYTES:
	case KIND_MS:
		config_show(out, k->kind, *(const uint64_t *)field);
		break;
	case KIND_CHOICE:
		buf_add(out, str_of(k->choices[*(const unsigned *)field]));
		break;
	case KIND_TLS:
		break;                    /* write_tls */
	}
}

void config_write(const struct config *c, struct buf *out)
{
	buf_add(out, S("# roost.conf: what this Roost service does. Restart it after a change.\n"
		       "# Durations: 500ms, 30s, 5m, 24h. Sizes: 4096, 64KiB, 256MiB, 2GiB.\n"));
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];
		buf_addc(out, '\n');
		write_words(out, str_of(k->words));
		if (k->kind == KIND_TLS) {
			write_tls(out, c);
			continue;
		}
		buf_printf(out, "%s = ", k->name);
		write_value(out, c, k);
		buf_addc(out, '\n');
	}
}
