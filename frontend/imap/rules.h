/* frontend/imap/rules.h: the small rules of RFC 9051 section 9 that commands are made of.
 *
 * Each is true and moved on, or false and unmoved. They are silent: who knows what was expected says so,
 * `return take_x(g) || wrong(g, "expected an x")`.
 * What they give lends from the command's bytes or lies in g->arena.
 */
#pragma once

#include "frontend/imap/args.h"
#include "frontend/imap/grammar.h"

bool wrong(struct grammar *g, const char *error);            /* sets g->error; false */

bool take_char(struct grammar *g, char c);
bool take_space(struct grammar *g);                          /* also sets the error */
bool at_end(const struct grammar *g);
bool next_is(const struct grammar *g, char c);

bool take_atom(struct grammar *g, struct str *out);
bool take_label(struct grammar *g, struct str *out);         /* letters, digits, '-', '_', '.': our keywords */
bool take_keyword(struct grammar *g, struct str word);       /* a label that is this word */
bool take_string(struct grammar *g, struct str *out);        /* quoted or literal */
bool take_nstring(struct grammar *g, struct str *out);       /* NIL gives empty */
bool take_astring(struct grammar *g, struct str *out);
bool take_list_mailbox(struct grammar *g, struct str *out);  /* an astring that may hold wildcards */
bool take_mailbox(struct grammar *g, struct str *out);       /* SP mailbox; sets the error */

bool take_number(struct grammar *g, uint64_t max, uint64_t *out);      /* 0..max */
bool take_nz_number(struct grammar *g, uint64_t max, uint64_t *out);   /* 1..max, no leading zeros */
#define NUMBER64_MAX ((uint64_t)INT64_MAX)                   /* number64, mod-sequences: 63 bits */

bool take_set(struct grammar *g, struct seqset *out);        /* sequence-set, "$" included */
bool take_spaced_set(struct grammar *g, struct seqset *out); /* SP sequence-set; sets the error */
bool take_flags(struct grammar *g, struct flag_list *out);   /* flag *(SP flag); sets the error */
bool take_flag_list(struct grammar *g, struct flag_list *out);         /* "(" [flags] ")"; sets the error */

/* A word out of a table to its bit or number. */
struct word { struct str word; uint32_t value; };
bool take_word(struct grammar *g, const struct word *words, size_t n, uint32_t *value);
#define TAKE_WORD(g, table, value) take_word(g, table, sizeof (table) / sizeof *(table), value)

/* A list in the arena that holds n items, or its copy, with room for one more; doubles as it fills, so all of it is linear. */
void *list_room(struct arena *a, void *list, size_t n, size_t item_bytes);
void  strs_add(struct arena *a, struct str **list, size_t *n, struct str s);
