# Roost: one Makefile, non-recursive. `make run` and `make check` are the two to know.
#   make            release build into build/
#   make SAN=1      ASan+UBSan build into build-san/
#   make run        install what is missing, build, start an example service in ./run
#   make check      install what tests need, pass every test
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

.PHONY: all units check unit run fuzz bench install clean
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

clean:
	rm -rf build build-san build-fuzz

-include $(OBJS:.o=.d) $(MAINS:%.c=$(B)/obj/%.d) $(FUZZ_OBJS:.o=.d) $(UNITS:=.d)
