/* tools/load/kinds.c: one function a kind, one row each. */
#include "tools/load/kinds.h"

#include "common/base/must.h"

#define MIXED   "=_load_mixed"
#define EITHER  "=_load_either"
#define RELATED "=_load_related"
#define REPORT  "=_load_report"

#define PART(boundary) "--" boundary "\r\n"
#define LAST(boundary) "--" boundary "--\r\n"

enum { TEXT_BYTES_MOST = 6 << 10, LARGE = 192 << 10, ALL_PERCENT = 100 };

/* The part that says little ends here, so that the next one has the rest. */
static size_t share(const struct draft *d, size_t until, unsigned one_of, size_t most)
{
	size_t room = (until - d->out->n) / one_of;

	return d->out->n + (room < most ? room : most);
}

/* What holds parts with 8-bit text says so (RFC 2045 6.4). */
static void begin_multipart(struct draft *d, struct str type)
{
	draft_add(d, type);
	draft_add(d, d->voice->cte == CTE_8BIT ? S("\r\nContent-Transfer-Encoding: 8bit\r\n\r\n") : S("\r\n\r\n"));
}

static void write_plain(struct draft *d, size_t until)
{
	draft_add_words(d, DRAFT_TEXT, true, until);
}

static void write_reply(struct draft *d, size_t until)
{
	draft_add_words(d, DRAFT_REPLY, true, until);
}

static void write_newsletter(struct draft *d, size_t until)
{
	begin_multipart(d, S("Content-Type: multipart/alternative; boundary=\"" EITHER "\""));
	until -= sizeof LAST(EITHER);
	draft_add(d, S(PART(EITHER)));
	draft_add_words(d, DRAFT_TEXT, true, share(d, until, 3, SIZE_MAX));
	draft_add(d, S(PART(EITHER)));
	draft_add_words(d, DRAFT_PAGE, false, until);
	draft_add(d, S(LAST(EITHER)));
}

static void write_document(struct draft *d, size_t until)
{
	begin_multipart(d, S("Content-Type: multipart/mixed; boundary=\"" MIXED "\""));
	until -= sizeof LAST(MIXED);
	draft_add(d, S(PART(MIXED)));
	draft_add_words(d, DRAFT_TEXT, true, share(d, until, 3, TEXT_BYTES_MOST));
	draft_add(d, S(PART(MIXED) "Content-Type: application/pdf; name*=utf-8''Rechnung%20f%C3%BCr%20M%C3%A4rz.pdf\r\n"
	               "Content-Disposition: attachment; filename*=utf-8''Rechnung%20f%C3%BCr%20M%C3%A4rz.pdf\r\n"
	               "Content-Transfer-Encoding: base64\r\n\r\n"));
	draft_add_noise(d, S("JVBERi0xLjQK"), until);                          /* %PDF-1.4 */
	draft_add(d, S(LAST(MIXED)));
}

static void write_photo(struct draft *d, size_t until)
{
	begin_multipart(d, S("Content-Type: multipart/related; type=\"text/html\"; boundary=\"" RELATED "\""));
	until -= sizeof LAST(RELATED);
	draft_add(d, S(PART(RELATED)));
	draft_add_words(d, DRAFT_PAGE, true, share(d, until, 3, TEXT_BYTES_MOST));
	draft_add(d, S(PART(RELATED) "Content-Type: image/jpeg; name=\"lake.jpg\"\r\nContent-ID: <photo@load.example>\r\n"
	               "Content-Disposition: inline; filename=\"lake.jpg\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"));
	draft_add_noise(d, S("/9j/4AAQSkZJRgABAQ"), until);                    /* JFIF */
	draft_add(d, S(LAST(RELATED)));
}

static void begin_message(struct draft *d)
{
	begin_multipart(d, S(PART(MIXED) "Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=\"forwarded.eml\""));
	draft_add(d, S("From: "));
	draft_add_name(d);
	draft_add(d, S("\r\nTo: "));
	draft_add_name(d);
	draft_add(d, S("\r\nSubject: "));
	draft_add_subject(d);
	draft_add(d, S("\r\nDate: "));
	draft_add_date(d);
	draft_add(d, S("\r\nMessage-ID: <inner-"));
	draft_add_number(d, dice_roll(&d->dice));
	draft_add(d, S("@load.example>\r\nMIME-Version: 1.0\r\n"));
}

static void write_forward(struct draft *d, size_t until)
{
	begin_multipart(d, S("Content-Type: multipart/mixed; boundary=\"" MIXED "\""));
	until -= sizeof LAST(MIXED);
	draft_add(d, S(PART(MIXED)));
	draft_add_words(d, DRAFT_TEXT, true, share(d, until, 4, TEXT_BYTES_MOST));
	begin_message(d);
	write_newsletter(d, until);
	draft_add(d, S(LAST(MIXED)));
}

static void write_invitation(struct draft *d, size_t until)
{
	begin_multipart(d, S("Content-Type: multipart/alternative; boundary=\"" EITHER "\""));
	until -= sizeof LAST(EITHER) + 512;                                    /* the calendar part is shorter */
	draft_add(d, S(PART(EITHER)));
	draft_add_words(d, DRAFT_TEXT, true, until);
	draft_add(d, S(PART(EITHER) "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
	               "BEGIN:VCALENDAR\r\nPRODID:-//load.example//EN\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:"));
	draft_add_number(d, dice_roll(&d->dice));
	draft_add(d, S("@load.example\r\nDTSTAMP:20240301T090000Z\r\nDTSTART:20240304T100000Z\r\nDTEND:20240304T110000Z\r\n"
	               "ORGANIZER:mailto:ada@load.example\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bob@load.example\r\n"
	               "SUMMARY:Harbour\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n" LAST(EITHER)));
}

