# opened: takes the name of a checkout out of its token, $reference.
opened() {
    token own >/dev/null || untold
    reference=$(raw data.merchantReference | tr -d '"')
}
# said REFERENCE NAME: what the last answer says of a checkout: the value of this name, or all of it.
said() {
    given=$(tr -d '\r\n' <"$work/own.body" | sed "s/$1/ID/g")
    [ -z "$2" ] || given=$(printf '%s\n' "$given" | grep -o "\"$2\" *: *\(\"[^\"]*\"\|[^],}\"]*\)" | head -n 1)
    printf '%s\n' "$given"
}
pack() { openssl base64 -A | tr /+ _- | tr -d =; }
right() { printf %s "$jwt" | openssl dgst -sha256 -hmac "$secret" -binary | pack; }
# decide HEADER CLAIMS HOW ..: makes a decision, $jwt, signed with the secret, with a key in hex, with what the right
# signature begins with and other letters behind it, or with letters alone.
decide() {
    jwt=$1.$(printf %s "$2" | pack)
    case $3 in
    right) jwt=$jwt.$(right) ;;
    key) jwt=$jwt.$(printf %s "$jwt" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$4" -binary | pack) ;;
    begins) jwt=$jwt.$(right | cut -c "1-$4")$5 ;;
    letters) jwt=$jwt.$4 ;;
    esac
}
# paid: a checkout is approved as it should be. What was still in the background is done when that is.
paid() {
    another
    unpaid=$(order "$reference")
    approve
    tries=0
    while approved=$(order "$reference") && [ "$approved" = "$unpaid" ]; do
        tries=$((tries + 1))
        if [ $tries -gt 30 ]; then
            echo 'an approval as it should be does not show in what the CLIENT says of its checkout' >&2
            exit 2
        fi
        sleep 1
    done
}
# crowd MANY: so many others are approved.
crowd() {
    echo "($1 other checkouts are approved)"
    left=$1
    while [ "$left" -gt 0 ]; do
        another
        approve
        left=$((left - 1))
    done
}
