/* tools/roost/user_options.c: texts to numbers. */
#include "tools/roost/user_options.h"

#include "common/base/config.h"
#include "tools/roost/tell.h"

bool user_quota(const struct args *a, uint64_t *bytes)
{
	const char *text = args_value(a, OPT_QUOTA);

	*bytes = 0;
	if (!text || config_bytes(str_of(text), bytes))
		return true;
	tell("--quota: \"%s\" is not a size such as 500MiB", text);
	return false;
}

bool user_hash_cost(const struct args *a, uint32_t *cost)
{
	static const char *const names[] = { "min", "interactive", "moderate" };    /* 1, 2, 3 in rpc.def */
	const char *text = args_value(a, OPT_HASH_COST);

	*cost = 0;
	if (!text)
		return true;
	for (uint32_t i = 0; i < 3; i++)
		if (str_eq(str_of(text), str_of(names[i])))
			*cost = i + 1;
	if (!*cost)
		tell("--hash-cost: \"%s\" is none of min, interactive, moderate", text);
	return *cost != 0;
}
