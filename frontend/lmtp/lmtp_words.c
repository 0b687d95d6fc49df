/* frontend/lmtp/lmtp_words.c: rules are true and moved on, or false and unmoved. */
#include "frontend/lmtp/lmtp_words.h"

#include "common/mail/utf8.h"

/* ---- rules ---- */

static bool take_char(struct str *in, char c)
{
	if (in->n == 0 || *in->p != c)
		return false;
	*in = str_skip(*in, 1);
	return true;
}

static bool take_word(struct str *in, struct str word)
{
	if (!str_istarts(*in, word))
		return false;
	*in = str_skip(*in, word.n);
	return true;
}

static void skip_spaces(struct str *in)
{
	while (take_char(in, ' '))
		;
}

/* Anything visible, UTF-8 included (RFC 6531 3.3), but what gives a path its shape. More than an atext, less than harm:
 * "a..b@c" and "a.@c" are alive in the world. */
static bool is_path_char(char c)
{
	unsigned char u = (unsigned char)c;

	return u > ' ' && u != 0x7f && c != '<' && c != '>' && c != '"' && c != '\\' && c != '@';
}

static bool take_run(struct str *in)
{
	size_t n = 0;

	while (n < in->n && is_path_char(in->p[n]))
		n++;
	*in = str_skip(*in, n);
	return n > 0;
}

/* quoted-string of RFC 5321 4.1.2: qtextSMTP or a quoted pair */
static bool take_quoted(struct str *in)
{
	struct str at = *in;

	if (!take_char(&at, '"'))
		return false;
	while (at.n > 0 && *at.p != '"') {
		(void)take_char(&at, '\\');
		if (at.n == 0 || (unsigned char)*at.p < ' ' || *at.p == 0x7f)
			return false;
		at = str_skip(at, 1);
	}
	if (!take_char(&at, '"'))
		return false;
	*in = at;
	return true;
}

/* Local-part, with or without "@" domain. */
static bool take_mailbox(struct str *in, struct str *mailbox)
{
	struct str at = *in;

	if (!take_quoted(&at) && !take_run(&at))
		return false;
	if (take_char(&at, '@') && !take_run(&at))
		return false;
	*mailbox = str_head(*in, in->n - at.n);
	*in = at;
	return true;
}

/* "@a,@b:" must be accepted and should be ignored: RFC 5321 C */
static bool take_route(struct str *in)
{
	ptrdiff_t colon = str_find(*in, ':'), end = str_find(*in, '>');

	if (in->n == 0 || *in->p != '@' || colon < 0 || (end >= 0 && end < colon))
		return false;
	*in = str_skip(*in, (size_t)colon + 1);
	return true;
}

static bool take_path(struct str *in, struct str *path)
{
	struct str at = *in, mailbox = S("");

	if (!take_char(&at, '<'))
		return false;
	bool route = take_route(&at);
	if (!take_mailbox(&at, &mailbox) && route)
		return false;
	if (!take_char(&at, '>') || mailbox.n > LMTP_PATH_BYTES || !utf8_valid(mailbox))
		return false;
	*path = mailbox;
	*in = at;
	return true;
}

/* esmtp-param: SP keyword ["=" value] */
static bool take_param(struct str *in, struct str *name, struct str *value)
{
	struct str word;

	skip_spaces(in);
	if (in->n == 0)
		return false;
	str_cut(*in, ' ', &word, in);
	str_cut(word, '=', name, value);
	return true;
}

/* ---- commands ---- */

static enum lmtp_fault mail_param(struct lmtp_words *w, struct str name, struct str value)
{
	if (str_ieq(name, S("SIZE")))
		return str_u64(value, &w->bytes) ? LMTP_FINE : LMTP_BAD_VALUE;
	if (str_ieq(name, S("BODY")))
		return str_ieq(value, S("7BIT")) || str_ieq(value, S("8BITMIME")) ? LMTP_FINE : LMTP_BAD_VALUE;
	if (str_ieq(name, S("SMTPUTF8"))) {
		w->utf8 = true;
		return value.n == 0 ? LMTP_FINE : LMTP_BAD_VALUE;
	}
	return str_ieq(name, S("AUTH")) ? LMTP_FINE : LMTP_BAD_PARAM;
}

