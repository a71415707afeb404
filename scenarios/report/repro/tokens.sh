# token NUMBER: takes the JWT in an answer apart.
token() {
    jwt=$(tr -d '\r\n' <"$work/$1.body" | grep -o 'ey[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*' | head -n 1)
    part=${jwt#*.}
    header=$(unpack "${jwt%%.*}") claims=$(unpack "${part%%.*}")
    [ -n "$jwt" ] && echo "  it says $header $claims"
}
unpack() { echo "$1" | tr _- /+ | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | openssl base64 -d -A; }
untold() {
    if [ $round -gt 1 ]; then
        echo "no more tokens are given"
        round=9999
        return
    fi
    echo "no token was given, so that nothing can be said of it" >&2
    [ -z "$NEXT" ] || echo "Next: $NEXT" >&2
    exit 2
}
# raw NAME: what the token says of it, as it is written there.
raw() {
    case $1 in
    token) echo "$jwt" ;;
    alg) printf %s "$header" ;;
    *) printf %s "$claims" ;;
    esac | if [ "$1" = token ]; then cat; else
        grep -o "\"${1##*.}\" *: *\(\"[^\"]*\"\|[^],}\"]*\)" | head -n 1 | sed -e 's/^"[^"]*" *: *//' -e 's/ *$//'
    fi
}
# claim NAME: the same, with ids and times left out, or whether the signature holds.
claim() {
    case $1 in
    signature)
        right=$(printf %s "${jwt%.*}" | openssl dgst -sha256 -hmac "$secret" -binary | openssl base64 -A | tr /+ _- | tr -d =)
        if [ "${jwt##*.}" = "$right" ]; then echo holds; else echo 'does not hold'; fi
        ;;
    iat)
        raw iat | awk -v now="$(date +%s)" -v clocks="$CLOCKS" '{
            number = $0
            gsub(/"/, "", number)
            right = number ~ /^[0-9]+(\.[0-9]+)?$/ && number - now <= clocks && now - number <= clocks
            gsub(/[0-9]+/, "#")
            print $0 (right ? " now" : " not now")
        } END { if (!NR) print " not now" }'
        ;;
    *)
        raw "$1" | sed -e 's/[0-9a-f]\{8\}\(-[0-9a-f]\{4\}\)\{3\}-[0-9a-f]\{12\}/ID/g' -e 's/[0-9a-f]\{8,\}/ID/g'
        ;;
    esac
}
# again NAME: whether another token said the same before: the claim of one that is drawn from a few comes back.
again() {
    said=$(raw "$1")
    if [ "$1" = token ] || ! grep -qxF -- "$jwt" "$work/tokens" 2>/dev/null; then
        if [ -n "$said" ] && grep -qxF -- "$said" "$work/earlier" 2>/dev/null; then found=yes; fi
        printf '%s\n' "$said" >>"$work/earlier"
    fi
    printf '%s\n' "$jwt" >>"$work/tokens"
}
