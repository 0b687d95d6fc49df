/* common/base/config.c: statements become fields; every fault becomes a line. */
#include "common/base/config.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/address.h"
#include "common/base/config_keys.h"
#include "common/base/must.h"

#define FILE_BYTES_MAX (1024 * 1024)

/* One reading of one text. What it quotes goes through LOG_S, so that a fault stays a line. */
struct load {
	struct config *c;
	const char    *dir;
	struct buf    *errors;
	unsigned      *seen_line;       /* by key; 0: not yet */
	unsigned       line;            /* of the statement in hand */
	bool           failed;
};

static void fault(struct load *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void fault(struct load *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_printf(f->errors, "roost.conf:%u: ", f->line);
	buf_vprintf(f->errors, fmt, ap);
	buf_addc(f->errors, '\n');
	va_end(ap);
	f->failed = true;
}

struct unit { struct str name; uint64_t size; };

/* "12" and a unit; a bare number counts in units[0]. */
static bool number_with_unit(struct str text, const struct unit *units, size_t n_units, uint64_t *out)
{
	size_t digits = 0;
	uint64_t number;

	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (!str_u64(str_head(text, digits), &number))
		return false;
	struct str unit = str_trim(str_skip(text, digits));
	for (size_t i = 0; i < n_units; i++)
		if (unit.n == 0 || str_ieq(unit, units[i].name))
			return !__builtin_mul_overflow(number, units[i].size, out);
	return false;
}

bool config_bytes(struct str text, uint64_t *out)
{
	static const struct unit units[] = {
		{ S("B"), 1 }, { S("KiB"), 1ull << 10 }, { S("MiB"), 1ull << 20 }, { S("GiB"), 1ull << 30 }, { S("TiB"), 1ull << 40 },
	};
	uint64_t v;

	if (!number_with_unit(text, units, sizeof units / sizeof *units, &v))
		return false;
	*out = v;
	return true;
}

bool config_ms(struct str text, uint64_t *out)
{
	static const struct unit units[] = {
		{ S("ms"), 1 }, { S("s"), 1000 }, { S("m"), 60000 }, { S("h"), 3600000 }, { S("d"), 86400000 },
	};
	uint64_t v;

	if (!number_with_unit(text, units, sizeof units / sizeof *units, &v))
		return false;
	*out = v;
	return true;
}

void config_list_add(struct config_list *l, struct str item)
{
	l->at = mem_resize(l->at, (l->n + 1) * sizeof *l->at);
	l->at[l->n++] = str_heap_z(item);
}

static void list_fini(struct config_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->at[i]);
	free(l->at);
	*l = (struct config_list){ NULL, 0 };
}

void config_tls_add(struct config *c, struct str cert, struct str key)
{
	c->tls = mem_resize(c->tls, (c->n_tls + 1) * sizeof *c->tls);
	c->tls[c->n_tls++] = (struct config_tls){ str_heap_z(cert), str_heap_z(key) };
}

static bool set_number(struct config *c, const struct config_key *k, struct str text)
{
	uint64_t v;
	bool ok = k->kind == KIND_BYTES ? config_bytes(text, &v) : k->kind == KIND_MS ? config_ms(text, &v) : str_u64(text, &v);

	if (!ok || v < k->least || v > k->most)
		return false;
	if (k->kind == KIND_COUNT)
		*(unsigned *)config_field(c, k) = (unsigned)v;
	else
		*(uint64_t *)config_field(c, k) = v;
	return true;
}

static bool set_choice(struct config *c, const struct config_key *k, struct str text)
{
	for (unsigned i = 0; k->choices[i]; i++) {
		if (str_ieq(text, str_of(k->choices[i]))) {
			*(unsigned *)config_field(c, k) = i;
			return true;
		}
	}
	return false;
}

static void set_text(struct config *c, const struct config_key *k, struct str text)
{
	char **field = config_field(c, k);

	free(*field);
	*field = str_heap_z(text);
}

static void load_number(struct load *f, const struct config_key *k, struct str text)
{
	static const char *const forms[] = {
		[KIND_COUNT] = "a number", [KIND_BYTES] = "a size such as 64KiB", [KIND_MS] = "a duration such as 30s",
	};

	if (set_number(f->c, k, text))
		return;
	struct buf range = { 0 };
	config_show(&range, k->kind, k->least);
	buf_add(&range, S(" and "));
	config_show(&range, k->kind, k->most);
	fault(f, "%s: %s is not %s between %.*s", k->name, LOG_S(text), forms[k->kind], STR_ARG(buf_str(&range)));
	buf_fini(&range);
}

