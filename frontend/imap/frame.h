/* frontend/imap/frame.h: where a command ends: line ends, literals and limits, nothing else.
 *
 *     for (;;) switch (frame_feed(f, &in)) {
 *     GOT_MORE       all of `in` is used up: wait for more
 *     GOT_COMMAND    frame_bytes() is a whole command (or the rest of one whose literal was streamed), without its
 *                    line end, its literals inside as they came ("{5}\r\nhello"). Then frame_done()
 *     GOT_LITERAL    the command stopped at a literal, f->literal; frame_bytes() is what stands before, "{5}\r\n"
 *                    included. Answer with frame_join, frame_stream or frame_refuse, saying "+" to a client that
 *                    waits (f->literal.sync) only after the first two
 *     GOT_BYTES      part of a streamed literal, lent from `in`: frame_chunk(f, &in, max) takes some of it
 *     GOT_TOO_LONG   the command was beyond the limits, or held a literal that LITERAL- forbids; it has been read away,
 *                    frame_bytes() is only its head (enough to find the tag). Answer BAD [TOOBIG], then frame_done()
 *     GOT_REFUSED    the literal of frame_refuse() has been read away, and the command with it; frame_bytes() as
 *                    above. Answer NO or BAD, then frame_done()
 *     GOT_HOPELESS   a literal that the client sends without asking is larger than we care to read away (RFC 7888 4):
 *                    say BYE [TOOBIG] and close. Comes again for ever
 *     }
 *
 * Owner: the session embeds it; frame_fini forgets everything.
 * Always: what is returned does not depend on where the input was cut. Between commands no memory is held.
 * Never more memory than twice line_bytes + literals_bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/str.h"

enum got { GOT_MORE, GOT_COMMAND, GOT_LITERAL, GOT_BYTES, GOT_TOO_LONG, GOT_REFUSED, GOT_HOPELESS };

struct frame_limits {
	size_t   line_bytes;             /* a command without its literals */
	size_t   literal_bytes;          /* one joined literal */
	size_t   literals_bytes;         /* all joined literals of a command */
	uint64_t skip_bytes;             /* what we read away of a refused literal rather than hang up */
	bool     literal_minus;          /* LITERAL-: unasked literals end at 4096 bytes (RFC 7888 5) */
};

enum {
	FRAME_HEAD_BYTES = 256,          /* what is kept of a command that is read away */
	FRAME_MINUS_BYTES = 4096,        /* RFC 7888 5 */
	FRAME_LITERALS_MAX = 1000,       /* joined literals of a command, each of which costs the caller a look */
};

struct literal {
	uint64_t bytes;                  /* what no number can hold is UINT64_MAX */
	bool     sync;                   /* the client waits for "+" */
	bool     binary;                 /* ~{n}: may hold NULs (RFC 3516 4.4) */
};

enum frame_state {
	FRAME_LINE, FRAME_ASK, FRAME_JOIN, FRAME_STREAM, FRAME_SKIP_LITERAL, FRAME_SKIP_LINE, FRAME_END, FRAME_HOPELESS,
};

struct frame {
	struct buf       cmd;
	struct literal   literal;        /* the one announced last */
	uint64_t         left;           /* of it */
	size_t           joined_bytes;   /* of cmd that are literals */
	uint32_t         n_joined;
	size_t           line_at;        /* where in cmd the line after the last of them starts */
	enum frame_state state;
	enum got         verdict;        /* in FRAME_SKIP_* and FRAME_END: what to say at the end */
	char             tail[32];       /* the end of a line that is read away: it may announce a literal */
	uint8_t          n_tail;
};

/* The limits we start from, before login and after it. */
struct frame_limits frame_limits_of(bool authenticated, bool literal_minus);

void     frame_init(struct frame *f);
void     frame_fini(struct frame *f);
enum got frame_feed(struct frame *f, const struct frame_limits *limits, struct str *in);
struct str frame_bytes(const struct frame *f);               /* dies at the next call */
struct str frame_take(struct frame *f, struct arena *a);     /* frame_bytes copied, then frame_done */
void     frame_done(struct frame *f);                        /* after GOT_COMMAND, GOT_TOO_LONG, GOT_REFUSED: forget it */

/* After GOT_LITERAL, one of: */
bool     frame_join(struct frame *f, const struct frame_limits *limits);   /* false: beyond the limits, nothing done: refuse it */
void     frame_stream(struct frame *f);                      /* forgets the bytes so far: take them before */
void     frame_refuse(struct frame *f, const struct frame_limits *limits); /* also while a literal is streamed, up to its GOT_COMMAND */
/* After GOT_BYTES: at most `max` bytes of the literal, taken from the front of `in`. */
struct str frame_chunk(struct frame *f, struct str *in, size_t max);
