/* tools/load/scenarios.h: all scenarios, by the file they stand in. */
#pragma once

#include "tools/load/scenario.h"

/* play_session.c */
extern const struct scenario scenario_login, scenario_login_tls, scenario_login_resumed, scenario_noop, scenario_idle, scenario_idle_tls;
/* play_write.c */
extern const struct scenario scenario_append, scenario_append_one, scenario_deliver, scenario_fill;
/* play_import.c */
extern const struct scenario scenario_import;
/* play_read.c */
extern const struct scenario scenario_body, scenario_headers, scenario_flags, scenario_big_body, scenario_partial;
/* play_mailbox.c */
extern const struct scenario scenario_status, scenario_list_status, scenario_select, scenario_qresync;
/* play_search.c */
extern const struct scenario scenario_search_header, scenario_search_text, scenario_search_body, scenario_search_charsets;
/* play_change.c */
extern const struct scenario scenario_store, scenario_store_all, scenario_copy, scenario_move;
/* play_expunge.c */
extern const struct scenario scenario_expunge;
/* personas.c */
extern const struct scenario scenario_phone, scenario_desktop, scenario_webmail, scenario_postman;
/* play_push.c */
extern const struct scenario scenario_push, scenario_push_flag, scenario_push_deliver, scenario_push_store;
