set -u
LC_ALL=C
export LC_ALL
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM

# need VARIABLE WHAT: $secret comes from the environment, or from a file .env beside the caller; it is in no file here.
need() {
    eval "secret=\${$1:-}"
    if [ -z "$secret" ] && [ -f .env ]; then
        secret=$(sed -n "s/^ *\(export *\)\{0,1\}$1 *= *//p" .env | tail -n 1 | sed "s/^\([\"']\)\(.*\)\1 *\$/\2/")
    fi
    if [ -z "$secret" ]; then
        echo "What came: $1 is not set" >&2
        echo "Expected:  $2, in the environment or in a file .env in this folder" >&2
        echo "Next:      $1=... sh $0" >&2
        exit 2
    fi
}

# A new id: a random UUID.
new() {
    openssl rand -hex 16 | sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.*\)$/\1-\2-4\3-a\4-\5/'
}
upper() { printf %s "$1" | tr abcdef ABCDEF; }

# send NUMBER METHOD PATH BODY [options of curl]: sends once; the answer is kept under its number.
send() {
    number=$1 method=$2 path=$3 text=$4
    shift 4
    if printf %s "$text" | curl -sS -g -m "$LIMIT" -o "$work/$number.body" -w '%{http_code} %{content_type} %{time_total}s' \
        -X "$method" "$@" --data-binary @- "$URL$path" >"$work/$number.head" 2>"$work/$number.error"; then
        [ -f "$work/$number.body" ] || : >"$work/$number.body"
        read -r head <"$work/$number.head"
        took=${head##* }
        took=${took%s}
    else
        echo none >"$work/$number.head"
        : >"$work/$number.body"
    fi
    case $number in
    own) ;;
    *)
        {
            echo "#$number $method $path $text"
            echo "  -> $(cat "$work/$number.head") $(cat "$work/$number.body" "$work/$number.error")"
        } | tr -c ' -~\n' '?'
        ;;
    esac
}

# lose: when the next connection is cut, as $instant: another time each, within the seconds that an answer takes.
lose() {
    cuts=$((cuts + 1))
    instant=$(awk "BEGIN { print 0.001 + $took * ($cuts * 0.618 % 1) }")
}
cuts=0 took=0.1

# What was answered to NUMBER on one line: CLIENT ids as they repeat, other numbers left out.
answered() {
    text=$(tr -d '\r\n' <"$work/$1.body" | head -c 400 | tr -c ' -~' '?')
    given=$(printf '%s\n' "$text" | grep -o '"transaction_id" *: *"[^"]*"' | head -n 1 | sed 's/^.*: *//')
    letter=none
    if [ -n "$given" ]; then
        grep -qxF -- "$given" "$work/ids" 2>/dev/null || printf '%s\n' "$given" >>"$work/ids"
        letter=$(grep -nxF -- "$given" "$work/ids" | head -n 1 | cut -d: -f1)
    fi
    printf '%s id %s %s\n' "$(sed 's/ [0-9.]*s$//' "$work/$1.head")" "$letter" "$(
        printf '%s\n' "$text" | sed -e 's/"transaction_id" *: *"[^"]*"/"transaction_id":""/' \
            -e 's/[0-9a-fA-F]\{8\}-[0-9a-fA-F]\{4\}-[0-9a-fA-F]\{4\}-[0-9a-fA-F]\{4\}-[0-9a-fA-F]\{12\}/UUID/g' \
            -e 's/[0-9][0-9]*/#/g'
    )"
}
