/* tools/roost/user.c: one user at a time: add, list, show, passwd, quota, admin, del, disable, enable. */
#include <jansson.h>
#include <stdio.h>

#include "common/base/config.h"
#include "common/mail/date.h"
#include "tools/roost/client.h"
#include "tools/roost/password.h"
#include "tools/roost/run.h"
#include "tools/roost/table.h"
#include "tools/roost/tell.h"
#include "tools/roost/user_options.h"

/* Tells what went wrong with which user. */
static int user_code(enum err err, const char *name)
{
	if (err == OK)
		return ROOST_DONE;
	if (err == ERR_ABSENT)
		tell("there is no user \"%s\"; `roost user list` shows who there is", name);
	else if (err == ERR_EXISTS)
		tell("there is a user \"%s\" already; `roost user passwd` changes the password", name);
	else if (err == ERR_INPUT)
		tell("\"%s\" is not a user name (local or local@domain), or the password is empty", name);
	else
		tell("%s: %s", name, tell_err(err));
	return ROOST_REFUSED;
}

/* One call to the directory: fn NULL for a change, else a read. Takes the fields. */
static int ask_directory(const struct args *a, uint16_t no, struct buf *fields, answer_fn *fn, void *ctx)
{
	struct client *c = client_open(a);
	struct door *d = c ? client_directory(c) : NULL;
	const char *name = a->operands.n ? a->operands.at[0] : "";
	int code = d ? user_code((fn ? door_ask : door_call)(d, no, fields, fn, ctx), name) : ROOST_REFUSED;

	buf_fini(fields);
	client_close(&c);
	return code;
}

int run_user_add(const struct args *a)
{
	struct rpc_user_add m = { .name = str_of(a->operands.at[0]) };
	struct buf password = { 0 }, fields = { 0 };

	if (!user_quota(a, &m.quota_bytes) || !user_hash_cost(a, &m.hash_cost))
		return ROOST_USAGE;
	if (!password_read(&password))
		return ROOST_REFUSED;
	m.password = buf_str(&password);
	rpc_put_user_add(&fields, &m);
	int code = ask_directory(a, RPC_user_add, &fields, NULL, NULL);
	password_forget(&password);
	return code;
}

int run_user_passwd(const struct args *a)
{
	struct rpc_user_set m = { .name = str_of(a->operands.at[0]), .what = 1 };
	struct buf password = { 0 }, fields = { 0 };

	if (!user_hash_cost(a, &m.hash_cost))
		return ROOST_USAGE;
	if (!password_read(&password))
		return ROOST_REFUSED;
	m.password = buf_str(&password);
	rpc_put_user_set(&fields, &m);
	int code = ask_directory(a, RPC_user_set, &fields, NULL, NULL);
	password_forget(&password);
	return code;
}

int run_user_quota(const struct args *a)
{
	struct rpc_user_set m = { .name = str_of(a->operands.at[0]), .what = 2 };
	struct buf fields = { 0 };

	if (!config_bytes(str_of(a->operands.at[1]), &m.quota_bytes)) {
		tell("\"%s\" is not a size such as 500MiB", a->operands.at[1]);
		return ROOST_USAGE;
	}
	rpc_put_user_set(&fields, &m);
	return ask_directory(a, RPC_user_set, &fields, NULL, NULL);
}

static int set_disabled(const struct args *a, uint32_t disabled)
{
	struct rpc_user_set m = { .name = str_of(a->operands.at[0]), .what = 4, .disabled = disabled };
	struct buf fields = { 0 };

	rpc_put_user_set(&fields, &m);
	return ask_directory(a, RPC_user_set, &fields, NULL, NULL);
}

int run_user_disable(const struct args *a) { return set_disabled(a, 1); }

int run_user_enable(const struct args *a) { return set_disabled(a, 0); }

