#!/bin/sh
# Records what docs/look-inside shows of tcpdump: one call of lesson 2. It
# needs Linux, tcpdump and the right to capture (mostly: sudo), so no test
# runs it. What stands there was printed by
#
#   sudo sh docs/capture.sh
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || :; rm -rf "$dir"' EXIT
server=
go build -o "$dir/" ./02-loops/server ./02-loops/client
"$dir/server" >"$dir/out" &
server=$!
# says FILE WORDS: wait until a program has printed them.
says() { until grep -q "$2" "$1" 2>/dev/null; do sleep 0.1; done; }
says "$dir/out" "listening on"
# A handshake, a question, an answer, two ends: six segments that are more
# than an ACK.
tcpdump -i lo -nn -t -l --immediate-mode -c 6 \
  'tcp port 8080 and tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-push) != 0' >"$dir/seen" 2>"$dir/err" &
says "$dir/err" "listening on lo"
echo hello | "$dir/client"
wait $!
cat "$dir/seen"
