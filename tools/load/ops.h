/* tools/load/ops.h: what is timed: one row an operation. Reports, the live view and limits name operations by these words. */
#pragma once

/* enum, name in reports, what is timed (for people) */
#define OPS(X) \
	X(OP_ROUND,       "round",       "one round of the scenario, from its intended start to its last answer") \
	X(OP_CONNECT,     "connect",     "TCP, TLS and the greeting") \
	X(OP_LOGIN,       "login",       "LOGIN") \
	X(OP_LOGOUT,      "logout",      "LOGOUT") \
	X(OP_SELECT,      "select",      "SELECT") \
	X(OP_QRESYNC,     "qresync",     "SELECT with QRESYNC") \
	X(OP_LIST,        "list",        "LIST") \
	X(OP_STATUS,      "status",      "STATUS of every mailbox, pipelined") \
	X(OP_LIST_STATUS, "list-status", "LIST with RETURN (STATUS (...))") \
	X(OP_HEADERS,     "headers",     "FETCH of envelopes and structures") \
	X(OP_FLAGS,       "flags",       "FETCH of flags") \
	X(OP_BODY,        "body",        "FETCH of a whole message") \
	X(OP_PARTIAL,     "partial",     "FETCH of a slice of a message") \
	X(OP_STORE,       "store",       "STORE on one message") \
	X(OP_STORE_ALL,   "store-all",   "STORE on the whole mailbox") \
	X(OP_COPY,        "copy",        "COPY") \
	X(OP_MOVE,        "move",        "MOVE") \
	X(OP_EXPUNGE,     "expunge",     "EXPUNGE") \
	X(OP_SEARCH,      "search",      "SEARCH") \
	X(OP_APPEND,      "append",      "APPEND") \
	X(OP_DELIVER,     "deliver",     "an LMTP transaction, from MAIL to the last reply to its message") \
	X(OP_IDLE,        "idle",        "IDLE until its continuation") \
	X(OP_NOOP,        "noop",        "NOOP") \
	X(OP_HEAR_MEDIAN, "hear-median", "from asking for a change until half of those who idle have heard of it") \
	X(OP_HEAR_LAST,   "hear-last",   "from asking for a change until the last has heard of it")

enum op {
#define OP_ENUM(id, name, help) id,
	OPS(OP_ENUM)
#undef OP_ENUM
	OP_COUNT
};

const char *op_name(enum op op);
const char *op_help(enum op op);
