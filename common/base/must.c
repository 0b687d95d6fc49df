/* common/base/must.c: how a broken promise ends the process, with its place named. */
#include "common/base/must.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void must_fail(const char *expr, const char *file, int line)
{
	fprintf(stderr, "must fail=\"%s\" at=%s:%d\n", expr, file, line);
	fflush(stderr);
	abort();
}

void *mem_new(unsigned long bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);

	must(p != NULL);
	return p;
}

void *mem_resize(void *p, unsigned long bytes)
{
	if (bytes == 0) {
		free(p);
		return NULL;
	}
	p = realloc(p, bytes);
	must(p != NULL);
	return p;
}

/* glibc raises this threshold with each large buffer that is freed, and from then on keeps such buffers: ten uploads
 * would leave a process several times its size for good. */
void mem_give_back(void) { (void)mallopt(M_MMAP_THRESHOLD, 128 * 1024); }
