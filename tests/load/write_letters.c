/* tests/load/write_letters.c: write_letters FOLDER COUNT LEAST MOST: letters 1 to COUNT of seed 1, mail-like sizes, a file each. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/must.h"
#include "tools/load/letters.h"

static void write_file(const char *folder, uint32_t n, struct str octets)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%u.eml", folder, n);
	buf_addc(&path, '\0');
	FILE *f = fopen(path.p, "w");
	must(f && fwrite(octets.p, 1, octets.n, f) == octets.n);
	must(fclose(f) == 0);
	buf_fini(&path);
}

int main(int argc, char **argv)
{
	uint64_t count, least, most;
	struct buf letter = { 0 };

	if (argc != 5 || !str_u64(str_of(argv[2]), &count) || !str_u64(str_of(argv[3]), &least) || !str_u64(str_of(argv[4]), &most))
		return 2;
	struct letters *l = letters_new(1, (struct letter_sizes){ least, most, true });
	for (uint32_t n = 1; n <= count; n++) {
		buf_reset(&letter);
		letters_write(l, n, &letter);
		write_file(argv[1], n, buf_str(&letter));
	}
	letters_free(&l);
	buf_fini(&letter);
	return 0;
}
