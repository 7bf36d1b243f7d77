# weir: build, test, measure. `make help` lists the targets.

SHELL       := /bin/bash
CC          ?= gcc
BUILD       := build
# Each variant has a folder of its own, so that objects of different compilers and flags never meet.
COMPILER    := $(if $(findstring clang,$(notdir $(CC))),clang,gcc)
VARIANT     := $(if $(SAN),san,$(if $(TSAN),tsan,$(if $(FUZZ),fuzz,rel)))
OUT         := $(BUILD)/$(VARIANT)$(if $(filter clang,$(COMPILER)),-clang)
BIN         := $(if $(filter $(BUILD)/rel,$(OUT)),weir,$(OUT)/weir)

# Debian package : a file the package puts on the machine, by which its absence is noticed.
DEPS := gcc:/usr/bin/gcc make:/usr/bin/make pkg-config:/usr/bin/pkg-config lemon:/usr/bin/lemon \
        libsqlite3-dev:/usr/include/sqlite3.h libmicrohttpd-dev:/usr/include/microhttpd.h \
        libjansson-dev:/usr/include/jansson.h libcmocka-dev:/usr/include/cmocka.h \
        zlib1g-dev:/usr/include/zlib.h libsnappy-dev:/usr/include/snappy-c.h \
        liblz4-dev:/usr/include/lz4frame.h libzstd-dev:/usr/include/zstd.h \
        libpcre2-dev:/usr/include/pcre2.h libgmp-dev:/usr/include/x86_64-linux-gnu/gmp.h \
        libunistring-dev:/usr/include/unistr.h libedit-dev:/usr/include/histedit.h \
        tzdata:/usr/share/zoneinfo/UTC
# Needed to run tests and examples, not to build.
TEST_DEPS := python3:/usr/bin/python3 python3-venv:/usr/share/doc/python3-venv kcat:/usr/bin/kcat curl:/usr/bin/curl \
             python3-kafka:/usr/lib/python3/dist-packages/kafka/__init__.py clang:/usr/bin/clang \
             clang-format:/usr/bin/clang-format clang-tidy:/usr/bin/clang-tidy cppcheck:/usr/bin/cppcheck \
             shellcheck:/usr/bin/shellcheck
missing_of = $(strip $(foreach d,$(1),$(if $(wildcard $(lastword $(subst :, ,$(d)))),,$(firstword $(subst :, ,$(d))))))
missing_all = $(call missing_of,$(DEPS) $(TEST_DEPS))
missing = $(call missing_of,$(DEPS))

WARN    := -Wall -Wextra -Werror -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
           -Wmissing-prototypes -Wvla -Wformat=2 -Wimplicit-fallthrough
WARN    += $(if $(filter gcc,$(COMPILER)),-Wno-format-truncation)
# clang's objects for link-time optimisation need a linker and an archiver of its own.
LTO         := $(if $(filter gcc,$(COMPILER)),-flto=auto)
AR_rel      := $(if $(filter gcc,$(COMPILER)),gcc-ar,ar)
CFLAGS_rel  := -O2 $(LTO) -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
LDFLAGS_rel := -O2 $(LTO) -pie -Wl,-z,relro,-z,now -gz
CFLAGS_san  := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
LDFLAGS_san := -fsanitize=address,undefined
# Beside the thread sanitizer's calls gcc takes set variables for unset ones. It does not follow fences: what they
# order is atomic by itself, so that it need not.
CFLAGS_tsan  := -Wno-maybe-uninitialized -Wno-tsan -O1 -fno-omit-frame-pointer -fsanitize=thread
LDFLAGS_tsan := -fsanitize=thread
# clang's check of pointers takes an empty text's NULL + 0 for a fault. gcc's does not and is part of SAN=1.
CFLAGS_fuzz  := -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
                -fno-sanitize-recover=undefined -fno-sanitize=pointer-overflow
LDFLAGS_fuzz := -fsanitize=address,undefined
CPPFLAGS := -D_GNU_SOURCE -I. -I$(BUILD)/gen
CFLAGS   := -std=gnu17 -g $(WARN) $(CFLAGS_$(VARIANT))
LDFLAGS  := $(LDFLAGS_$(VARIANT))
LIBS     := -lsqlite3 -lmicrohttpd -ljansson -lz -lsnappy -llz4 -lzstd -lpcre2-8 -lgmp -lunistring \
            -ledit -lpthread -lm -ldl

SRC  := $(sort $(wildcard base/*.c parser/*.c engine/*.c engine/*/*.c storage/*.c server/*.c server/*/*.c))
GEN  := $(BUILD)/gen/grammar.c $(BUILD)/gen/syntax_rules.inc
OBJ  := $(SRC:%.c=$(OUT)/%.o) $(OUT)/gen/grammar.o $(OUT)/gen/embedded.o
LIB  := $(OUT)/libweir.a
MAIN := $(OUT)/server/main.o

