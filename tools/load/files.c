#include "tools/load/files.h"

#include <sys/resource.h>

enum { FILES_WANTED = 1 << 20 };

uint64_t files_raise(void)
{
	struct rlimit now, more;

	getrlimit(RLIMIT_NOFILE, &now);
	more.rlim_cur = more.rlim_max = now.rlim_max > FILES_WANTED ? now.rlim_max : FILES_WANTED;
	if (setrlimit(RLIMIT_NOFILE, &more) == 0)
		return more.rlim_cur;
	now.rlim_cur = now.rlim_max;             /* only root may raise the upper limit */
	setrlimit(RLIMIT_NOFILE, &now);
	getrlimit(RLIMIT_NOFILE, &now);
	return now.rlim_cur;
}
