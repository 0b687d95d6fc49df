/* tools/roost/quota.c: looking at quotas: get, top, list. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/roost/run.h"
#include "tools/roost/standing.h"
#include "tools/roost/table.h"
#include "tools/roost/tell.h"

enum { CELL_BYTES = 64, TOP_COUNT = 10 };

/* --- users --------------------------------------------------------------------------------------------------------- */

static json_t *resource_json(const struct standing *s, enum quota_resource r)
{
	return json_pack("{s:I, s:I, s:b}", "used", (json_int_t)s->used.n[r], "limit", (json_int_t)s->quota.limit[r], "own", (int)s->own[r]);
}

static json_t *standing_json(const struct standing *s)
{
	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:I, s:I, s:I, s:b}", "name", s->name, "class", s->class, "own_class", (int)s->own_class,
	                 "storage", resource_json(s, QUOTA_STORAGE), "messages", resource_json(s, QUOTA_MESSAGE),
	                 "mailboxes", resource_json(s, QUOTA_MAILBOX), "soft_percent", (json_int_t)s->quota.soft_percent,
	                 "grace_percent", (json_int_t)s->quota.grace_percent,
	                 "percent", (json_int_t)quota_fullness(&s->quota, &s->used).percent, "known", (int)s->known);
}

static const char *amount_text(enum quota_resource r, uint64_t n, char cell[CELL_BYTES])
{
	if (r == QUOTA_STORAGE)
		snprintf(cell, CELL_BYTES, "%s", table_bytes(n));
	else
		snprintf(cell, CELL_BYTES, "%llu", (unsigned long long)n);
	return cell;
}

/* "1.5 GiB of 2 GiB" */
static const char *share_text(const struct standing *s, enum quota_resource r, char cell[CELL_BYTES])
{
	char used[CELL_BYTES], limit[CELL_BYTES];

	amount_text(r, s->used.n[r], used);
	if (s->quota.limit[r])
		snprintf(cell, CELL_BYTES, "%.24s of %.24s", used, amount_text(r, s->quota.limit[r], limit));
	else
		snprintf(cell, CELL_BYTES, "%s", used);
	return cell;
}

static void print_standings(const struct standings *s, size_t n)
{
	static const char *const heading[] = { "name", "class", "storage", "messages", "mailboxes", "full" };
	struct table t = { 0 };

	table_row(&t, heading, 6);
	for (size_t i = 0; i < n; i++) {
		const struct standing *one = &s->at[i];
		char cells[QUOTA_RESOURCES][CELL_BYTES], percent[16];
		snprintf(percent, sizeof percent, "%u%%", quota_fullness(&one->quota, &one->used).percent);
		const char *row[] = { one->name, one->class, share_text(one, QUOTA_STORAGE, cells[0]), share_text(one, QUOTA_MESSAGE, cells[1]),
		                      share_text(one, QUOTA_MAILBOX, cells[2]), one->known ? percent : "?" };
		table_row(&t, row, 6);
	}
	table_print(&t, stdout);
	table_fini(&t);
}

static void print_json(json_t *what)
{
	json_dumpf(what, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(what);
}

static void show(const struct args *a, const struct standings *s, size_t n)
{
	if (!args_has(a, OPT_JSON)) {
		print_standings(s, n);
		return;
	}
	json_t *all = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, standing_json(&s->at[i]));
	print_json(all);
}

int run_quota_get(const struct args *a)
{
	const char *mask = args_has(a, OPT_ALL) ? "*" : a->operands.n ? a->operands.at[0] : NULL;
	struct standings s = { 0 };

	if (!mask || (args_has(a, OPT_ALL) && a->operands.n)) {
		tell("name a user, or a mask such as '*@example.org', or give -A for everybody");
		return ROOST_USAGE;
	}
	struct client *c = client_open(a);
	int code = c && standings_get(&s, c, mask) ? ROOST_DONE : ROOST_REFUSED;
	if (code == ROOST_DONE)
		show(a, &s, s.n);
	standings_fini(&s);
	client_close(&c);
	return code;
}

/* --- top ------------------------------------------------------------------------------------------------------------ */

static int more_first(uint64_t a, uint64_t b) { return a < b ? 1 : a > b ? -1 : 0; }

static int by_storage(const void *a, const void *b)
{
	return more_first(((const struct standing *)a)->used.n[QUOTA_STORAGE], ((const struct standing *)b)->used.n[QUOTA_STORAGE]);
}

static int by_messages(const void *a, const void *b)
{
	return more_first(((const struct standing *)a)->used.n[QUOTA_MESSAGE], ((const struct standing *)b)->used.n[QUOTA_MESSAGE]);
}

static int by_percent(const void *a, const void *b)
{
	const struct standing *x = a, *y = b;

	return more_first(quota_fullness(&x->quota, &x->used).percent, quota_fullness(&y->quota, &y->used).percent);
}

