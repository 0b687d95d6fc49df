#include "tools/load/ops.h"

static const struct { const char *name, *help; } ops[OP_COUNT] = {
#define OP_ROW(id, name, help) [id] = { name, help },
	OPS(OP_ROW)
#undef OP_ROW
};

const char *op_name(enum op op)
{
	return ops[op].name;
}

const char *op_help(enum op op)
{
	return ops[op].help;
}
