# Every target is one line of work. Each also works without make: the README
# shows the go command beside it, and `make -n TARGET` prints it.
# Lines that begin with ## are what a bare `make` lists.

ARGS ?=

# Words are in Chinese where the locale is.
zh := $(filter zh%,$(firstword $(LC_ALL) $(LC_MESSAGES) $(LANG)))

# Build a program, then become it: its one line of error and your Ctrl-C
# arrive untouched. (go run adds "exit status 1" to every failure; make adds
# its own line and exits 2, so a script calls the program in .bin instead.)
ifeq ($(OS),Windows_NT)
run = go run ./$(1)
else
# A checkout that cannot be written has its programs in go's own cache.
cached = $$(go env GOCACHE)/dialtone$$PWD
BIN := $(or $(BIN),$(shell if test -w .bin || { test -w . && ! test -e .bin; }; then echo .bin; else echo "$(cached)"; fi))
run = $(call patience,$(1),$(1)); go build -buildvcs=false -o "$(BIN)/$(1)" ./$(1) && exec "$(BIN)/$(1)"

# go compiles in silence. Until program $(1) is there, a terminal hears of it.
patience = test -e "$(BIN)/$(1)" || test -n "$$CI" || ! test -t 2 || echo "$(if $(zh),正在编译：$(2)。第一次要等一会儿……,compiling $(2); the first time takes a while...)" >&2
endif

lessons  := 1 2 3 4 5
folder-1 := 01-basic
folder-2 := 02-loops
folder-3 := 03-reuseaddr
folder-4 := 04-sticky-packets
folder-5 := 05-file-upload

plays   := $(lessons:%=lesson-%)
servers := $(lessons:%=server-%)
clients := $(lessons:%=client-%)

.PHONY: help $(plays) $(servers) $(clients) test exercises watch quiz errors explain prove bench balance check clean

help:
	@awk -v mark='$(if $(zh),^##zh ,^## )' '$$0 ~ mark { sub(mark, ""); t = $$1; sub(/^[^ ]+ +/, ""); printf "make %-14s%s\n", t, $$0 }' Makefile

## lesson-N      play lesson N (1 to 5), both ends in this terminal; ARGS="-lang zh" is handed on
##zh lesson-N    演示第 N 课（1 到 5）：两端都在这个终端里；ARGS="-lang en" 会原样传给程序
$(plays): lesson-%:
	@$(call run,docs/play) $* $(ARGS)

## server-N      start lesson N's server, for two terminals; ARGS="-addr 127.0.0.1:9000" is handed on
##zh server-N    启动第 N 课的服务端，配合另一个终端；ARGS="-addr 127.0.0.1:9000" 会原样传给程序
$(servers): server-%:
	@$(call run,$(folder-$*)/server) $(ARGS)

## client-N      start lesson N's client, in the other terminal; ARGS="-h" lists its flags
##zh client-N    在另一个终端里启动第 N 课的客户端；ARGS="-h" 列出它的参数
$(clients): client-%:
	@$(call run,$(folder-$*)/client) $(ARGS)

## test          run every test, then say which exercises are not begun and were skipped
##zh test        运行全部测试，然后列出还没动手、因而跳过的练习
test:
	@$(call patience,docs/drill,$(if $(zh),全部测试,every test))
	@go test $(ARGS) ./...
	@$(call run,docs/drill)

## exercises     list the exercises: done, failing, not begun, and which one is next
##zh exercises   列出全部练习：已完成、未通过、未开始，以及下一个该做哪个
exercises:
	@$(call run,docs/drill) status $(ARGS)

## watch         grade the current exercise again whenever a file is saved
##zh watch       每次保存文件后，自动重新评判当前的练习
watch:
	@$(call run,docs/drill) watch $(ARGS)

## task-NAME     say what an exercise asks for, for instance: make task-ask
##zh task-NAME   说明某个练习的题目，例如 make task-ask
task-%:
	@$(call run,docs/drill) task $* $(ARGS)

# Make would look for a file hint-.o without these.
task- hint- answer- reset-:
	@echo 'make $@NAME: name an exercise, for instance: make $@ask' >&2; exit 2

## hint-NAME     give the next hint for an exercise
##zh hint-NAME   给出某个练习的下一条提示
hint-%:
	@$(call run,docs/drill) hint $* $(ARGS)

## answer-NAME   show the solution beside your code
##zh answer-NAME 把参考答案和你的代码对照着显示
answer-%:
	@$(call run,docs/drill) answer $* $(ARGS)

## reset-NAME    put the empty exercise back; your work is kept in a named backup
##zh reset-NAME  恢复成空白练习；你写的代码会另存为备份
reset-%:
	@$(call run,docs/drill) reset $* $(ARGS)

## quiz          ask twenty questions, before and after the course; it keeps the two scores
##zh quiz        课前课后各做一遍的二十道题；只记两个分数
quiz:
	@$(call run,docs/drill) quiz $(ARGS)

## errors        provoke every error of the catalogue for real; ARGS is handed on
##zh errors      把错误手册里的错误逐个真实地引发一遍；ARGS 会原样传给程序
errors:
	@$(call run,docs/play) $(ARGS) error

## explain       find the catalogue's entry for a line: make explain E="read: connection reset by peer"
##zh explain     在错误手册里查一行报错：make explain E="read: connection reset by peer"
explain:
	@$(call run,docs/play) $(ARGS) explain "$$E"

## prove         prove the exercises: solutions pass, every planted wrong answer is rejected
##zh prove       证明练习可靠：参考答案全部通过，预设的错误答案全部被拒
prove:
	@$(call run,docs/drill) prove $(ARGS)

## bench         run the benchmarks, beside the peers found on this machine
##zh bench       运行基准测试，并与本机上找到的同类工具对比
bench:
	@bash .ci/bench $(ARGS)

## balance       take servers away behind HAProxy, under load: what callers see
##zh balance       在负载下撤掉 HAProxy 后面的服务端，看来电者会遇到什么
balance:
	@go test -count=1 -v $(ARGS) ./docs/balance

## check         run everything that CI checks
##zh check       运行 CI 的全部检查
check:
	@bash .ci/check $(ARGS)

## clean         remove the programs built by make; nothing of yours
##zh clean       删除 make 编译出的程序；不会动你自己的文件
clean:
	@rm -rf .bin docs/lint/node_modules "$(cached)"

# A number or a name that does not exist gets one line, not "No rule to make target".
lesson-% server-% client-%:
	@: $(error there is no lesson "$*": choose one of $(lessons))
.DEFAULT:
	@: $(error there is no target "$@": run make alone for the list)
