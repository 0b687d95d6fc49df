/* tools/load/tree.h: what a process and all its descendants cost: processor time and memory. Reads /proc. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* Of the living and of the children they have waited for, in user and kernel mode. */
uint64_t tree_cpu_us(pid_t root);
/* Resident memory, shared pages divided among those who share them (PSS). Needs the right to look. */
uint64_t tree_pss_bytes(pid_t root);
