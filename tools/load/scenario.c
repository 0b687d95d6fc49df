#include "tools/load/scenario.h"

#include <string.h>

#include "tools/load/scenarios.h"

static const struct scenario *const scenarios[] = {
	&scenario_login, &scenario_login_tls, &scenario_login_resumed, &scenario_noop, &scenario_idle, &scenario_idle_tls,
	&scenario_append, &scenario_append_one, &scenario_deliver, &scenario_fill, &scenario_import,
	&scenario_status, &scenario_list_status, &scenario_select, &scenario_qresync,
	&scenario_headers, &scenario_flags, &scenario_body, &scenario_big_body, &scenario_partial,
	&scenario_search_header, &scenario_search_text, &scenario_search_body, &scenario_search_charsets,
	&scenario_store, &scenario_store_all, &scenario_copy, &scenario_move, &scenario_expunge,
	&scenario_phone, &scenario_desktop, &scenario_webmail, &scenario_postman,
	&scenario_push, &scenario_push_flag, &scenario_push_deliver, &scenario_push_store,
};

const struct scenario *scenario_find(const char *name)
{
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		if (strcmp(scenarios[i]->name, name) == 0)
			return scenarios[i];
	return NULL;
}

void scenario_list(struct buf *out)
{
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		buf_printf(out, "  %-15s %s\n", scenarios[i]->name, scenarios[i]->help);
}
