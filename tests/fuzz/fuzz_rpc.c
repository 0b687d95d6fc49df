/* tests/fuzz/fuzz_rpc.c: what decodes encodes back to the same bytes, for every message; frames read alike at any cut. */
#include <stdint.h>

#include "common/base/must.h"
#include "common/rpc/frame.h"
#include "common/rpc/rpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fields_round_trip(uint16_t no, struct str in)
{
	struct buf again = { 0 }, line = { 0 };
	bool good = rpc_again(&again, no, in);

	must(good == rpc_valid(no, in));
	must(good == rpc_log(&line, no, in));
	must(!good || (rpc_name(no) && str_eq(buf_str(&again), in)));
	buf_fini(&again);
	buf_fini(&line);
}

/* True: the stream is bad. Good frames are written again to `out`. */
static bool read_frames(struct frame_reader *r, struct str in, struct buf *out)
{
	enum frame_got got;
	struct frame f;

	while ((got = frame_next(r, &in, &f)) == FRAME_WHOLE)
		frame_put(out, f.call, f.no, f.fields);
	return got == FRAME_BAD;
}

static void frames_round_trip(size_t cut, struct str in)
{
	struct frame_reader whole = { 0 }, parts = { 0 };
	struct buf one = { 0 }, two = { 0 };

	bool bad = read_frames(&whole, in, &one);
	bool bad_parts = read_frames(&parts, str_head(in, cut), &two) || read_frames(&parts, str_skip(in, cut), &two);
	must(bad == bad_parts && str_eq(buf_str(&one), buf_str(&two)));
	must(str_starts(in, buf_str(&one)));
	frame_reader_fini(&whole);
	frame_reader_fini(&parts);
	buf_fini(&one);
	buf_fini(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };

	if (size < 1)
		return 0;
	fields_round_trip(data[0], str_skip(in, 1));
	frames_round_trip(data[0], str_skip(in, 1));
	return 0;
}
