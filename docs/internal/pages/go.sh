#!/bin/sh
# The go of a transcript. "go build -o OUT ./PROGRAM" and "go run ./PROGRAM"
# take the program that go has built and cached, and give a server or a client
# the address of this transcript (a later -addr wins). For all else this
# becomes the real go.
last=
case $1 in
run) package=$2 ;;
build) for package; do [ "$last" = -o ] && out=$package; last=$package; done ;;
esac
real() {
	PATH=$PAGES_PATH
	exec go "$@"
}
case $package in
./*) ;;
*) real "$@" ;;
esac

program=$PAGES_PROGRAMS/${package#./}
ask() { # go run where it keeps the program; one built just now it throws away
	for _ in 1 2 3; do
		at=$(PATH=$PAGES_PATH && cd "$PAGES_ROOT" && go run -exec echo "$package") || exit
		case $at in "$(PATH=$PAGES_PATH && go env GOCACHE)"/*)
			# In one step: another transcript may look for it now.
			mkdir -p "${program%/*}" && ln -s "$at" "$program.$$" && mv -f "$program.$$" "$program"
			return ;;
		esac
	done
}
[ -x "$program" ] || ask
[ -x "$program" ] || real "$@"
case $package in
*/server) address=$PAGES_SERVER ;;
*/client) address=$PAGES_CLIENT ;;
esac

if [ "$1" = build ]; then
	mkdir -p "${out%/*}"
	printf '#!/bin/sh\nexec "%s" %s "$@"\n' "$program" "${address:+-addr $address}" >"$out"
	chmod +x "$out"
	exit
fi
shift 2
"$program" ${address:+-addr "$address"} "$@"
code=$?
[ $code = 0 ] && exit
echo "exit status $code" >&2
exit 1