/* A delivery status notification (RFC 3464). */
static void write_report(struct draft *d, size_t until)
{
	begin_multipart(d, S("Content-Type: multipart/report; report-type=delivery-status; boundary=\"" REPORT "\""));
	until -= sizeof LAST(REPORT) + 640;                                    /* the other two parts are shorter */
	draft_add(d, S(PART(REPORT)));
	draft_add_words(d, DRAFT_TEXT, true, until);
	draft_add(d, S(PART(REPORT) "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.load.example\r\n\r\n"
	               "Final-Recipient: rfc822; nobody"));
	draft_add_number(d, d->n);
	draft_add(d, S("@load.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
	               PART(REPORT) "Content-Type: text/rfc822-headers\r\n\r\nFrom: "));
	draft_add_name(d);
	draft_add(d, S("\r\nSubject: "));
	draft_add_subject(d);
	draft_add(d, S("\r\n" LAST(REPORT)));
}

enum fields { FIELDS_FEW, FIELDS_THREAD, FIELDS_LIST };

static const struct kind {
	unsigned    percent;
	size_t      least, most;              /* letters of other sizes are not of this kind */
	const char *before_subject;
	enum fields fields;
	void      (*write)(struct draft *d, size_t until);
} kinds[] = {
	{ 36, 0,       LARGE,    "",       FIELDS_FEW,    write_plain },     /* the first one fits where others do not */
	{ 29, 3 << 10, LARGE,    "",       FIELDS_LIST,   write_newsletter },
	{ 14, 3 << 10, LARGE,    "Re: ",   FIELDS_THREAD, write_reply },
	{ 6,  3 << 10, SIZE_MAX, "",       FIELDS_FEW,    write_photo },
	{ 4,  4 << 10, LARGE,    "Fwd: ",  FIELDS_FEW,    write_forward },
	{ 3,  3 << 10, LARGE,    "",       FIELDS_FEW,    write_invitation },
	{ 2,  3 << 10, LARGE,    "Undelivered: ", FIELDS_THREAD, write_report },
	{ 6,  3 << 10, SIZE_MAX, "",       FIELDS_FEW,    write_document },  /* the last one fits the large ones */
};

static const struct kind *kind_pick(struct draft *d)
{
	size_t bytes = d->end - d->begin;
	uint32_t at = dice_below(&d->dice, ALL_PERCENT);
	const struct kind *k = kinds, *last = kinds + sizeof kinds / sizeof *kinds - 1;

	while (k < last && at >= k->percent)
		at -= k++->percent;
	return bytes < k->least ? kinds : bytes > k->most ? last : k;
}

static void add_received(struct draft *d)
{
	draft_add(d, S("Received: from mx"));
	draft_add_number(d, dice_below(&d->dice, 9));
	draft_add(d, S(".load.example (mx.load.example [192.0.2.7])\r\n\tby mail.load.example with ESMTPS id "));
	draft_add_number(d, dice_roll(&d->dice));
	draft_add(d, S(";\r\n\t"));
	draft_add_date(d);
	draft_add(d, S("\r\n"));
}

/* Of the two letters before, which a client threads it under. */
static void add_thread(struct draft *d)
{
	draft_add(d, S("In-Reply-To: "));
	draft_add_id(d, d->n - 1);
	draft_add(d, S("\r\nReferences: "));
	draft_add_id(d, d->n - 2);
	draft_add(d, S("\r\n "));
	draft_add_id(d, d->n - 1);
	draft_add(d, S("\r\n"));
}

static void add_list(struct draft *d)
{
	draft_add(d, S("List-Id: News of the harbour <news.load.example>\r\nList-Unsubscribe: <https://load.example/leave?who="));
	draft_add_number(d, dice_below(&d->dice, 1000000));
	draft_add(d, S(">\r\nPrecedence: bulk\r\n"));
}

static void add_subject_field(struct draft *d, const struct kind *k)
{
	draft_add(d, S("Subject: "));
	draft_add(d, str_of(k->before_subject));
	draft_add_subject(d);
	draft_add(d, S("\r\n "));
	draft_add_known(d, true);
	buf_addc(d->out, '(');
	draft_add_number(d, d->n);
	draft_add(d, S(")\r\n"));
}

static void add_people(struct draft *d)
{
	draft_add(d, S("From: "));
	draft_add_name(d);
	draft_add(d, S("\r\nTo: "));
	draft_add_name(d);
	if (!d->small && dice_below(&d->dice, 3) == 0) {
		draft_add(d, S(",\r\n "));
		draft_add_name(d);
		draft_add(d, S("\r\nCc: "));
		draft_add_name(d);
	}
	draft_add(d, S("\r\n"));
}

static void add_head(struct draft *d, const struct kind *k)
{
	if (!d->small)
		add_received(d);
	add_people(d);
	add_subject_field(d, k);
	draft_add(d, S("Date: "));
	draft_add_date(d);
	draft_add(d, S("\r\nMessage-ID: "));
	draft_add_id(d, d->n);
	draft_add(d, S("\r\n"));
	if (k->fields == FIELDS_THREAD)
		add_thread(d);
	if (k->fields == FIELDS_LIST)
		add_list(d);
	d->fill_at = d->out->n;
	draft_add(d, S("MIME-Version: 1.0\r\n"));
}

void kind_write(struct draft *d)
{
	const struct kind *k = kind_pick(d);

	add_head(d, k);
	must(d->out->n + DRAFT_REST + KIND_FILL_LEAST <= d->end);
	k->write(d, d->end - KIND_FILL_LEAST);
	must(d->out->n + KIND_FILL_LEAST <= d->end);
}
