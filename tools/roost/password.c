/* tools/roost/password.c: one line, typed or piped. */
#include "tools/roost/password.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tools/roost/tell.h"

#define PASSWORD_BYTES_MAX 4096

static void show_typing(bool on, const struct termios *before)
{
	struct termios t = *before;

	if (!on)
		t.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &t);
}

/* Byte by byte: what follows the line is not ours. */
static bool read_line(struct buf *out)
{
	char c;
	ssize_t n;

	buf_reserve(out, PASSWORD_BYTES_MAX + 1);     /* one block, so that wiping it wipes all */
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n' && out->n <= PASSWORD_BYTES_MAX)
		buf_addc(out, c);
	if (out->n && out->p[out->n - 1] == '\r')
		out->n--;
	return n >= 0 && out->n > 0 && out->n <= PASSWORD_BYTES_MAX;
}

bool password_read(struct buf *out)
{
	struct termios before;
	bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;

	if (terminal) {
		fputs("Password: ", stderr);
		show_typing(false, &before);
	}
	bool good = read_line(out);
	if (terminal) {
		show_typing(true, &before);
		fputc('\n', stderr);
	}
	if (!good) {
		tell("no password: give it as the first line of standard input, at most %d bytes", PASSWORD_BYTES_MAX);
		password_forget(out);
	}
	return good;
}

void password_forget(struct buf *password)
{
	if (password->p)
		explicit_bzero(password->p, password->cap);
	buf_fini(password);
}
