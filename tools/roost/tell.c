/* tools/roost/tell.c: complaints, and the words for each kind of failure. */
#include "tools/roost/tell.h"

#include <stdarg.h>
#include <stdio.h>

void tell(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("roost: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

const char *tell_err(enum err e)
{
	static const char *const words[ERR_COUNT] = {
		[OK]          = "done",
		[ERR_ABSENT]  = "there is no such user or mailbox",
		[ERR_EXISTS]  = "the name is taken",
		[ERR_QUOTA]   = "the user's quota is full; raise it with `roost user quota`, or delete mail",
		[ERR_DENIED]  = "the service does not allow it",
		[ERR_INPUT]   = "the service does not accept this name or value",
		[ERR_BUSY]    = "the service is busy; try again",
		[ERR_MOVED]   = "the user has just moved; try again",
		[ERR_UNKNOWN] = "the service went away in the middle: it is unknown whether this was done; look, then try again",
		[ERR_CORRUPT] = "stored bytes are damaged; see the service's log",
		[ERR_NOSPACE] = "the disk is full; make room and try again",
		[ERR_IO]      = "the disk failed; see the service's log",
		[ERR_LIMIT]   = "a limit of the service is reached",
		[ERR_TOOBIG]  = "the message is larger than max_message_bytes in roost.conf",
		[ERR_EXPIRED] = "the permission ran out; try again",
		[ERR_CANNOT]  = "the rules of mailboxes forbid it",
		[ERR_CTE]     = "the message's transfer encoding is unknown",
	};

	return (unsigned)e < ERR_COUNT && words[e] ? words[e] : "it failed; see the service's log";
}