static void load_choice(struct load *f, const struct config_key *k, struct str text)
{
	struct buf names = { 0 };

	if (set_choice(f->c, k, text))
		return;
	for (unsigned i = 0; k->choices[i]; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", k->choices[i]);
	fault(f, "%s: %s is none of %.*s", k->name, LOG_S(text), STR_ARG(buf_str(&names)));
	buf_fini(&names);
}

static void load_list(struct load *f, const struct config_key *k, cfg_t *cfg)
{
	struct config_list *list = config_field(f->c, k);
	struct address a;

	for (unsigned i = 0; i < cfg_size(cfg, k->name); i++) {
		struct str item = str_of(cfg_getnstr(cfg, k->name, i));
		if (k->kind == KIND_LISTENERS && !address_parse(&a, item))
			fault(f, "%s: %s is not ADDR:PORT, [V6]:PORT or unix:PATH", k->name, LOG_S(item));
		else if (item.n == 0)
			fault(f, "%s: an empty word", k->name);
		else
			config_list_add(list, item);
	}
}

static void add_path(struct buf *out, const char *dir, struct str path)
{
	if (!str_starts(path, S("/")))
		buf_printf(out, "%s/", dir);
	buf_add(out, path);
}

static void load_tls(struct load *f, const struct config_key *k, cfg_t *cfg)
{
	cfg_t *section = cfg_getnsec(cfg, k->name, 0);
	struct str cert = str_of(cfg_getstr(section, "cert")), key = str_of(cfg_getstr(section, "key"));
	struct buf cert_path = { 0 }, key_path = { 0 };

	if (cert.n == 0 || key.n == 0) {
		fault(f, "%s: needs both cert and key", k->name);
		return;
	}
	add_path(&cert_path, f->dir, cert);
	add_path(&key_path, f->dir, key);
	config_tls_add(f->c, buf_str(&cert_path), buf_str(&key_path));
	buf_fini(&cert_path);
	buf_fini(&key_path);
}

static void load_value(struct load *f, const struct config_key *k, cfg_t *cfg)
{
	switch (k->kind) {
	case KIND_TEXT:
		set_text(f->c, k, str_of(cfg_getstr(cfg, k->name)));
		break;
	case KIND_LIST:
	case KIND_LISTENERS:
		load_list(f, k, cfg);
		break;
	case KIND_COUNT:
	case KIND_BYTES:
	case KIND_MS:
		load_number(f, k, str_of(cfg_getstr(cfg, k->name)));
		break;
	case KIND_CHOICE:
		load_choice(f, k, str_of(cfg_getstr(cfg, k->name)));
		break;
	case KIND_TLS:
		load_tls(f, k, cfg);
		break;
	}
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Letters to add, drop or change until a is b (Levenshtein). */
static size_t edit_distance(struct str a, struct str b)
{
	size_t row[64];

	if (b.n >= sizeof row / sizeof *row)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t changed = diagonal + (ascii_lower(a.p[i - 1]) != ascii_lower(b.p[j - 1]));
			diagonal = row[j];
			row[j] = least(changed, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[b.n];
}

struct guess { struct str wrong; const char *best; size_t distance; };

static void guess_look(struct guess *g, const char *name)
{
	size_t d = edit_distance(g->wrong, str_of(name));

	if (d < g->distance) {
		g->distance = d;
		g->best = name;
	}
}

static void fault_unknown(struct load *f, struct guess *g)
{
	if (g->best)
		fault(f, "unknown key %s: did you mean \"%s\"?", LOG_S(g->wrong), g->best);
	else
		fault(f, "unknown key %s", LOG_S(g->wrong));
}

/* A key this far from all we know is no slip of the finger. */
static struct guess guess_begin(struct str wrong)
{
	return (struct guess){ wrong, NULL, wrong.n / 3 + 2 };
}

static const struct config_key *key_find(struct load *f, struct str name)
{
	struct guess g = guess_begin(name);

	for (size_t i = 0; i < config_n_keys; i++) {
		if (str_eq(name, str_of(config_keys[i].name)))
			return &config_keys[i];
		guess_look(&g, config_keys[i].name);
	}
	fault_unknown(f, &g);
	return NULL;
}

/* The keys inside tls { }. False: reported. */
static bool tls_keys_known(struct load *f, const struct config_statement *section)
{
	struct config_scan scan = { section->body, section->line };
	struct config_statement st;
	bool ok = true;

	for (const char *p = section->all.p; p < section->body.p; p++)
		scan.line += *p == '\n';
	while (config_scan_next(&scan, &st)) {
		f->line = st.line;
		struct guess g = guess_begin(st.name);
		if (st.fault) {
			fault(f, "%s", st.fault);
		} else if (!str_eq(st.name, S("cert")) && !str_eq(st.name, S("key"))) {
			guess_look(&g, "cert");
			guess_look(&g, "key");
			fault_unknown(f, &g);
		} else {
			continue;
		}
		ok = false;
	}
	f->line = section->line;
	return ok;
}

/* Its words speak of tokens, and go to stderr unless somebody takes them; ours name the key. */
static void on_confuse_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	(void)cfg;
	(void)fmt;
	(void)ap;
}

/* The statement is whole and its key known: libconfuse unquotes its values. */
static void load_statement(struct load *f, const struct config_key *k, struct str text)
{
	cfg_opt_t tls[] = { CFG_STR("cert", NULL, CFGF_NONE), CFG_STR("key", NULL, CFGF_NONE), CFG_END() };
	cfg_opt_t section = CFG_SEC(k->name, tls, CFGF_MULTI), list = CFG_STR_LIST(k->name, NULL, CFGF_NONE);
	cfg_opt_t one = CFG_STR(k->name, NULL, CFGF_NONE);
	bool is_list = k->kind == KIND_LIST || k->kind == KIND_LISTENERS;
	cfg_opt_t opts[] = { k->kind == KIND_TLS ? section : is_list ? list : one, CFG_END() };
	char *z = str_heap_z(text);
	cfg_t *cfg = cfg_init(opts, CFGF_NONE);

	must(cfg != NULL);
	cfg_set_error_function(cfg, on_confuse_error);
	if (cfg_parse_buf(cfg, z) != CFG_SUCCESS)
		fault(f, "%s: malformed value", k->name);
	else
		load_value(f, k, cfg);
	cfg_free(cfg);
	free(z);
}

static void take_statement(struct load *f, const struct config_statement *st)
{
	f->line = st->line;
	if (st->fault) {
		fault(f, "%s", st->fault);
		return;
	}
	const struct config_key *k = key_find(f, st->name);
	if (!k)
		return;
	unsigned *seen = &f->seen_line[k - config_keys];
	if (k->kind == KIND_TLS && !st->body.p)
		fault(f, "%s: should be %s { cert = ... key = ... }", k->name, k->name);
	else if (k->kind != KIND_TLS && st->body.p)
		fault(f, "%s: '=' should follow the key", k->name);
	else if (k->kind != KIND_TLS && *seen)
		fault(f, "%s: stands in line %u already", k->name, *seen);
	else if (k->kind != KIND_TLS || tls_keys_known(f, st))
		load_statement(f, k, st->all);
	*seen = st->line;
}

void config_init(struct config *c)
{
	memset(c, 0, sizeof *c);
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];
		if (k->kind == KIND_TEXT)
			set_text(c, k, str_of(k->initial));
		else if (k->kind == KIND_CHOICE)
			must(set_choice(c, k, str_of(k->initial)));
		else if (k->initial)
			must(set_number(c, k, str_of(k->initial)));
	}
}

