/* tools/roost/mailsource.h: messages from files, one after another: an mbox, a maildir, single files.
 *
 * Every message comes with CRLF at its line ends; a bare LF becomes CRLF, everything else is kept octet for octet.
 *
 * Owner: whoever made it. Memory: the message in hand, and the names in a maildir.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"

struct mail {
	struct buf bytes;
	bool       has_date;
	int64_t    date;             /* UTC seconds: INTERNALDATE */
	uint32_t   system;           /* FLAG_* of flags.h */
	bool       forwarded;        /* the keyword $Forwarded */
};
void mail_fini(struct mail *m);

struct mailsource;

/* NULL: it cannot be read (told). */
struct mailsource *mailsource_mbox(const char *path);         /* From_ lines with a date; ">From " loses its '>' (mboxrd) */
struct mailsource *mailsource_maildir(const char *path);      /* new and cur; flags from the names, dates from the files */
struct mailsource *mailsource_eml(const char *path);          /* one message */
void mailsource_free(struct mailsource **s);

/* The next message. False: there is none left, or reading failed (then mailsource_failed, told). */
bool mailsource_next(struct mailsource *s, struct mail *m);
bool mailsource_failed(const struct mailsource *s);
uint64_t mailsource_total_bytes(const struct mailsource *s);  /* in files; for progress */
uint64_t mailsource_done_bytes(const struct mailsource *s);

/* --- parts of the above, for tests and `deliver` --- */

/* Appends with CRLF for every LF that has no CR before it. */
void     mail_add_crlf(struct buf *out, struct str bytes);
/* "From anna@example.org Mon Nov 23 18:45:13 2026": its date. False: not a From_ line. */
bool     mail_from_line(struct str line, int64_t *date);
/* Flags of a maildir name, "1700000000.M1P2.host:2,FS". */
void     mail_maildir_flags(struct str name, struct mail *m);
