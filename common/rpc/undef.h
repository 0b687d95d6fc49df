/* common/rpc/undef.h: clears the X-macros of a .def file, for its next reading. No include guard, on purpose. */
#undef RPC_MSG
#undef RPC_U32
#undef RPC_U64
#undef RPC_STR
#undef RPC_END
