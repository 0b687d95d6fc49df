/* tools/load/letters.h: the messages that are sent: realistic, and known by number, so that they can be checked when they come back.
 *
 * Letter n of a seed is the same octets in every run, process and machine. Each begins with "X-Load-Letter: SEED-N", so
 * that whoever reads a mailbox can tell which letter lies under a UID. Their kinds are mixed as in real mailboxes: plain text, HTML
 * alternatives, attachments in base64, forwarded messages, quoted-printable and encoded words, many charsets and scripts.
 * Made letters have "Message-ID: <SEED-N@load.example>", header fields in ASCII, and no line that begins with a dot or is
 * longer than 998 octets. Making one costs about as much as hashing it, so nothing is kept.
 *
 * Or letters are taken from a folder of .eml files, letter n being file n modulo their number, with that one field in front.
 *
 * Owner: whoever asked for it. Nothing changes after it was made, so processes that fork share it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

/* How large letters are. */
struct letter_sizes {
	size_t least, most;              /* equal: all have exactly this size */
	bool   mail_like;                /* most are some KiB, few are large, as in real mail; else evenly between */
};

enum { LETTER_BYTES_LEAST = 1024, LETTER_BYTES_MOST = 256 << 20, LETTER_FILE_BYTES_MAX = 64 << 20 };

struct letters;
/* least is at least LETTER_BYTES_LEAST, most at least that and at most LETTER_BYTES_MOST. */
struct letters *letters_new(uint32_t seed, struct letter_sizes sizes);
/* Lines are repaired to end with CRLF. NULL: unreadable, or no message in it; told on stderr. */
struct letters *letters_of_folder(const char *folder, uint32_t seed);
void            letters_free(struct letters **l);
uint32_t        letters_files(const struct letters *l);            /* in its folder; 0: letters are made */

/* Appends the whole letter, lines ended with CRLF, ending in CRLF. */
void     letters_write(const struct letters *l, uint32_t n, struct buf *out);
size_t   letters_bytes(const struct letters *l, uint32_t n);
uint64_t letters_hash(const struct letters *l, uint32_t n);        /* sum64 of its octets */

/* A word that stands in the text of the letters whose number `one_in` divides, and in none of the others; the same of subjects.
 * one_in is 3, 10, 100, 1000 or 10000. Letters of a folder have none of them, unless by chance. */
struct str letters_body_word(unsigned one_in);
struct str letters_subject_word(unsigned one_in);
bool       letters_has_word(const struct letters *l, uint32_t n, unsigned one_in);
/* Its text is in ASCII or UTF-8, the charsets every server knows. */
bool       letters_is_unicode(const struct letters *l, uint32_t n);
/* The number in the first "X-Load-Letter" field of this seed within some header fields; false: there is none. */
bool       letters_number(const struct letters *l, struct str header, uint32_t *n);
