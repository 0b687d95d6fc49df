/* frontend/lmtp/lmtp_replies.c: the words for people, and the codes for their programs (RFC 5321 4.2, RFC 2034, RFC 3463). */
#include "frontend/lmtp/inside.h"

const char *lmtp_fault_reply(enum lmtp_fault fault)
{
	static const char *const words[] = {
		[LMTP_NO_COMMAND] = "500 5.5.1 command not known",
		[LMTP_BAD_ARGS]   = "501 5.5.4 arguments not understood",
		[LMTP_BAD_PATH]   = "501 5.1.3 address not understood",
		[LMTP_BAD_PARAM]  = "555 5.5.4 parameter not known",
		[LMTP_BAD_VALUE]  = "501 5.5.4 parameter not understood",
	};
	return words[fault];
}

struct lmtp_verdict_words lmtp_name_words(enum err err)
{
	switch (err) {
	case OK:         return (struct lmtp_verdict_words){ "250 2.1.5", "goes here" };
	case ERR_ABSENT: return (struct lmtp_verdict_words){ "550 5.1.1", "no such user" };
	case ERR_DENIED: return (struct lmtp_verdict_words){ "550 5.2.1", "is disabled" };
	case ERR_INPUT:  return (struct lmtp_verdict_words){ "553 5.1.3", "is not a name" };
	default:         return (struct lmtp_verdict_words){ "451 4.3.0", "try again later" };
	}
}

/* A 4xx means: it is not there, send it again. ERR_ABSENT is the message lost on the way; ERR_DENIED a user who changed
 * since RCPT, and whose next RCPT will hear why. */
struct lmtp_verdict_words lmtp_fate_words(enum err err, enum config_quota_full full)
{
	switch (err) {
	case OK:          return (struct lmtp_verdict_words){ "250 2.0.0", "delivered" };
	case ERR_QUOTA:   return (struct lmtp_verdict_words){ full == QUOTA_FULL_DEFER ? "452 4.2.2" : "552 5.2.2", "is over quota" };
	case ERR_TOOBIG:  return (struct lmtp_verdict_words){ "552 5.3.4", "message too big" };
	case ERR_NOSPACE: return (struct lmtp_verdict_words){ "452 4.3.1", "no space, try again later" };
	default:          return (struct lmtp_verdict_words){ "451 4.3.0", "not delivered, try again later" };
	}
}
