/* common/base/config_keys.h: the keys of roost.conf: what each holds, its limits, default and words.
 *
 * Only the config's own files include it. The table is the one place that lists keys; reading,
 * defaults, suggestions and the file `roost init` writes all come from it.
 */
#pragma once

#include "common/base/config.h"

enum config_kind {
	KIND_TEXT,       /* char *           */
	KIND_LIST,       /* struct config_list of words */
	KIND_LISTENERS,  /* struct config_list of addresses */
	KIND_COUNT,      /* unsigned         */
	KIND_BYTES,      /* uint64_t         */
	KIND_MS,         /* uint64_t         */
	KIND_CHOICE,     /* an enum, by its names in order */
	KIND_TLS,        /* a section, any number of times */
};

struct config_key {
	const char      *name;
	enum config_kind kind;
	size_t           at;              /* offset in struct config */
	uint64_t         least, most;
	const char      *initial;         /* as it would be written; NULL: empty */
	const char *const *choices;       /* ends with NULL */
	const char      *words;           /* for people, above the key in the file; may hold newlines */
};

extern const struct config_key config_keys[];
extern const size_t config_n_keys;

static inline void *config_field(const struct config *c, const struct config_key *k)
{
	return (char *)c + k->at;
}

/* A number as the file would have it: "64KiB", "30s", "4". */
void config_show(struct buf *out, enum config_kind kind, uint64_t v);

/* One statement of the file, found before libconfuse sees it: libconfuse gives up at the first error,
 * so it is given one statement at a time. */
struct config_statement {
	struct str name;       /* its key */
	struct str body;       /* of a section, what stands between the braces; else empty */
	struct str all;        /* from the key to the end of the value */
	unsigned   line;
	const char *fault;     /* NULL, or what is wrong with its form */
};

struct config_scan { struct str rest; unsigned line; };
/* False: there is none left. After a faulty statement the scan goes on in the next line. */
bool config_scan_next(struct config_scan *s, struct config_statement *out);
