/* common/mail/date.c: calendar arithmetic, and three grammars over it. */
#include "common/mail/date.h"

#include <string.h>

enum { DAYS_PER_ERA = 146097, DAYS_0000_TO_1970 = 719468 };    /* 400 years; from 0000-03-01 */

static const char month_names[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

struct civil { int year, month, day; };                 /* month 1..12 */
struct clock { int hour, minute, second; };

/* A year is taken to begin in March, so that the leap day is its last. */
static int32_t days_from_civil(struct civil c)
{
	int y = c.year - (c.month <= 2);
	int era = (y >= 0 ? y : y - 399) / 400;
	int of_era = y - era * 400;
	int of_year = (153 * (c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;

	return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_0000_TO_1970;
}

static struct civil civil_from_days(int32_t days)
{
	int z = days + DAYS_0000_TO_1970;
	int era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	int of_era = z - era * DAYS_PER_ERA;
	int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year + year / 4 - year / 100);
	int march = (5 * of_year + 2) / 153;
	int month = march < 10 ? march + 3 : march - 9;

	return (struct civil){ year + era * 400 + (month <= 2), month, of_year - (153 * march + 2) / 5 + 1 };
}

static bool civil_ok(struct civil c)
{
	static const int length[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (c.year % 4 == 0 && c.year % 100 != 0) || c.year % 400 == 0;

	if (c.year > 9999 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > length[c.month - 1])
		return false;
	return c.month != 2 || c.day <= 28 + leap;
}

/* Second 60 is a leap second: the next minute begins. */
static bool clock_ok(struct clock t) { return t.hour <= 23 && t.minute <= 59 && t.second <= 60; }

static int64_t instant(int32_t day, struct clock t, int zone_s)
{
	return (int64_t)day * DATE_DAY_SECONDS + t.hour * 3600 + t.minute * 60 + t.second - zone_s;
}

int32_t date_day_of(int64_t utc_s)
{
	return (int32_t)((utc_s - (utc_s % DATE_DAY_SECONDS < 0 ? DATE_DAY_SECONDS - 1 : 0)) / DATE_DAY_SECONDS);
}

/* Rules: true and moved on, or false and unmoved. */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alpha(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }

static bool take_char(struct str *in, char c)
{
	if (in->n == 0 || in->p[0] != c)
		return false;
	*in = str_skip(*in, 1);
	return true;
}

/* All digits at the front, if they are least..most; most <= 9. */
static bool take_digits(struct str *in, size_t least, size_t most, int *v, size_t *n_digits)
{
	size_t n = 0;

	*v = 0;
	for (; n < in->n && n <= most && is_digit(in->p[n]); n++)
		*v = n < most ? *v * 10 + (in->p[n] - '0') : *v;
	if (n < least || n > most)
		return false;
	*in = str_skip(*in, n);
	*n_digits = n;
	return true;
}

static bool take_2digit(struct str *in, int *v)
{
	size_t n;

	return take_digits(in, 2, 2, v, &n);
}

static struct str take_word(struct str *in)
{
	struct str word = { in->p, 0 };

	while (word.n < in->n && is_alpha(in->p[word.n]))
		word.n++;
	*in = str_skip(*in, word.n);
	return word;
}

static int month_by_name(struct str name)
{
	for (int i = 0; i < 12; i++)
		if (str_ieq(name, (struct str){ month_names[i], 3 }))
			return i + 1;
	return 0;
}

/* "-" date-month "-" date-year: what day forms have in common. */
static bool take_month_year(struct str *in, struct civil *c)
{
	struct str at = *in;
	size_t n;

	if (!take_char(&at, '-'))
		return false;
	c->month = month_by_name(take_word(&at));
	if (c->month == 0 || !take_char(&at, '-') || !take_digits(&at, 4, 4, &c->year, &n) || !civil_ok(*c))
		return false;
	*in = at;
	return true;
}

bool date_day_parse(struct str s, int32_t *day)
{
	struct civil c;
	size_t n;

	if (!take_digits(&s, 1, 2, &c.day, &n) || !take_month_year(&s, &c) || s.n > 0)
		return false;
	*day = days_from_civil(c);
	return true;
}

void date_day_print(struct buf *out, int32_t day)
{
	struct civil c = civil_from_days(day);

	buf_printf(out, "%d-%s-%04d", c.day, month_names[c.month - 1], c.year);
}

static bool take_clock(struct str *in, struct clock *t)
{
	struct str at = *in;

	if (!take_2digit(&at, &t->hour) || !take_char(&at, ':') || !take_2digit(&at, &t->minute) ||
	    !take_char(&at, ':') || !take_2digit(&at, &t->second) || !clock_ok(*t))
		return false;
	*in = at;
	return true;
}

/* ("+" / "-") 4DIGIT, as seconds east of UTC. */
static bool take_zone(struct str *in, int *zone_s)
{
	struct str at = *in;
	bool west = take_char(&at, '-');
	int hours, minutes;
	size_t n;

	if ((!west && !take_char(&at, '+')) || !take_digits(&at, 4, 4, &hours, &n))
		return false;
	minutes = hours % 100;
	hours /= 100;
	if (hours > 23 || minutes > 59)
		return false;
	*zone_s = (hours * 60 + minutes) * (west ? -60 : 60);
	*in = at;
	return true;
}

bool date_time_parse(struct str s, int64_t *utc_s)
{
	struct civil c;
	struct clock t;
	int zone_s;
	size_t n;
	bool padded = take_char(&s, ' ');

	if (!take_digits(&s, padded ? 1 : 2, padded ? 1 : 2, &c.day, &n) || !take_month_year(&s, &c) ||
	    !take_char(&s, ' ') || !take_clock(&s, &t) || !take_char(&s, ' ') || !take_zone(&s, &zone_s) || s.n > 0)
		return false;
	*utc_s = instant(days_from_civil(c), t, zone_s);
	return true;
}

static void put_2digits(char *to, int v)
{
	to[0] = (char)('0' + v / 10);
	to[1] = (char)('0' + v % 10);
}

void date_time_print(struct buf *out, int64_t utc_s)
{
	int32_t day = date_day_of(utc_s);
	struct civil c = civil_from_days(day);
	int s = (int)(utc_s - (int64_t)day * DATE_DAY_SECONDS);

	char *p = buf_grow(out, sizeof "dd-mon-yyyy hh:mm:ss +0000" - 1);
	/* Listings print many: this is no place for printf. */
	put_2digits(p, c.day);
	if (c.day < 10)
		p[0] = ' ';
	p[2] = p[6] = '-';
	memcpy(p + 3, month_names[c.month - 1], 3);
	put_2digits(p + 7, c.year / 100 % 100);
	put_2digits(p + 9, c.year % 100);
	put_2digits(p + 12, s / 3600);
	put_2digits(p + 15, s / 60 % 60);
	put_2digits(p + 18, s % 60);
	p[11] = ' ';
	p[14] = p[17] = ':';
	memcpy(p + 20, " +0000", 6);
}

/* The rest reads Date headers. */

/* Blanks, line ends and nested comments (RFC 5322 3.2.2). A comment that never ends swallows the rest. */
static void skip_cfws(struct str *in)
{
	size_t depth = 0, i = 0;

	for (; i < in->n; i++) {
		char c = in->p[i];
		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0)
			i++;
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n')
			break;
	}
	*in = str_skip(*in, i);
}

/* What separates the fields of a date: blanks, and in real mail commas and hyphens. */
static void skip_between(struct str *in)
{
	skip_cfws(in);
	while (take_char(in, ',') || take_char(in, '-') || take_char(in, '.'))
		skip_cfws(in);
}

/* "June" and "Sept" are met; the first three letters decide. */
static bool take_month(struct str *in, int *month)
{
	struct str at = *in;

	*month = month_by_name(str_head(take_word(&at), 3));
	if (*month == 0)
		return false;
	*in = at;
	skip_between(in);
	return true;
}

/* RFC 5322 4.3: 00..49 are of this century, 50..999 count from 1900. */
static bool take_year(struct str *in, int *year)
{
	size_t n;

	if (!take_digits(in, 2, 4, year, &n))
		return false;
	if (n < 4)
		*year += n == 2 && *year < 50 ? 2000 : 1900;
	skip_between(in);
	return true;
}

/* hour:minute[:second], one digit allowed. */
static bool take_old_clock(struct str *in, struct clock *out)
{
	struct str at = *in;
	struct clock t = { 0, 0, 0 };
	size_t n;

	if (!take_digits(&at, 1, 2, &t.hour, &n))
		return false;
	skip_cfws(&at);
	if (!take_char(&at, ':'))
		return false;
	skip_cfws(&at);
	if (!take_digits(&at, 1, 2, &t.minute, &n))
		return false;
	skip_cfws(&at);
	if (take_char(&at, ':')) {
		skip_cfws(&at);
		if (!take_digits(&at, 1, 2, &t.second, &n))
			return false;
		skip_cfws(&at);
	}
	if (!clock_ok(t))
		return false;
	*in = at;
	*out = t;
	return true;
}

/* Numeric, or one of the names of RFC 5322 4.3; all else means "unknown", that is UTC. */
static int take_old_zone(struct str *in)
{
	static const struct { struct str name; int hours; } zones[] = {
		{ { "EDT", 3 }, -4 }, { { "EST", 3 }, -5 }, { { "CDT", 3 }, -5 }, { { "CST", 3 }, -6 },
		{ { "MDT", 3 }, -6 }, { { "MST", 3 }, -7 }, { { "PDT", 3 }, -7 }, { { "PST", 3 }, -8 },
	};
	int zone_s;

	if (take_zone(in, &zone_s))
		return zone_s;
	struct str name = take_word(in);
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
		if (str_ieq(name, zones[i].name))
			return zones[i].hours * 3600;
	return 0;
}

static bool take_day(struct str *in, int *day)
{
	size_t n;

	if (!take_digits(in, 1, 2, day, &n))
		return false;
	skip_between(in);
	return true;
}

static void skip_weekday(struct str *in)
{
	if (take_word(in).n > 0)
		skip_between(in);
}

/* Month before day ("May 09 2017", asctime) is no date: Dovecot and Cyrus agree that such mail has none. */
bool date_header_parse(struct str value, struct date_header *out)
{
	struct civil c;
	struct clock t = { 0, 0, 0 };                   /* without a clock there is still a day to search for */
	int zone_s = 0;

	skip_cfws(&value);
	skip_weekday(&value);
	if (!take_day(&value, &c.day) || !take_month(&value, &c.month) || !take_year(&value, &c.year) || !civil_ok(c))
		return false;
	if (take_old_clock(&value, &t))
		zone_s = take_old_zone(&value);
	out->day = days_from_civil(c);
	out->utc_s = instant(out->day, t, zone_s);
	return true;
}