int run_quota_top(const struct args *a)
{
	static const struct { const char *name; int (*order)(const void *, const void *); } orders[] = {
		{ "storage", by_storage }, { "messages", by_messages }, { "percent", by_percent },
	};
	struct str by = args_has(a, OPT_BY) ? str_of(args_value(a, OPT_BY)) : S("storage");
	int (*order)(const void *, const void *) = NULL;
	uint64_t count = TOP_COUNT;
	struct standings s = { 0 };

	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
		if (str_eq(by, str_of(orders[i].name)))
			order = orders[i].order;
	if (!order || (args_has(a, OPT_MOST) && (!str_u64(str_of(args_value(a, OPT_MOST)), &count) || count == 0))) {
		tell("--by is storage, messages or percent; --count is a number above 0");
		return ROOST_USAGE;
	}
	struct client *c = client_open(a);
	int code = c && standings_get(&s, c, "*") ? ROOST_DONE : ROOST_REFUSED;
	if (s.n)
		qsort(s.at, s.n, sizeof *s.at, order);
	if (code == ROOST_DONE)
		show(a, &s, s.n < count ? s.n : (size_t)count);
	standings_fini(&s);
	client_close(&c);
	return code;
}

/* --- classes and domains -------------------------------------------------------------------------------------------- */

static void take_class(void *ctx, uint16_t no, struct str fields)
{
	json_t *classes = json_object_get(ctx, "classes"), *domains = json_object_get(ctx, "domains");
	struct rpc_class_is k;
	struct rpc_domain_is d;

	if (no == 0) {
		json_array_clear(classes);
		json_array_clear(domains);
	} else if (no == RPC_class_is && rpc_get_class_is(fields, &k)) {
		json_array_append_new(classes, json_pack("{s:s%, s:I, s:I, s:I, s:I, s:I, s:b}", "name", k.name.p, k.name.n,
			"storage", (json_int_t)k.bytes, "messages", (json_int_t)k.messages, "mailboxes", (json_int_t)k.mailboxes,
			"soft_percent", (json_int_t)k.soft_percent, "grace_percent", (json_int_t)k.grace_percent, "warn", (int)k.warn));
	} else if (no == RPC_domain_is && rpc_get_domain_is(fields, &d)) {
		json_array_append_new(domains, json_pack("{s:s%, s:s%}", "domain", d.domain.p, d.domain.n, "class", d.class.p, d.class.n));
	}
}

static long long number_of(const json_t *o, const char *key) { return json_integer_value(json_object_get(o, key)); }
static const char *text_of(const json_t *o, const char *key) { return json_string_value(json_object_get(o, key)); }

static const char *limit_text(const json_t *class, const char *key, enum quota_resource r, char cell[CELL_BYTES])
{
	uint64_t limit = (uint64_t)number_of(class, key);

	return limit ? amount_text(r, limit, cell) : "none";
}

static void print_classes(const json_t *classes)
{
	static const char *const heading[] = { "class", "storage", "messages", "mailboxes", "soft", "grace", "warn" };
	struct table t = { 0 };
	size_t i;
	json_t *k;

	table_row(&t, heading, 7);
	json_array_foreach(classes, i, k) {
		char cells[QUOTA_RESOURCES][CELL_BYTES], soft[16], grace[16];
		snprintf(soft, sizeof soft, "%lld%%", number_of(k, "soft_percent"));
		snprintf(grace, sizeof grace, "%lld%%", number_of(k, "grace_percent"));
		const char *row[] = { text_of(k, "name"), limit_text(k, "storage", QUOTA_STORAGE, cells[0]),
		                      limit_text(k, "messages", QUOTA_MESSAGE, cells[1]), limit_text(k, "mailboxes", QUOTA_MAILBOX, cells[2]),
		                      soft, grace, json_is_true(json_object_get(k, "warn")) ? "on" : "off" };
		table_row(&t, row, 7);
	}
	table_print(&t, stdout);
	table_fini(&t);
}

static void print_domains(const json_t *domains)
{
	static const char *const heading[] = { "domain", "class" };
	struct table t = { 0 };
	size_t i;
	json_t *d;

	table_row(&t, heading, 2);
	json_array_foreach(domains, i, d) {
		const char *row[] = { text_of(d, "domain"), text_of(d, "class") };
		table_row(&t, row, 2);
	}
	if (i > 0) {
		putchar('\n');
		table_print(&t, stdout);
	}
	table_fini(&t);
}

int run_quota_list(const struct args *a)
{
	struct client *c = client_open(a);
	struct door *d = c ? client_directory(c) : NULL;
	json_t *all = json_pack("{s:[], s:[]}", "classes", "domains");
	struct buf fields = { 0 };
	enum err err = d ? door_ask(d, RPC_class_list, &fields, take_class, all) : OK;
	int code = d && err == OK ? ROOST_DONE : ROOST_REFUSED;

	if (err != OK)
		tell("%s", tell_err(err));
	if (code == ROOST_DONE && args_has(a, OPT_JSON)) {
		print_json(json_incref(all));
	} else if (code == ROOST_DONE) {
		print_classes(json_object_get(all, "classes"));
		print_domains(json_object_get(all, "domains"));
	}
	json_decref(all);
	client_close(&c);
	return code;
}