.PHONY: all
all: $(BIN) ## build ./weir (SAN=1: with sanitizers, build/san/weir; CC=clang: build/rel-clang/weir)

ifneq ($(missing),)
ifeq ($(filter help deps clean missing,$(MAKECMDGOALS)),)
$(error These Debian packages are missing: $(missing). Run 'make deps', or: apt-get install -y $(missing))
endif
endif

$(BIN): $(MAIN) $(LIB)
	$(CC) $(LDFLAGS) -o $@ $(MAIN) $(LIB) $(LIBS)

$(LIB): $(filter-out $(MAIN),$(OBJ))
	@rm -f $@
	$(or $(AR_$(VARIANT)),ar) rcs $@ $^

$(BUILD)/gen/grammar.c: parser/grammar.y
	@mkdir -p $(@D)
	lemon -q -c -d$(@D) $<

$(BUILD)/gen/grammar.h: $(BUILD)/gen/grammar.c ;

# The grammar once more, as the messages of syntax errors need it.
$(BUILD)/gen/syntax_rules.inc: parser/syntax_rules.awk parser/grammar.y
	@mkdir -p $(@D)
	awk -f $^ >$@.new && mv $@.new $@

$(OUT)/gen/grammar.o: $(BUILD)/gen/grammar.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-conversion -Wno-unused-parameter -Wno-unused-variable -Wno-missing-prototypes -Wno-implicit-fallthrough -MMD -MP -c -o $@ $<

# The console's files, embedded as they are. Not by link-time optimisation: it loses symbols that only assembler text defines.
$(BUILD)/gen/embedded.c: web/embed $(wildcard web/src web/src/*)
	@mkdir -p $(@D)
	web/embed web/src >$@

$(OUT)/gen/embedded.o: $(BUILD)/gen/embedded.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fno-lto -c -o $@ $<

$(OUT)/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d)

# ---- tests: one cmocka program per file below tests/unit, mirroring the tree

UNIT      := $(sort $(wildcard tests/unit/*.c tests/unit/*/*.c tests/unit/*/*/*.c))
UNIT_BIN  := $(UNIT:%.c=$(OUT)/%)

$(OUT)/tests/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(filter %.o,$^) $(LDFLAGS) $(LIB) -lcmocka $(LIBS)

# Tests that stand on the simulation's disk.
SIM_DISK := $(patsubst %,$(OUT)/tests/sim/%.o,disk vfs schedule)
$(OUT)/tests/unit/storage/test_meta $(OUT)/tests/unit/storage/test_failed_sync: $(SIM_DISK)

-include $(UNIT_BIN:=.d)

