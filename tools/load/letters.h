/* tools/load/letters.h: the messages that are sent: realistic, and known by number, so that they can be checked when they come back.
 *
 * Letter n of a seed is the same octets in every run and every process. Each carries "X-Load-Letter: <seed>-<n>", so
 * that whoever reads a mailbox can tell which letter lies under a UID. Their kinds are mixed as in real mailboxes: plain text, HTML
 * alternatives, attachments in base64, forwarded messages, quoted-printable and encoded words, many charsets and scripts.
 *
 * Or letters are taken from a folder of .eml files, letter n being file n modulo their number, with that one field in front.
 *
 * Owner: whoever embeds it. Nothing changes after init, so processes that fork share it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

/* How large letters are. */
struct letter_sizes {
	size_t least, most;              /* equal: all have exactly this size (at least LETTER_LEAST_BYTES) */
	bool   mail_like;                /* most are small, few are large, as in real mail; else evenly between */
};

enum { LETTER_LEAST_BYTES = 1024 };

struct letters;
struct letters *letters_new(uint32_t seed, struct letter_sizes sizes);
/* NULL: no message there that ends its lines with CRLF after repair, or unreadable; told on stderr. Files over 64 MiB are left out. */
struct letters *letters_of_folder(const char *folder, uint32_t seed);
void            letters_free(struct letters **l);

/* Appends the whole letter, lines ended with CRLF, ending in CRLF; never a line of more than 998 octets in made letters. */
void     letters_write(const struct letters *l, uint32_t n, struct buf *out);
size_t   letters_bytes(const struct letters *l, uint32_t n);
uint64_t letters_hash(const struct letters *l, uint32_t n);        /* xxh3 of its octets */
/* A word that stands in the text of every `one_in`-th letter (after decoding), and in none of the others; and one of subjects. */
struct str letters_body_word(unsigned one_in);
struct str letters_subject_word(unsigned one_in);
bool     letters_has_word(const struct letters *l, uint32_t n, unsigned one_in);
/* The number in an "X-Load-Letter" field of this seed within a header; false: it has none. */
bool     letters_number(const struct letters *l, struct str header, uint32_t *n);
