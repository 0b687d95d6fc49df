/* tools/load/files.h: how many files a process may have open; each connection is one. */
#pragma once

#include <stdint.h>

/* Raises the limit of this process, and of those it forks, as far as the machine lets it, and says what it is now. */
uint64_t files_raise(void);