# Libraries of functions that tests load.
UDF_LIBS := $(patsubst %.c,$(OUT)/%.so,$(wildcard tests/udf/*.c))

$(OUT)/tests/udf/%.so: tests/udf/%.c engine/udf.h
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -g $(WARN) -shared -fPIC -Iengine -o $@ $<

$(OUT)/tests/unit/engine/udf/test_udf: $(UDF_LIBS)

.PHONY: unit
unit: $(UNIT_BIN) ## build and run the unit tests (SAN=1, TSAN=1 as for the build)
	@tests/run-unit $(UNIT_BIN)

# ---- bench: programs that print what a path costs; run by hand

BENCH_LIBS_bench_kafka := -lrdkafka
$(OUT)/tests/bench/%: tests/bench/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(LDFLAGS) $(LIB) $(BENCH_LIBS_$*) $(LIBS)

BENCH_BIN := $(patsubst %.c,$(OUT)/%,$(wildcard tests/bench/*.c))
-include $(BENCH_BIN:=.d)

.PHONY: bench
bench: $(BENCH_BIN) $(BIN) ## build and run the benchmarks
	@for b in $(BENCH_BIN); do $$b || exit 1; done
	@tests/bench/start ./$(BIN)

# ---- the simulation: the program on a disk in memory, in one thread, by a seed

SIM     := $(OUT)/tests/sim/sim
SIM_OBJ := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/sim/*.c))
SEEDS   ?= 100

$(SIM): $(SIM_OBJ) $(LIB)
	$(CC) $(LDFLAGS) -o $@ $(SIM_OBJ) $(LIB) $(LIBS)

-include $(SIM_OBJ:.o=.d)

.PHONY: sim
sim: $(SIM) ## simulate crashes and failing disks: a hundred fixed seeds, then SEEDS (100) fresh ones
	$(SIM) --from 1 --seeds 100
	$(SIM) --fresh --seeds $(SEEDS)

.PHONY: test
test: ## all tests: unit, SQL and REST tests under sanitizers, threads, shell, console, crashes, examples, tour
	@tests/run-all

.PHONY: interop
interop: $(BIN) ## other people's Kafka clients against the Kafka port; fetches them from package registries
	tests/interop/run-kafka

# ---- fuzzing: one program per tests/fuzz/fuzz_*.c, its corpus in tests/fuzz/corpus/*

FUZZ_SRC     := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BIN     := $(FUZZ_SRC:%.c=$(OUT)/%)
FUZZ_SECONDS ?= 60

# Under the fuzzer, or with a main that runs files.
FUZZ_MAIN := $(if $(FUZZ),,$(OUT)/tests/fuzz/replay.o)

$(FUZZ_BIN): $(OUT)/tests/fuzz/%: tests/fuzz/%.c $(LIB) $(FUZZ_MAIN)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) -MMD -MP -o $@ $< $(LDFLAGS) $(or $(FUZZ_MAIN),-fsanitize=fuzzer) $(LIB) $(LIBS)

-include $(FUZZ_BIN:=.d) $(FUZZ_MAIN:.o=.d)

.PHONY: fuzz fuzz-programs corpora
corpora: $(FUZZ_BIN) ## run what the fuzz targets have kept (SAN=1: with sanitizers, as make test does)
	@tests/run-corpora $(OUT) $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%)
fuzz: ## run each fuzz target for FUZZ_SECONDS (60); needs clang; TARGET=NAME: only tests/fuzz/fuzz_NAME.c
	$(MAKE) FUZZ=1 CC=clang fuzz-programs
	@tests/run-fuzz $(BUILD)/fuzz-clang $(FUZZ_SECONDS) $(or $(TARGET),$(FUZZ_SRC:tests/fuzz/fuzz_%.c=%))
fuzz-programs: $(FUZZ_BIN)

.PHONY: settings
settings: $(BIN) ## write server/SETTINGS.md from the table of settings
	./$(BIN) settings >server/SETTINGS.md

.PHONY: layers
layers: ## print every #include that breaks the direction of dependencies
	@tests/check-layers

FORMATTED = $(SRC) $(filter-out build/%,$(wildcard */*.h */*/*.h)) $(UNIT) $(wildcard tests/*/*.c tests/*/*.h)

.PHONY: fmt
fmt: ## format the C sources
	clang-format -i $(FORMATTED)

# ---- lint: checks that run nothing. Of the two that look at one source at a time, only what changed is looked at again.

LINT     := $(BUILD)/lint
TIDY_SRC := $(SRC) $(UNIT) $(FUZZ_SRC) tests/fuzz/replay.c $(wildcard tests/sim/*.c) \
            $(filter-out $(if $(wildcard /usr/include/librdkafka/rdkafka.h),,tests/bench/bench_kafka.c),$(wildcard tests/bench/*.c))
# What it says about arguments that may be null takes failures for successes: it does not see that status_set() gives false.
ANALYZER := gcc $(CPPFLAGS) -std=gnu17 -O1 -Werror -fanalyzer -Wno-analyzer-null-argument \
            -Wno-analyzer-possible-null-argument
# gcc and clang shift signed numbers as one expects; what points at an unset variable is often there to set it.
CPPCHECK := cppcheck --quiet --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
            --suppress=shiftTooManyBitsSigned --suppress=ctuuninitvar --std=c17 $(CPPFLAGS)

.PHONY: lint lint-format lint-cppcheck lint-analyzer lint-tidy
lint: ## static checks: format, cppcheck, gcc -fanalyzer, clang-tidy, shellcheck, Python's syntax
	@tests/run-lint
lint-format:
	clang-format --dry-run -Werror $(FORMATTED)
lint-cppcheck: $(GEN)
	@mkdir -p $(LINT)/cppcheck
	$(CPPCHECK) --cppcheck-build-dir=$(LINT)/cppcheck base parser engine storage server examples
lint-analyzer: $(SRC:%.c=$(LINT)/%.analyzed)
lint-tidy: $(TIDY_SRC:%.c=$(LINT)/%.tidied)

$(LINT)/%.analyzed: %.c | $(GEN)
	@mkdir -p $(@D)
	$(ANALYZER) -MMD -MP -MF $@.d -MT $@ -c -o /dev/null $< && touch $@

# Its count of warnings that it does not show goes to stderr.
$(LINT)/%.tidied: %.c .clang-tidy tests/.clang-tidy | $(GEN)
	@mkdir -p $(@D)
	@gcc $(CPPFLAGS) -Itests/unit -MM -MP -MF $@.d -MT $@ $<
	clang-tidy --quiet --header-filter='.*' $< -- -std=gnu17 $(CPPFLAGS) -Itests/unit 2>$@.err || { cat $@.err; exit 1; }
	@touch $@

ifneq ($(filter lint-%,$(MAKECMDGOALS)),)
-include $(SRC:%.c=$(LINT)/%.analyzed.d) $(TIDY_SRC:%.c=$(LINT)/%.tidied.d)
endif

.PHONY: missing
missing:
	@echo $(call missing_all)

.PHONY: deps
deps: ## install the Debian packages that the build needs
	apt-get update -q && apt-get install -y -q $(foreach d,$(DEPS) $(TEST_DEPS),$(firstword $(subst :, ,$(d))))

.PHONY: clean
clean: ## remove everything that was built
	rm -rf $(BUILD) weir

.PHONY: help
help: ## this list
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
