/* frontend/imap/commands.c: every command we speak, where it is allowed, and what it may tell at its end. */
#include <assert.h>

#include "frontend/imap/cmd.h"

static const struct command commands[] = {
	/* name             allowed in    parse               first step           */
	{ "CAPABILITY",     IN_ANY,       parse_none,         capability_start,    CMD_GONE },
	{ "NOOP",           IN_ANY,       parse_none,         noop_start,          CMD_ASKS | CMD_GONE },
	{ "LOGOUT",         IN_ANY,       parse_none,         logout_start,        CMD_GONE },
	{ "ID",             IN_ANY,       parse_id,           id_start,            CMD_GONE },
	{ "STARTTLS",       IN_LOGIN,     parse_none,         starttls_start,      0 },
	{ "AUTHENTICATE",   IN_LOGIN,     parse_authenticate, authenticate_start,  0 },
	{ "LOGIN",          IN_LOGIN,     parse_login,        login_start,         0 },
	{ "ENABLE",         IN_AUTHED,    parse_enable,       enable_start,        0 },
	{ "SELECT",         IN_USER,      parse_select,       select_start,        CMD_GONE | CMD_FRESH },
	{ "EXAMINE",        IN_USER,      parse_select,       examine_start,       CMD_GONE | CMD_FRESH },
	{ "CREATE",         IN_USER,      parse_create,       create_start,        CMD_GONE },
	{ "DELETE",         IN_USER,      parse_mailbox,      delete_start,        CMD_GONE },
	{ "RENAME",         IN_USER,      parse_rename,       rename_start,        CMD_GONE },
	{ "SUBSCRIBE",      IN_USER,      parse_mailbox,      subscribe_start,     CMD_GONE },
	{ "UNSUBSCRIBE",    IN_USER,      parse_mailbox,      unsubscribe_start,   CMD_GONE },
	{ "LIST",           IN_USER,      parse_list,         list_start,          CMD_GONE },
	{ "LSUB",           IN_USER,      parse_lsub,         lsub_start,          CMD_GONE },
	{ "NAMESPACE",      IN_USER,      parse_none,         namespace_start,     CMD_GONE },
	{ "STATUS",         IN_USER,      parse_status,       status_start,        CMD_GONE },
	{ "GETQUOTA",       IN_USER,      parse_getquota,     getquota_start,      CMD_GONE },
	{ "SETQUOTA",       IN_USER,      parse_setquota,     setquota_start,      CMD_GONE },
	{ "GETQUOTAROOT",   IN_USER,      parse_mailbox,      getquotaroot_start,  CMD_GONE },
	{ "APPEND",         IN_USER,      parse_append,       append_start,        CMD_GONE },
	{ "IDLE",           IN_USER,      parse_none,         idle_start,          CMD_ASKS | CMD_GONE },
	{ "CHECK",          IN_SELECTED,  parse_none,         check_start,         CMD_ASKS },
	{ "CLOSE",          IN_SELECTED,  parse_none,         close_start,         CMD_GONE },
	{ "UNSELECT",       IN_SELECTED,  parse_none,         unselect_start,      CMD_GONE },
	{ "EXPUNGE",        IN_SELECTED,  parse_expunge,      expunge_start,       CMD_ASKS },
	{ "UID EXPUNGE",    IN_SELECTED,  parse_expunge,      expunge_start,       CMD_ASKS },
	{ "SEARCH",         IN_SELECTED,  parse_search,       search_start,        CMD_HOLDS },
	{ "UID SEARCH",     IN_SELECTED,  parse_search,       search_start,        0 },
	{ "FETCH",          IN_SELECTED,  parse_fetch,        fetch_start,         CMD_HOLDS },
	{ "UID FETCH",      IN_SELECTED,  parse_fetch,        fetch_start,         0 },
	{ "STORE",          IN_SELECTED,  parse_store,        store_start,         CMD_HOLDS },
	{ "UID STORE",      IN_SELECTED,  parse_store,        store_start,         0 },
	{ "COPY",           IN_SELECTED,  parse_copy,         copy_start,          0 },
	{ "UID COPY",       IN_SELECTED,  parse_copy,         copy_start,          0 },
	{ "MOVE",           IN_SELECTED,  parse_copy,         move_start,          CMD_ASKS },
	{ "UID MOVE",       IN_SELECTED,  parse_copy,         move_start,          CMD_ASKS },
};

enum { COMMANDS = sizeof commands / sizeof *commands };
static_assert(sizeof commands / sizeof *commands <= FRONTEND_COMMANDS_MAX, "counts of all commands fit");

const struct command *command_at(size_t number) { return number < COMMANDS ? &commands[number] : NULL; }

size_t command_number(const struct command *c) { return (size_t)(c - commands); }

const struct command *command_find(struct str name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (str_ieq(name, str_of(commands[i].name)))
			return &commands[i];
	return NULL;
}
