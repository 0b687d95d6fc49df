/* storaged/directory/classes.h: named quotas, and the domains whose people have them.
 *
 * There is always a class "default", for who has no other. A domain whose class was taken back stays, with none, since its people are
 * to be told. Tens of classes, some thousands of domains: both are found by halving.
 *
 * Owner: the people, whose facts change it. What is lent lives until the next fact.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/rd.h"
#include "common/base/str.h"
#include "common/mail/quota.h"

enum { CLASS_NAME_BYTES = 64, CLASSES_MAX = 1000, CLASS_DOMAINS_MAX = 10000 };

struct class {
	char        *name;
	struct quota quota;
	uint64_t     changed;              /* LSN of the fact */
	bool         by_config;            /* nobody set it: it is what the configuration says */
};
struct class_domain {
	char    *name, *class;             /* canonical; class "": none */
	uint64_t changed;
};
struct classes {
	struct class        *at;           /* ascending by name; the first facts make "default" */
	struct class_domain *domains;      /* ascending by name */
	size_t n, n_domains;
};

void classes_init(struct classes *c);                                          /* "default" as it is in the beginning */
void classes_fini(struct classes *c);
bool class_name_ok(struct str name);                                           /* letters of lower case, digits, "-_." */
const struct class *classes_find(const struct classes *c, struct str name);    /* NULL: none */
const struct class_domain *classes_domain(const struct classes *c, struct str domain);
/* Does some domain have it? */
bool classes_in_domain(const struct classes *c, struct str name);

void classes_set(struct classes *c, struct str name, const struct quota *q, bool by_config, uint64_t lsn);
void classes_del(struct classes *c, struct str name);
void classes_set_domain(struct classes *c, struct str domain, struct str class, uint64_t lsn);

/* All of it as one row, and back. False: malformed. */
void classes_pack(struct buf *out, const struct classes *c);
bool classes_unpack(struct classes *c, struct str row);
