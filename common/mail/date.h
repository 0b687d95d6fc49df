/* common/mail/date.h: the dates of IMAP and of message headers, by arithmetic alone.
 *
 * No locale, no time zone of the host: an instant is int64 seconds since 1970 in UTC, a calendar day
 * is int32 days since 1970-01-01 (proleptic Gregorian). Years 0..9999. Parsers take borrowed bytes;
 * false leaves *out untouched.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

enum { DATE_DAY_SECONDS = 86400 };

/* IMAP date-time without its quotes, strictly RFC 9051 section 9: "17-Jul-1996 02:44:25 -0700", " 1-Feb-...". */
bool    date_time_parse(struct str s, int64_t *utc_s);
void    date_time_print(struct buf *out, int64_t utc_s);     /* always +0000; without quotes */
/* IMAP date without its quotes: "1-Feb-1994", "01-Feb-1994". */
bool    date_day_parse(struct str s, int32_t *day);
void    date_day_print(struct buf *out, int32_t day);        /* "1-Feb-1994" */
int32_t date_day_of(int64_t utc_s);                          /* the UTC day an instant falls on */

/* A Date header's value, liberally (RFC 5322 3.3 and 4.3): comments, folding, no weekday, no seconds,
 * old zones, years of 2 or 3 digits. `day` is the day as written, because SENTON and its kin
 * disregard time and zone (RFC 9051 6.4.4). */
struct date_header { int64_t utc_s; int32_t day; };
bool    date_header_parse(struct str value, struct date_header *out);
