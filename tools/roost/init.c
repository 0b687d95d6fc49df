/* tools/roost/init.c: `roost init`: a folder becomes a service. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/address.h"
#include "common/base/config.h"
#include "common/seal/seal.h"
#include "tools/roost/certificate.h"
#include "tools/roost/run.h"
#include "tools/roost/service.h"
#include "tools/roost/tell.h"

/* A socket's path as the shell meant it: from here, not from wherever the service starts. */
static void add_address(struct config_list *list, struct str text)
{
	struct str path = str_skip(text, sizeof "unix:" - 1);
	struct buf absolute = { 0 };
	char *here = NULL;

	if (str_starts(text, S("unix:")) && !str_starts(path, S("/")) && (here = getcwd(NULL, 0))) {
		buf_printf(&absolute, "unix:%s/%.*s", here, STR_ARG(path));
		text = buf_str(&absolute);
	}
	config_list_add(list, text);
	buf_fini(&absolute);
	free(here);
}

/* False: usage, told. */
static bool choose_addresses(struct config_list *list, const struct args *a, enum option o, const char *otherwise)
{
	struct address where;

	for (size_t i = 0; i < a->given[o].n; i++) {
		struct str text = str_of(a->given[o].at[i]);
		if (!address_parse(&where, text) || (o != OPT_LMTP && address_is_unix(&where))) {
			tell("--%s: \"%s\" is not ADDR:PORT%s", option_kinds[o].name, text.p, o == OPT_LMTP ? " or unix:PATH" : "");
			return false;
		}
		add_address(list, text);
	}
	if (!args_has(a, o))
		config_list_add(list, str_of(otherwise));
	return true;
}

static bool choose_number(unsigned *out, const struct args *a, enum option o, unsigned most)
{
	uint64_t n;

	if (!args_has(a, o))
		return true;
	if (!str_u64(str_of(args_value(a, o)), &n) || n < 1 || n > most) {
		tell("--%s: \"%s\" is not a number from 1 to %u", option_kinds[o].name, args_value(a, o), most);
		return false;
	}
	*out = (unsigned)n;
	return true;
}

/* The name goes into a certificate and greetings, so it must look like one. */
static bool choose_host(struct config *c, const struct args *a)
{
	const char *name = args_value(a, OPT_HOST);

	if (!name)
		return true;
	size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:");
	if (!*name || name[good] || strlen(name) > 253) {
		tell("--host: \"%s\" is not a host name", name);
		return false;
	}
	free(c->host);
	c->host = str_heap_z(str_of(name));
	return true;
}

static bool choose(struct config *c, const struct args *a)
{
	return choose_addresses(&c->imap, a, OPT_IMAP, "127.0.0.1:1143") &&
	       choose_addresses(&c->imaps, a, OPT_IMAPS, "127.0.0.1:1993") &&
	       choose_addresses(&c->lmtp, a, OPT_LMTP, "127.0.0.1:1024") &&
	       choose_number(&c->shards, a, OPT_SHARDS, 1024) &&
	       choose_number(&c->frontends, a, OPT_FRONTENDS, 256) &&
	       choose_host(c, a);
}

static bool make_folder(const char *dir, const char *name)
{
	char *path = service_path(dir, name);
	bool good = mkdir(path, 0700) == 0 || errno == EEXIST;

	if (!good)
		tell("%s: %s", path, strerror(errno));
	free(path);
	return good;
}

static bool make_folders(const char *dir, unsigned shards)
{
	char name[32];
	bool good = make_folder(dir, "directory") && make_folder(dir, "shards") && make_folder(dir, "sock") && make_folder(dir, "tls");

	for (unsigned i = 0; good && i < shards; i++) {
		snprintf(name, sizeof name, "shards/%u", i);
		good = make_folder(dir, name);
	}
	return good;
}

static bool make_certificate(const char *dir, const char *host)
{
	struct buf cert = { 0 }, key = { 0 };
	bool good = certificate_make(host, &cert, &key);

	if (!good)
		tell("OpenSSL made no certificate for %s", host);
	good = good && service_write(dir, "tls/key.pem", 0600, buf_str(&key)) && service_write(dir, "tls/cert.pem", 0644, buf_str(&cert));
	buf_fini(&cert);
	buf_fini(&key);
	return good;
}

static bool make_master_key(const char *dir)
{
	char *path = service_path(dir, "master.key");
	enum err err = seal_open(NULL, NULL) ? master_key_create(path) : ERR_IO;

	if (err != OK)
		tell("%s: %s", path, tell_err(err));
	free(path);
	return err == OK;
}

/* Last: a folder is a service when it has a roost.conf. */
static bool make_config(const char *dir, struct config *c)
{
	struct buf text = { 0 };

	config_tls_add(c, S("tls/cert.pem"), S("tls/key.pem"));
	config_write(c, &text);
	bool good = service_write(dir, "roost.conf", 0644, buf_str(&text));
	buf_fini(&text);
	return good;
}

/* What lies there may be somebody's mail. */
static bool folder_is_free(const char *dir)
{
	static const char *const ours[] = { "roost.conf", "master.key", "directory", "shards" };
	bool taken = false;

	for (size_t i = 0; i < sizeof ours / sizeof *ours && !taken; i++) {
		char *path = service_path(dir, ours[i]);
		taken = access(path, F_OK) == 0;
		if (taken)
			tell("%s exists: this folder holds a service already; nothing was touched", path);
		free(path);
	}
	return !taken;
}

/* The folder made, and its absolute path; NULL: told. */
static char *claim_folder(const char *named)
{
	if (!folder_is_free(named))
		return NULL;
	if (mkdir(named, 0700) != 0 && errno != EEXIST) {
		tell("%s: %s", named, strerror(errno));
		return NULL;
	}
	char *dir = realpath(named, NULL);
	if (!dir)
		tell("%s: %s", named, strerror(errno));
	else if (strlen(dir) > SERVICE_DIR_BYTES_MAX) {
		tell("%s: this path is too long for sockets; at most %d bytes", dir, SERVICE_DIR_BYTES_MAX);
		free(dir);
		dir = NULL;
	}
	return dir;
}

static const char *host_of(const struct config *c, char machine[256])
{
	if (c->host && c->host[0])
		return c->host;
	if (gethostname(machine, 255) != 0 || !machine[0])
		return "localhost";
	return machine;
}

static bool make_service(const char *dir, struct config *c)
{
	char machine[256] = "";

	return make_folders(dir, c->shards) && make_certificate(dir, host_of(c, machine)) && make_master_key(dir) && make_config(dir, c);
}

int run_init(const struct args *a)
{
	struct config c;
	int code = ROOST_USAGE;

	config_init(&c);
	if (choose(&c, a)) {
		char *dir = claim_folder(a->operands.at[0]);
		code = dir && make_service(dir, &c) ? ROOST_DONE : ROOST_REFUSED;
		if (code == ROOST_DONE)
			printf("made a service in %s; start it with `roost -C %s up`\n", dir, a->operands.at[0]);
		free(dir);
	}
	config_fini(&c);
	return code;
}
