/* common/base/err.c: error codes and their names. */
#include "common/base/err.h"

const char *err_name(enum err e)
{
	static const char *const names[ERR_COUNT] = {
		[OK] = "ok", [ERR_ABSENT] = "absent", [ERR_EXISTS] = "exists", [ERR_QUOTA] = "quota",
		[ERR_DENIED] = "denied", [ERR_INPUT] = "input", [ERR_BUSY] = "busy", [ERR_MOVED] = "moved",
		[ERR_UNKNOWN] = "unknown", [ERR_CORRUPT] = "corrupt", [ERR_NOSPACE] = "nospace",
		[ERR_IO] = "io", [ERR_LIMIT] = "limit", [ERR_TOOBIG] = "toobig",
		[ERR_EXPIRED] = "expired", [ERR_CANNOT] = "cannot", [ERR_CTE] = "cte",
	};
	return (unsigned)e < ERR_COUNT ? names[e] : "invalid";
}