static enum lmtp_fault read_path(struct lmtp_words *w, struct str args, struct str word)
{
	if (!take_word(&args, word))
		return LMTP_BAD_ARGS;
	skip_spaces(&args);                                     /* "FROM: <a>" is wrong, common and clear */
	if (!take_path(&args, &w->path))
		return LMTP_BAD_PATH;
	struct str name, value;
	if (args.n > 0 && *args.p != ' ')
		return LMTP_BAD_ARGS;
	while (take_param(&args, &name, &value)) {
		enum lmtp_fault fault = w->verb == LMTP_MAIL ? mail_param(w, name, value) : LMTP_BAD_PARAM;
		if (fault)
			return fault;
	}
	return LMTP_FINE;
}

static enum lmtp_fault read_mail(struct lmtp_words *w, struct str args)
{
	return read_path(w, args, S("FROM:"));
}

static enum lmtp_fault read_rcpt(struct lmtp_words *w, struct str args)
{
	enum lmtp_fault fault = read_path(w, args, S("TO:"));

	return !fault && w->path.n == 0 ? LMTP_BAD_PATH : fault;
}

/* RFC 3030 2: chunk-size [SP "LAST"] */
static enum lmtp_fault read_bdat(struct lmtp_words *w, struct str args)
{
	struct str size, last;

	str_cut(args, ' ', &size, &last);
	w->last = str_ieq(str_trim(last), S("LAST"));
	if (!w->last && str_trim(last).n > 0)
		return LMTP_BAD_ARGS;
	return str_u64(size, &w->bytes) ? LMTP_FINE : LMTP_BAD_ARGS;
}

static enum lmtp_fault read_some(struct lmtp_words *w, struct str args)
{
	(void)w;
	return args.n > 0 ? LMTP_FINE : LMTP_BAD_ARGS;
}

static enum lmtp_fault read_none(struct lmtp_words *w, struct str args)
{
	(void)w;
	return args.n == 0 ? LMTP_FINE : LMTP_BAD_ARGS;
}

static enum lmtp_fault read_any(struct lmtp_words *w, struct str args)
{
	(void)w;
	(void)args;
	return LMTP_FINE;
}

static const struct {
	const char *name;
	enum lmtp_fault (*read)(struct lmtp_words *w, struct str args);
} verbs[] = {
	[LMTP_LHLO] = { "LHLO", read_some },
	[LMTP_MAIL] = { "MAIL", read_mail },
	[LMTP_RCPT] = { "RCPT", read_rcpt },
	[LMTP_DATA] = { "DATA", read_none },
	[LMTP_BDAT] = { "BDAT", read_bdat },
	[LMTP_RSET] = { "RSET", read_none },
	[LMTP_NOOP] = { "NOOP", read_any  },
	[LMTP_VRFY] = { "VRFY", read_some },
	[LMTP_HELP] = { "HELP", read_any  },
	[LMTP_QUIT] = { "QUIT", read_none },
};

struct lmtp_words lmtp_words_read(struct str line)
{
	struct lmtp_words w = { .verb = LMTP_OTHER, .fault = LMTP_NO_COMMAND };
	struct str name, args;

	while (line.n > 0 && line.p[line.n - 1] == ' ')         /* RFC 5321 4.1.1: trailing space is tolerated */
		line.n--;
	str_cut(line, ' ', &name, &args);
	skip_spaces(&args);
	for (enum lmtp_verb v = 0; v < LMTP_OTHER; v++) {
		if (!str_ieq(name, str_of(verbs[v].name)))
			continue;
		w.verb = v;
		w.fault = verbs[v].read(&w, args);
		break;
	}
	return w;
}

void lmtp_path_plain(struct str path, struct buf *out)
{
	if (path.n == 0 || *path.p != '"') {
		buf_add(out, path);
		return;
	}
	path = str_skip(path, 1);
	while (path.n > 0 && !take_char(&path, '"')) {
		if (*path.p == '\\')
			path = str_skip(path, 1);
		buf_add(out, str_head(path, 1));
		path = str_skip(path, 1);
	}
	buf_add(out, path);
}

bool lmtp_path_is_ascii(struct str path) { return utf8_ascii_run(path) == path.n; }
