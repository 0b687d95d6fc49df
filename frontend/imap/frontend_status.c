/* frontend/imap/frontend_status.c: how this process is doing, in numbers. */
#include "frontend/imap/cmd.h"
#include "frontend/net/conn.h"

struct census { unsigned all, tls, idle, selected; };

static struct census count_sessions(const struct frontend *f)
{
	struct census n = { 0 };

	for (const struct session *s = f->sessions; s; s = s->next) {
		n.all++;
		n.tls += conn_is_tls(s->conn);
		n.idle += s->cmd && s->cmd->command->start == idle_start;
		n.selected += s->mailbox != NULL;
	}
	return n;
}

static json_t *commands_json(const struct frontend_counts *counts)
{
	json_t *by_name = json_object();
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		if (counts->commands[i])
			json_object_set_new(by_name, c->name, json_integer((json_int_t)counts->commands[i]));
	return by_name;
}

void frontend_status(const struct frontend *f, json_t *status)
{
	struct census n = count_sessions(f);
	const struct frontend_counts *counts = &f->counts;
	json_t *mine = json_pack("{s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:o}", "sessions", (int)n.all,
	                         "plain", (int)(n.all - n.tls), "tls", (int)n.tls, "idle", (int)n.idle, "selected", (int)n.selected,
	                         "connections", (json_int_t)counts->connections, "logins", (json_int_t)counts->logins,
	                         "login_failures", (json_int_t)counts->login_failures, "bytes_in", (json_int_t)counts->bytes_in,
	                         "bytes_out", (json_int_t)counts->bytes_out, "commands", commands_json(counts));

	json_object_update(status, mine);
	json_decref(mine);
}