void config_fini(struct config *c)
{
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];
		if (k->kind == KIND_TEXT)
			free(*(char **)config_field(c, k));
		else if (k->kind == KIND_LIST || k->kind == KIND_LISTENERS)
			list_fini(config_field(c, k));
	}
	for (size_t i = 0; i < c->n_tls; i++) {
		free(c->tls[i].cert);
		free(c->tls[i].key);
	}
	free(c->tls);
	memset(c, 0, sizeof *c);
}

bool config_parse(struct config *c, const char *dir, struct str text, struct buf *errors)
{
	struct load f = { .c = c, .dir = dir, .errors = errors, .line = 1 };
	struct config_scan scan = { text, 1 };
	struct config_statement st;

	config_init(c);
	if (text.n && memchr(text.p, '\0', text.n)) {
		fault(&f, "a NUL byte: this is not a text file");
		return false;
	}
	f.seen_line = mem_new(config_n_keys * sizeof *f.seen_line);
	while (config_scan_next(&scan, &st))
		take_statement(&f, &st);
	free(f.seen_line);
	c->segment_bytes &= ~(uint64_t)4095;      /* the journal writes whole blocks */
	return !f.failed;
}

bool config_load(struct config *c, const char *dir, struct buf *errors)
{
	struct buf path = { 0 }, text = { 0 };
	size_t n = 0;

	buf_printf(&path, "%s/roost.conf", dir);
	buf_addc(&path, '\0');
	FILE *file = fopen(path.p, "re");
	if (file) {
		n = fread(buf_grow(&text, FILE_BYTES_MAX), 1, FILE_BYTES_MAX, file);
		text.n = n;
	}
	bool ok = file && !ferror(file) && n < FILE_BYTES_MAX;
	if (ok) {
		ok = config_parse(c, dir, buf_str(&text), errors);
	} else {
		buf_printf(errors, "%s: %s\n", path.p, file && n == FILE_BYTES_MAX ? "too large" : strerror(errno));
		config_init(c);
	}
	if (file)
		fclose(file);
	buf_fini(&path);
	buf_fini(&text);
	return ok;
}
