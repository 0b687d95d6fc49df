/* tools/roost/import.c: `roost import`: files become messages of a mailbox. */
#include <stdio.h>

#include "tools/roost/importer.h"
#include "tools/roost/progress.h"
#include "tools/roost/run.h"
#include "tools/roost/tell.h"

/* One import: how far it is, over all its sources. */
struct job {
	struct importer *importer;
	struct progress  progress;
	struct mail      mail;
};

static bool import_source(struct job *j, struct mailsource *s)
{
	bool good = s != NULL;

	while (good && mailsource_next(s, &j->mail)) {
		good = importer_put(j->importer, &j->mail);
		progress_draw(&j->progress, mailsource_done_bytes(s), mailsource_total_bytes(s), importer_count(j->importer), "messages");
	}
	good = good && !mailsource_failed(s);
	mailsource_free(&s);
	return good;
}

static bool import_all(struct job *j, const struct words *paths, size_t from, struct mailsource *(*open)(const char *path))
{
	bool good = true;

	for (size_t i = from; i < paths->n && good; i++)
		good = import_source(j, open(paths->at[i]));
	return good;
}

static bool import_everything(struct job *j, const struct args *a)
{
	return import_all(j, &a->given[OPT_MBOX], 0, mailsource_mbox) &&
	       import_all(j, &a->given[OPT_MAILDIR], 0, mailsource_maildir) &&
	       import_all(j, &a->given[OPT_EML], 0, mailsource_eml) &&
	       import_all(j, &a->operands, 1, mailsource_eml);
}

static int import_into(struct client *c, const struct args *a)
{
	const char *mailbox = args_has(a, OPT_MAILBOX) ? args_value(a, OPT_MAILBOX) : "INBOX";
	struct job j = { .importer = importer_new(c, a->operands.at[0], mailbox), .progress = progress_begin() };

	if (!j.importer)
		return ROOST_REFUSED;
	bool good = import_everything(&j, a);
	good = importer_finish(j.importer) && good;
	progress_end(&j.progress);
	printf("%llu messages imported into %s\n", (unsigned long long)importer_count(j.importer), mailbox);
	mail_fini(&j.mail);
	importer_free(&j.importer);
	return good ? ROOST_DONE : ROOST_REFUSED;
}

int run_import(const struct args *a)
{
	bool any = args_has(a, OPT_MBOX) || args_has(a, OPT_MAILDIR) || args_has(a, OPT_EML);

	if (!any || (a->operands.n > 1 && !args_has(a, OPT_EML))) {
		tell("import NAME needs --mbox FILE, --maildir DIR or --eml FILE...; see `roost help import`");
		return ROOST_USAGE;
	}
	struct client *c = client_open(a);
	int code = c ? import_into(c, a) : ROOST_REFUSED;
	client_close(&c);
	return code;
}
