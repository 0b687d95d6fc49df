/* tools/roost/status.c: `roost status`: what the supervisor knows of each process, and what each says of itself. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/roost/client.h"
#include "tools/roost/run.h"
#include "tools/roost/table.h"
#include "tools/roost/tell.h"

#define ANSWER_SOON_MS 2000

static void take_status(void *ctx, uint16_t no, struct str fields)
{
	struct rpc_status_is m;
	json_t **out = ctx;

	if (no == RPC_status_is && rpc_get_status_is(fields, &m)) {
		json_decref(*out);
		*out = json_loadb(m.json.p, m.json.n, 0, NULL);
	}
}

static bool has_socket(const struct client *c, const char *name)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/sock/%s", client_dir(c), name);
	buf_addc(&path, '\0');
	bool there = access(path.p, F_OK) == 0;
	buf_fini(&path);
	return there;
}

/* NULL: it does not answer. The caller owns it. */
static json_t *ask_status(struct client *c, const char *socket)
{
	struct door *d = client_door(c, socket, ANSWER_SOON_MS);
	struct buf fields = { 0 };
	json_t *said = NULL;

	if (d)
		door_call(d, RPC_status, &fields, take_status, &said);
	return said;
}

/* It gains "says": its own words, or null. A frontend without a door for such questions is well when it is ready. */
static bool ask_process(struct client *c, json_t *p)
{
	const char *socket = json_string_value(json_object_get(p, "socket"));
	bool ready = strcmp(json_string_value(json_object_get(p, "state")), "ready") == 0;
	bool mute = ready && !has_socket(c, socket);
	json_t *said = ready && !mute ? ask_status(c, socket) : NULL;

	json_object_set_new(p, "says", said ? said : json_null());
	return said || mute;
}

/* False: not all are well. */
static bool ask_all(struct client *c, json_t *processes)
{
	size_t i;
	json_t *p;
	bool all = true;

	json_array_foreach(processes, i, p)
		all &= ask_process(c, p);
	return all;
}

static void uptime_text(char text[24], long long ms)
{
	long long s = ms / 1000;

	if (s >= 86400)
		snprintf(text, 24, "%lldd %lldh", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		snprintf(text, 24, "%lldh %lldm", s / 3600, s / 60 % 60);
	else
		snprintf(text, 24, "%lldm %llds", s / 60, s % 60);
}

/* "key=value ..." of the plain values; what is nested is for --json, except the loop's lag. */
static void plain_words(struct buf *out, const json_t *says)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)says, key, value) {
		const json_t *worst = json_object_get(value, "max");
		const char *space = out->n ? " " : "";
		if (json_is_integer(value))
			buf_printf(out, "%s%s=%lld", space, key, (long long)json_integer_value(value));
		else if (json_is_integer(worst))
			buf_printf(out, "%s%s.max=%lld", space, key, (long long)json_integer_value(worst));
	}
	if (json_is_null(says))
		buf_addc(out, '-');
	buf_addc(out, '\0');
}

static void add_row(struct table *t, const json_t *p)
{
	char pid[24], uptime[24], restarts[24];
	struct buf words = { 0 };
	const json_t *says = json_object_get(p, "says");

	snprintf(pid, sizeof pid, "%lld", (long long)json_integer_value(json_object_get(p, "pid")));
	snprintf(restarts, sizeof restarts, "%lld", (long long)json_integer_value(json_object_get(p, "restarts")));
	uptime_text(uptime, json_integer_value(json_object_get(p, "uptime_ms")));
	plain_words(&words, says);
	const char *row[] = { json_string_value(json_object_get(p, "name")), json_string_value(json_object_get(p, "state")),
	                      pid, uptime, restarts, words.p };
	table_row(t, row, 6);
	buf_fini(&words);
}

static void print_table(const json_t *status)
{
	static const char *const heading[] = { "process", "state", "pid", "uptime", "restarts", "says" };
	struct table t = { 0 };
	size_t i;
	json_t *p;

	table_row(&t, heading, 6);
	json_array_foreach(json_object_get(status, "processes"), i, p)
		add_row(&t, p);
	table_print(&t, stdout);
	table_fini(&t);
}

int run_status(const struct args *a)
{
	struct client *c = client_open(a);
	json_t *status = c ? ask_status(c, "supervisor") : NULL;
	bool well = false;

	if (c && !status)
		tell("the supervisor does not answer; look at its log");
	if (status) {
		well = ask_all(c, json_object_get(status, "processes"));
		if (args_has(a, OPT_JSON)) {
			json_dumpf(status, stdout, JSON_INDENT(2));
			putchar('\n');
		} else {
			print_table(status);
		}
	}
	json_decref(status);
	client_close(&c);
	return well ? ROOST_DONE : ROOST_REFUSED;
}
