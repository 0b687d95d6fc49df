/* frontend/imap/cmd_any.c: the commands that need no mailbox: CAPABILITY NOOP LOGOUT ID ENABLE NAMESPACE STARTTLS. */
#include "frontend/imap/cmd.h"

#include "common/base/log.h"
#include "frontend/net/conn.h"

enum step capability_start(struct cmd *c)
{
	struct say_capabilities caps;

	session_capabilities(c->session, &caps);
	say_capability_line(session_out(c->session), &caps);
	return cmd_end(c, OK);
}

enum step noop_start(struct cmd *c) { return cmd_end(c, OK); }

enum step logout_start(struct cmd *c)
{
	session_unselect(c->session);
	say_line(session_out(c->session), SAY_UNTAGGED, SAY_BYE, NULL, "see you");
	c->after = session_hang_up;
	return cmd_end(c, OK);
}

enum step id_start(struct cmd *c)
{
	say_id(session_out(c->session), ROOST_VERSION);
	return cmd_end(c, OK);
}

enum step namespace_start(struct cmd *c)
{
	say_namespace(session_out(c->session));
	return cmd_end(c, OK);
}

/* QRESYNC brings CONDSTORE with it (RFC 7162 3.2.3). */
enum step enable_start(struct cmd *c)
{
	const struct enable_args *a = c->args;
	struct session *s = c->session;
	struct buf words = { 0 };

	for (size_t i = 0; i < a->n; i++) {
		if (str_ieq(a->names[i], S("CONDSTORE")))
			s->condstore = true;
		else if (str_ieq(a->names[i], S("QRESYNC")))
			s->qresync = s->condstore = true;
		else if (str_ieq(a->names[i], S("IMAP4rev2")))
			s->rev2 = true;
		else
			continue;
		buf_printf(&words, "%s%.*s", words.n ? " " : "", STR_ARG(a->names[i]));
	}
	say_enabled(session_out(s), buf_str(&words));
	buf_fini(&words);
	return cmd_end(c, OK);
}

enum step starttls_start(struct cmd *c)
{
	struct session *s = c->session;

	if (!s->frontend->tls || conn_is_tls(s->conn))
		return cmd_end_bad(c, "TLS cannot be started");
	c->after = session_starttls;
	return cmd_end_text(c, OK, NULL, "begin TLS");
}
