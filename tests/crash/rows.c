/* tests/crash/rows.c: prints every row of an index, a line each: user table a b c value. The index must not be in use. */
#include <stdio.h>

#include "storaged/db/db.h"

static enum err print_row(void *ctx, struct row_key k, struct str value)
{
	(void)ctx;
	printf("%u %u %llu %llu %u ", k.user, k.table, (unsigned long long)k.a, (unsigned long long)k.b, k.c);
	for (size_t i = 0; i < value.n; i++)
		printf("%02x", (unsigned char)value.p[i]);
	putchar('\n');
	return OK;
}

int main(int argc, char **argv)
{
	struct db *db;
	struct lsn at;

	if (argc != 2 || db_open(&db, argv[1], 64ull << 30, &at) != OK)
		return 1;
	struct db_reader *r = db_reader_new(db);
	enum err err = r ? db_reader_all(r, print_row, NULL) : ERR_IO;
	db_reader_free(&r);
	db_close(&db);
	return err == OK ? 0 : 1;
}
