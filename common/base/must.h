/* common/base/must.h: what we promised ourselves. Always compiled in; never for what arrived. */
#pragma once

#define must(x) ((x) ? (void)0 : must_fail(#x, __FILE__, __LINE__))

_Noreturn void must_fail(const char *expr, const char *file, int line);

/* Memory we cannot run without: these abort when there is none. */
void *mem_new(unsigned long bytes);                     /* zeroed; never NULL */
void *mem_resize(void *p, unsigned long bytes);         /* never NULL, except for 0 bytes */
void  mem_give_back(void);                              /* once, in main: large buffers go back to the kernel when freed */
