/* tests/budget/allocs.c: counts allocations of the process it is preloaded into, for tests that read the count from outside.
 *
 * Each process shares eight octets with the file $ALLOCS_DIR/<pid>: how often it has asked for memory.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

static _Atomic uint64_t  before_main;
static _Atomic uint64_t *count = &before_main;

__attribute__((constructor)) static void count_where_others_see(void)
{
	const char *dir = getenv("ALLOCS_DIR");
	char path[4096];

	if (!dir || snprintf(path, sizeof path, "%s/%d", dir, (int)getpid()) >= (int)sizeof path)
		return;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof *count) != 0)
		return;
	void *shared = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (shared != MAP_FAILED)
		count = shared;
}

void *malloc(size_t n)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t each)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
	return __libc_calloc(n, each);
}

void *realloc(void *p, size_t n)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
	return __libc_realloc(p, n);
}

int posix_memalign(void **p, size_t align, size_t n)
{
	atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
	*p = __libc_memalign(align, n);
	return *p ? 0 : 12;                      /* ENOMEM */
}