int run_user_admin(const struct args *a)
{
	struct rpc_user_set m = { .name = str_of(a->operands.at[0]) };
	struct str on = str_of(a->operands.at[1]);
	struct buf fields = { 0 };

	m.what = str_eq(on, S("on")) ? 8 : str_eq(on, S("off")) ? 16 : 0;
	if (!m.what) {
		tell("\"%s\" is neither on nor off", a->operands.at[1]);
		return ROOST_USAGE;
	}
	rpc_put_user_set(&fields, &m);
	return ask_directory(a, RPC_user_set, &fields, NULL, NULL);
}

int run_user_del(const struct args *a)
{
	struct buf fields = { 0 };

	rpc_put_user_del(&fields, &(struct rpc_user_del){ str_of(a->operands.at[0]) });
	return ask_directory(a, RPC_user_del, &fields, NULL, NULL);
}

/* --- list and show ------------------------------------------------------------------------------------------------ */

static void take_user(void *ctx, uint16_t no, struct str fields)
{
	struct rpc_user_is m;
	struct buf created = { 0 };

	if (no == 0)
		json_array_clear(ctx);
	if (no != RPC_user_is || !rpc_get_user_is(fields, &m))
		return;
	date_time_print(&created, (int64_t)m.created);
	json_array_append_new(ctx, json_pack("{s:s%, s:I, s:I, s:b, s:b, s:s%, s:I, s:I, s:s%}", "name", m.name.p, m.name.n,
	                      "id", (json_int_t)m.user, "shard", (json_int_t)m.shard, "disabled", (int)m.disabled,
	                      "admin", (int)m.admin, "class", m.class.p, m.class.n,
	                      "quota_bytes", (json_int_t)m.quota_bytes, "created", (json_int_t)m.created,
	                      "created_text", created.p, created.n));
	buf_fini(&created);
}

/* name NULL: everybody. The caller owns the array. */
static int fetch_users(const struct args *a, const char *name, json_t *into)
{
	struct buf fields = { 0 };

	rpc_put_user_list(&fields, &(struct rpc_user_list){ str_of(name) });
	return ask_directory(a, RPC_user_list, &fields, take_user, into);
}

static const char *text_of(const json_t *user, const char *key) { return json_string_value(json_object_get(user, key)); }

static long long number_of(const json_t *user, const char *key) { return json_integer_value(json_object_get(user, key)); }

static const char *quota_text(const json_t *user)
{
	long long bytes = number_of(user, "quota_bytes");
	return bytes ? table_bytes((unsigned long long)bytes) : "none";
}

static void print_users(const json_t *users)
{
	static const char *const heading[] = { "name", "state", "quota", "shard", "created" };
	struct table t = { 0 };
	size_t i;
	json_t *user;

	table_row(&t, heading, 5);
	json_array_foreach(users, i, user) {
		char shard[24];
		snprintf(shard, sizeof shard, "%lld", number_of(user, "shard"));
		const char *row[] = { text_of(user, "name"), json_is_true(json_object_get(user, "disabled")) ? "disabled" : "enabled",
		                      quota_text(user), shard, text_of(user, "created_text") };
		table_row(&t, row, 5);
	}
	table_print(&t, stdout);
	table_fini(&t);
}

static void print_json(const json_t *what)
{
	json_dumpf(what, stdout, JSON_INDENT(2));
	putchar('\n');
}

int run_user_list(const struct args *a)
{
	json_t *users = json_array();
	int code = fetch_users(a, NULL, users);

	if (code == ROOST_DONE && args_has(a, OPT_JSON))
		print_json(users);
	else if (code == ROOST_DONE)
		print_users(users);
	json_decref(users);
	return code;
}

int run_user_show(const struct args *a)
{
	json_t *users = json_array();
	int code = fetch_users(a, a->operands.at[0], users);
	const json_t *user = json_array_get(users, 0);

	if (code == ROOST_DONE && !user)
		code = user_code(ERR_ABSENT, a->operands.at[0]);
	else if (code == ROOST_DONE && args_has(a, OPT_JSON))
		print_json(user);
	else if (code == ROOST_DONE)
		print_users(users);
	json_decref(users);
	return code;
}
