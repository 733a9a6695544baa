#!/bin/sh
# Checks the packet in this directory against the book from which it says that it was made.
#
#   sh verify.sh DATA [KEYS]
#
# DATA is the book's data directory; a copy of its log/ is enough. KEYS is a file with the operator's public keys, a line each,
# had by another way than this packet; without it the packet's own key is taken, which says nothing of whose it is.
# The program replay-tool is $REPLAY_TOOL, or the one in PATH. Nothing is written but to a temporary directory.
# Exit codes: 0 everything holds, 1 something differs, 2 it could not be checked.
set -u
LC_ALL=C
export LC_ALL

period={{period}}
position={{position}}
as_of={{as_of}}
head_events={{size}}
made_by='replay-tool {{program}}'

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo 'wrong use: sh verify.sh DATA [KEYS]' >&2
    exit 2
fi
tool=${REPLAY_TOOL:-replay-tool}
packet=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 2
data=$1
keys=${2:-$packet/keys}
result=0

good() { printf 'good   %s\n' "$1"; }
bad() {
    printf 'BAD    %s\n' "$1"
    result=1
}
could_not() {
    printf '%s\n' "$1" >&2
    exit 2
}
# Shows what a check said, a little to the right.
said() { sed 's/^/       /'; }

version=$("$tool" --version 2>/dev/null) || could_not "there is no program $tool; name replay-tool in REPLAY_TOOL"
if command -v sha256sum >/dev/null 2>&1; then
    check_sums='sha256sum -c'
elif command -v shasum >/dev/null 2>&1; then
    check_sums='shasum -a 256 -c'
else
    could_not 'there is neither sha256sum nor shasum on this machine'
fi
[ -r "$keys" ] || could_not "$keys can't be read; name a file with the operator's public keys"
new=$(mktemp -d) || could_not 'no temporary directory can be made'
trap 'rm -rf "$new"' EXIT
trap 'exit 2' HUP INT TERM

echo "The packet of $period, position $position, as of $as_of"

# Damage on the way.
if (cd "$packet" && $check_sums SHA256SUMS) >"$new/sums" 2>&1; then
    good 'files: each is as SHA256SUMS says'
else
    bad 'files: not each is as SHA256SUMS says'
    grep -v ': OK$' "$new/sums" | said
fi

# The head and the events that are shown, without the book.
for proof in "$packet"/proofs/*.json; do
    [ -e "$proof" ] || continue
    name=proofs/${proof##*/}
    if "$tool" verify-proof "$proof" --keys "$keys" >"$new/proved" 2>&1; then
        good "$name: $(sed -n '1s/^proved: //p' "$new/proved")"
    else
        bad "$name proves nothing"
        said <"$new/proved"
    fi
done

# The book, and the packet made anew from it.
"$tool" --data "$data" packet --period "$period" --position "$position" --as-of "$as_of" \
    --head "$packet/head" --keys "$keys" "$new/packet" >"$new/made" 2>&1
case $? in
0)
    good "book: its first $head_events events are those of which the head was signed"
    if diff -r "$new/packet" "$packet" >"$new/different" 2>&1; then
        good 'packet: made anew from the book, every file is the same to the byte'
    else
        bad 'packet: made anew from the book, it is another one (< from the book, > in this packet)'
        sed "s|$new/packet|anew|g; s|$packet|here|g" "$new/different" | said
        [ "$version" = "$made_by" ] || echo "       It was made by $made_by, and this is $version: words may differ."
    fi
    ;;
1)
    bad 'book: it is not the one of which the head was signed by these keys'
    said <"$new/made"
    ;;
*)
    said <"$new/made" >&2
    [ $result = 1 ] || could_not 'the packet could not be made anew'
    ;;
esac

if [ $# = 1 ]; then
    echo 'note   keys: the one in this packet was taken; have the keys from the operator by another way, and name their file'
fi
if [ $result = 0 ]; then
    echo 'Everything holds.'
else
    echo 'Not everything holds.'
fi
exit $result
