/* tools/main_roost.c: `roost`: supervises the service and speaks to it for its operator. */
#include "tools/roost/verbs.h"

int main(int argc, char **argv)
{
	return verbs_run(argc, argv);
}
