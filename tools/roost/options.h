/* tools/roost/options.h: the command line of `roost`, taken apart.
 *
 * Options may stand anywhere: before the verb, between operands, behind them. "--" ends them. An option means the same
 * for every verb; which verb allows which is said in verbs.c.
 *
 * Owner: the caller, which calls args_fini. Values are borrowed from argv.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

enum option {
	OPT_DIR, OPT_HELP, OPT_VERSION, OPT_JSON,
	OPT_IMAP, OPT_IMAPS, OPT_LMTP, OPT_SHARDS, OPT_FRONTENDS, OPT_HOST,
	OPT_QUOTA, OPT_HASH_COST,
	OPT_MAILBOX, OPT_MBOX, OPT_MAILDIR, OPT_EML,
	OPT_ALL, OPT_STORAGE, OPT_MESSAGES, OPT_MAILBOXES, OPT_CLASS, OPT_SOFT, OPT_GRACE, OPT_WARN, OPT_DELETE, OPT_MOST, OPT_BY, OPT_DRY_RUN,
	OPT_COUNT
};
#define OPT_BIT(o) (1u << (o))

struct option_kind {
	const char *name;          /* without its dashes */
	char        letter;        /* '\0': none */
	bool        many;          /* may be given more than once */
	const char *value;         /* what the help calls its value; NULL: it takes none */
	const char *words;
};
extern const struct option_kind option_kinds[OPT_COUNT];

struct words { const char **at; size_t n; };

struct args {
	struct words operands;             /* the verb's own words first, until that is found */
	struct words given[OPT_COUNT];     /* values in their order; "" for those that take none */
};

/* False: *fault says what is wrong with which argument. */
bool args_parse(struct args *a, int argc, char **argv, struct buf *fault);
void args_fini(struct args *a);
static inline bool args_has(const struct args *a, enum option o) { return a->given[o].n > 0; }
static inline const char *args_value(const struct args *a, enum option o) { return a->given[o].n ? a->given[o].at[0] : NULL; }
/* Bits of the options that were given. */
uint32_t args_bits(const struct args *a);
