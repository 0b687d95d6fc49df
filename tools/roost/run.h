/* tools/roost/run.h: the functions behind the verbs; each lies in the file named here. */
#pragma once

#include "tools/roost/verbs.h"

verb_fn run_init;                                                          /* init.c */
verb_fn run_up;                                                            /* up.c */
verb_fn run_stop;                                                          /* stop.c */
verb_fn run_status;                                                        /* status.c */
verb_fn run_user_add, run_user_list, run_user_show, run_user_passwd;       /* user.c */
verb_fn run_user_quota, run_user_del, run_user_disable, run_user_enable;   /* user.c */
verb_fn run_user_admin;                                                    /* user.c */
verb_fn run_quota_get, run_quota_top, run_quota_list;                      /* quota.c */
verb_fn run_quota_set, run_quota_class, run_quota_domain;                  /* quota_set.c */
verb_fn run_user_import;                                                   /* user_import.c */
verb_fn run_mailbox_list;                                                  /* mailbox.c */
verb_fn run_deliver;                                                       /* deliver.c */
verb_fn run_import;                                                        /* import.c */
