/* tools/load/peers_target.c: words become a target; a report becomes a number. */
#include "tools/load/peers_target.h"

#include <stdlib.h>

static const struct { struct str name; const char *section; const char *key; } metrics[] = {
	/* in plans           section of a report; NULL: of the operation    its key there */
	{ S("per_second"), NULL,     "per_second" },
	{ S("mean_us"),    NULL,     "mean_us" },
	{ S("p50_us"),     NULL,     "p50_us" },
	{ S("p90_us"),     NULL,     "p90_us" },
	{ S("p99_us"),     NULL,     "p99_us" },
	{ S("p99_9_us"),   NULL,     "p99_9_us" },
	{ S("max_us"),     NULL,     "max_us" },
	{ S("cpu_us"),     "server", "cpu_us_per_round" },
	{ S("bytes_each"), "memory", "bytes_each" },
	{ S("opened_per_second"), "opening", "per_second" },
};
enum { METRICS = sizeof metrics / sizeof *metrics };

static size_t metric_find(struct str name)
{
	size_t i = 0;

	while (i < METRICS && !str_eq(metrics[i].name, name))
		i++;
	return i;
}

bool peers_metric_parse(struct peers_metric *m, struct str text)
{
	struct str operation, key;

	if (!str_cut(text, '.', &operation, &key)) {
		key = text;
		operation = S("round");
	}
	*m = (struct peers_metric){ operation, key };
	return operation.n > 0 && metric_find(key) < METRICS;
}

void peers_metric_write(const struct peers_metric *m, struct buf *out)
{
	if (!str_eq(m->operation, S("round")))
		buf_printf(out, "%.*s.", STR_ARG(m->operation));
	buf_add(out, m->key);
}

bool peers_metric_is_more_better(const struct peers_metric *m)
{
	return str_ends(m->key, S("per_second"));
}

bool peers_metric_of(const struct peers_metric *m, const json_t *report, double *out)
{
	size_t i = metric_find(m->key);
	const json_t *section = metrics[i].section ? json_object_get(report, metrics[i].section)
		: json_object_getn(json_object_get(report, "operations"), m->operation.p, m->operation.n);
	const json_t *value = json_object_get(section, metrics[i].key);

	if (!json_is_number(value) || json_number_value(value) <= 0)
		return false;                   /* a zero was not measured, and has no ratio to anything */
	*out = json_number_value(value);
	return true;
}

static struct str take_word(struct str *text)
{
	struct str word;

	*text = str_trim(*text);
	str_cut(*text, ' ', &word, text);
	return word;
}

/* Digits, at most with a point among them. */
static bool to_number(struct str word, double *out)
{
	char digits[32];
	char *end;

	if (word.n == 0 || word.n >= sizeof digits)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] != '.' && (word.p[i] < '0' || word.p[i] > '9'))
			return false;
		digits[i] = word.p[i];
	}
	digits[word.n] = '\0';
	*out = strtod(digits, &end);
	return *end == '\0' && *out > 0;
}

bool peers_target_parse(struct peers_target *t, struct str text)
{
	struct str rest = text, word;

	*t = (struct peers_target){ .text = text };
	if (!peers_metric_parse(&t->metric, take_word(&rest)))
		return false;
	word = take_word(&rest);
	bool at_most = str_eq(word, S("<="));
	if (at_most)
		word = take_word(&rest);
	if (!to_number(word, &t->number))
		return false;
	t->kind = TARGET_LIMIT;
	if (at_most && str_trim(rest).n == 0)
		return true;
	t->kind = at_most ? TARGET_OWN : TARGET_RATIO;
	if (!str_eq(take_word(&rest), S("x")))
		return false;
	t->than = take_word(&rest);
	return t->than.n > 0 && str_trim(rest).n == 0;
}
