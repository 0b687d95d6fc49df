/* common/mail/quota.h: how much a user may keep, how much they do keep, and whether more fits.
 *
 * Three resources (RFC 9208 5): bytes as clients see them, messages, mailboxes. A limit of 0 is no limit.
 * Pure functions; sums that no number can hold count as full.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum quota_resource { QUOTA_STORAGE, QUOTA_MESSAGE, QUOTA_MAILBOX, QUOTA_RESOURCES };

struct usage { uint64_t n[QUOTA_RESOURCES]; };
struct quota {
	uint64_t limit[QUOTA_RESOURCES];
	uint32_t soft_percent;       /* of a limit: from here on the user is warned; 0: never */
	uint32_t grace_percent;      /* beyond a limit: for mail that comes in */
	uint32_t warn;               /* 1: a letter tells them, too, when mail that comes in takes them there */
};
/* Of a user for whom nothing was said. */
static const struct quota QUOTA_INITIAL = { .soft_percent = 90, .grace_percent = 10 };
enum { QUOTA_GRACE_MOST = 1000 };

bool quota_eq(const struct quota *a, const struct quota *b);
/* Is there room for `more`? A resource of which nothing comes is not looked at: who has too much of one may still add of the others.
 * incoming: with grace. */
bool quota_fits(const struct quota *q, const struct usage *used, const struct usage *more, bool incoming);
/* Bytes that surely fit, if they come in a few messages; UINT64_MAX: any number. */
uint64_t quota_room(const struct quota *q, const struct usage *used);

/* Of the limited resource that is the fullest; 0 percent when nothing is limited. */
struct fullness { enum quota_resource which; uint32_t percent; };
struct fullness quota_fullness(const struct quota *q, const struct usage *used);
bool quota_is_soft(const struct quota *q, const struct usage *used);   /* at or above the soft limit */

const char *quota_resource_name(enum quota_resource r);        /* "STORAGE": as in IMAP */
const char *quota_resource_words(enum quota_resource r);       /* "storage": as people say it */
