/* tests/fuzz/fuzz_config.c: any text loads or is refused, a line for each fault, and what loads
 * survives being written and loaded again. */
#include <string.h>

#include "common/base/config.h"
#include "common/base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_lines(struct str errors)
{
	struct str line;

	must(errors.n == 0 || str_ends(errors, S("\n")));
	while (str_cut(errors, '\n', &line, &errors))
		must(str_starts(line, S("roost.conf:")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct config c, again;
	struct buf errors = { 0 }, one = { 0 }, two = { 0 };
	bool ok = config_parse(&c, "/srv", (struct str){ (const char *)data, n }, &errors);

	must(ok == (errors.n == 0));
	check_lines(buf_str(&errors));
	config_write(&c, &one);                   /* of a refused text: the fields that were right */
	must(config_parse(&again, "/srv", buf_str(&one), &errors));
	config_write(&again, &two);
	must(str_eq(buf_str(&one), buf_str(&two)));
	config_fini(&c);
	config_fini(&again);
	buf_fini(&errors);
	buf_fini(&one);
	buf_fini(&two);
	return 0;
}
