/* tools/load/languages.h: words, names and subjects in the languages that people write, and words to search for: constant tables. */
#pragma once

#include <stdbool.h>

struct language {
	const char *words;               /* parted by one space */
	const char *names, *subjects;    /* parted by bars */
	const char *zone;                /* of their Date fields */
	bool        spaced;              /* words are parted by blanks when written */
};

enum {
	LANG_ENGLISH, LANG_GERMAN, LANG_FRENCH, LANG_SPANISH, LANG_POLISH, LANG_TURKISH, LANG_RUSSIAN, LANG_GREEK, LANG_HEBREW,
	LANG_ARABIC, LANG_CHINESE, LANG_JAPANESE, LANG_KOREAN, LANG_CHAT, LANG_COUNT
};

/* Eight names and eight subjects each. */
extern const struct language languages[LANG_COUNT];

/* Words that stand only in the letters whose number one_in divides: one in bodies, one in subjects. */
struct known_word { unsigned one_in; const char *body, *subject; };
enum { KNOWN_WORDS = 5 };
extern const struct known_word known_words[KNOWN_WORDS];
