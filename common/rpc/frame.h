/* common/rpc/frame.h: where one message ends and the next begins.
 *
 * u32 length of what follows, u32 call id, u16 message number, then the fields. What a frame lends lies in the
 * caller's bytes if it came whole, else in the reader; it dies at the next frame_next.
 *
 * Owner: the connection; zero-initialised is a valid reader. Holds memory only while a frame is incomplete.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/str.h"

enum { FRAME_HEAD_BYTES = 10 };

struct frame { uint32_t call; uint16_t no; struct str fields; };
struct frame_reader { struct buf part; bool lent; };

/* FRAME_BAD: too short or longer than RPC_FRAME_MAX; nothing more can be read from this peer. */
enum frame_got { FRAME_WHOLE, FRAME_MORE, FRAME_BAD };
/* Takes one frame from the front of `in`; FRAME_MORE has kept what was left of it. */
enum frame_got frame_next(struct frame_reader *r, struct str *in, struct frame *out);
void frame_reader_fini(struct frame_reader *r);

void frame_put(struct buf *out, uint32_t call, uint16_t no, struct str fields);
/* The head alone: the fields follow it at once. */
struct str frame_head(char head[FRAME_HEAD_BYTES], uint32_t call, uint16_t no, size_t fields_bytes);
