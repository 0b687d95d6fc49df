# Roost: one Makefile, non-recursive. `make run` and `make check` are the two to know.
#   make            release build into build/
#   make SAN=1      ASan+UBSan build into build-san/
#   make run        install what is missing, build, start an example service in ./run
#   make check      install what tests need, pass every test; ONLY=units,talk-san for some of it
#   make fuzz       long fuzzing; make storm: long killing; make bench: measured beside Dovecot and Cyrus; make scaling: how
#                   costs grow; make tail: the slowest; make profile: flame graphs; make install: into PREFIX
SHELL   := /bin/bash
VERSION := 0.1.0
SAN     ?= 0
WERROR  ?= 1
CC      := gcc
PYTHON  := /usr/bin/python3

B := build
WARN := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
ifeq ($(WERROR),1)
WARN += -Werror
endif
OPT  := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LDX  := -pie -Wl,-z,relro,-z,now
ifeq ($(SAN),1)
B    := build-san
OPT  := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DROOST_SAN=1
LDX  := -fsanitize=address,undefined
endif

PKGS   := lmdb libsodium libuv libzstd libutf8proc libconfuse jansson openssl
CFLAGS  = -std=gnu11 -D_GNU_SOURCE $(OPT) $(WARN) -I. -pthread -DROOST_VERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS    = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lxxhash -lm -lpthread

# Every room's .c goes into one archive; a program is a main_*.c on top of it.
ROOMS   := $(wildcard common/*/*.c frontend/*/*.c storaged/*/*.c tools/*/*.c)
MAINS   := $(wildcard frontend/main_*.c storaged/main_*.c tools/main_*.c)
OBJS    := $(ROOMS:%.c=$(B)/obj/%.o)
LIB     := $(B)/libroost.a
UNITS   := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,build-fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
PROGS   := $(patsubst frontend/main_%.c,$(B)/bin/%,$(wildcard frontend/main_*.c)) \
           $(patsubst storaged/main_%.c,$(B)/bin/%,$(wildcard storaged/main_*.c)) \
           $(patsubst tools/main_%.c,$(B)/bin/%,$(wildcard tools/main_*.c))

.SECONDARY:
.PHONY: all units fuzzers testprogs check run fuzz storm bench tail scaling profile install clean
all: $(PROGS)

$(LIB): $(OBJS)
	@rm -f $@; ar rcs $@ $^

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  cc   $<"; $(CC) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/bin/%: $(B)/obj/frontend/main_%.o $(LIB)
	@mkdir -p $(@D)
	@echo "  link $@"; $(CC) $(LDX) $< $(LIB) $(LIBS) -o $@
$(B)/bin/%: $(B)/obj/storaged/main_%.o $(LIB)
	@mkdir -p $(@D)
	@echo "  link $@"; $(CC) $(LDX) $< $(LIB) $(LIBS) -o $@
$(B)/bin/%: $(B)/obj/tools/main_%.o $(LIB)
	@mkdir -p $(@D)
	@echo "  link $@"; $(CC) $(LDX) $< $(LIB) $(LIBS) -o $@

$(B)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  unit $@"; $(CC) $(CFLAGS) -MMD -MP $(LDX) $< $(LIB) $(LIBS) -lcmocka -o $@
units: $(UNITS)

# Fuzzers are clang's: one self-contained build of the rooms they need.
FUZZ_FLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -I. -pthread -DROOST_VERSION='"$(VERSION)"'
FUZZ_OBJS  := $(ROOMS:%.c=build-fuzz/obj/%.o)
build-fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  fuzz $<"; clang $(FUZZ_FLAGS) $(shell pkg-config --cflags $(PKGS)) -MMD -MP -c $< -o $@
build-fuzz/libroost.a: $(FUZZ_OBJS)
	@rm -f $@; ar rcs $@ $^
build-fuzz/%: tests/fuzz/%.c build-fuzz/libroost.a
	@echo "  fuzz $@"; clang $(FUZZ_FLAGS) -fsanitize=fuzzer $(shell pkg-config --cflags $(PKGS)) $< build-fuzz/libroost.a $(LIBS) -o $@

fuzzers: $(FUZZERS)
# A long campaign: FUZZ_SECONDS each, corpora kept in build-fuzz/corpus.
FUZZ_SECONDS ?= 600
fuzz:
	@tools/deps.sh check
	@$(MAKE) --no-print-directory fuzzers
	@for f in $(FUZZERS); do mkdir -p build-fuzz/corpus/$$(basename $$f); \
		$$f -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 build-fuzz/corpus/$$(basename $$f) || exit 1; done

# What the corpus tests compare against: programs that print facts about one message.
TESTPROGS := $(patsubst tests/corpus/%.c,$(B)/tests/%,$(wildcard tests/corpus/*.c)) $(patsubst tests/crash/%.c,$(B)/tests/%,$(wildcard tests/crash/*.c)) \
             $(patsubst tests/load/%.c,$(B)/tests/%,$(wildcard tests/load/*.c))
$(B)/tests/%: tests/corpus/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  link $@"; $(CC) $(CFLAGS) $(LDX) $< $(LIB) $(LIBS) -o $@
$(B)/tests/%: tests/crash/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  link $@"; $(CC) $(CFLAGS) $(LDX) $< $(LIB) $(LIBS) -o $@
$(B)/tests/%: tests/load/%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  link $@"; $(CC) $(CFLAGS) $(LDX) $< $(LIB) $(LIBS) -o $@
$(B)/tests/%.so: tests/budget/%.c
	@mkdir -p $(@D)
	@echo "  link $@"; $(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) -shared -fPIC $< -o $@
testprogs: $(TESTPROGS) $(B)/tests/allocs.so

JOBS ?= $(shell nproc)
check:
	@tools/deps.sh check
	@$(MAKE) --no-print-directory -j$(JOBS) all units testprogs
	@$(MAKE) --no-print-directory -j$(JOBS) SAN=1 all units
	@$(MAKE) --no-print-directory -j$(JOBS) fuzzers
	@$(PYTHON) tests/check.py $(if $(ONLY),--only $(ONLY))

run:
	@tools/deps.sh run
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@tools/run.sh build/bin run

BENCH ?= --default
bench:
	@tools/deps.sh check
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(PYTHON) tests/bench/bench.py $(BENCH)

SCALING ?=
scaling:
	@tools/deps.sh check
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(PYTHON) tests/bench/scaling.py $(SCALING)

# The slowest of every command while many kinds come at once, alone and beside one who does big things.
tail:
	@tools/deps.sh check
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(PYTHON) tests/bench/tail.py $(TAIL)

# Flame graphs of one scenario: make profile PROFILE="store --seconds 10". Needs linux-perf.
PROFILE ?= body
profile:
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(PYTHON) tools/profile.py $(PROFILE)

# Kill -9 for a long time, checked.
STORM_SECONDS ?= 600
storm:
	@tools/deps.sh check
	@$(MAKE) --no-print-directory -j$(JOBS) all testprogs
	@ROOST_STORM_S=$(STORM_SECONDS) $(PYTHON) -m pytest -s -p no:cacheprovider tests/crash/test_storm.py

PREFIX ?= /usr/local
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(PROGS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(wildcard docs/*.1) $(DESTDIR)$(PREFIX)/share/man/man1

clean:
	rm -rf build build-san build-fuzz

-include $(OBJS:.o=.d) $(MAINS:%.c=$(B)/obj/%.d) $(FUZZ_OBJS:.o=.d) $(UNITS:=.d)
