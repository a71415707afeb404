need SECURITY_HASH 'the secret that callbacks are signed with'
SECURITY_HASH=$secret
operator_security_hash=$SECURITY_HASH
# Lower-case hex HMAC-SHA256 of a body, and its plain SHA-256.
sign() { printf %s "$1" | openssl dgst -sha256 -hmac "$SECURITY_HASH" | sed 's/^.*= *//'; }
digest() { printf %s "$1" | openssl dgst -sha256 | sed 's/^.*= *//'; }

# accepted NUMBER: whether a wager was.
accepted() {
    # An answer that does not say so plainly is no refusal, unless it is what a bet that nothing covers gets.
    case $(error "$1") in
    '"'[!\"]* | [[{1-9t]* | "$refusal") return 1 ;;
    esac
    grep -q '^2' "$work/$1.head"
}
error() { tr -d '\r\n' <"$work/$1.body" | sed -n 's/^.*"error" *: *//p'; }
# refuse: finds out how bets are refused, where that is not said plainly.
refuse() {
    own bet "$MOST" || return
    refusal=$(error own)
    case $refusal in null* | '') refusal=none && give "$MOST" ;; esac
}
refusal=none MOST=1000000000000000
# decimal UNITS: smallest units as an amount of $currency.
decimal() {
    case $1 in
    -*) printf '%s' - ;;
    esac
    printf "%0$((DECIMALS + 1))d" "${1#-}" | sed "s/\(.\{$DECIMALS\}\)\$/.\1/" | sed 's/\.$//'
}
# own KIND UNITS: a wager of this script's own for $player, in smallest units; says whether it was accepted.
own() {
    amount=$(decimal "$2")
    [ "$DECIMALS" -eq 0 ] || amount=$(echo "$amount" | sed -e 's/0*$//' -e 's/\.$//')
    wager "$1"
    accepted own
}
# wager KIND: sends one of this script's own for $player, of $amount.
wager() {
    own_body "$1"
    send own POST "$OWN_PATH" "$body" -H 'Content-Type: application/json' -H "$HEADER: $(sign "$body")"
}
give() {
    [ "$1" -eq 0 ] || own result "$1" && return
    echo "a result of this script's own was refused: $(cat "$work/own.head" "$work/own.body" "$work/own.error")" >&2
    exit "$UNPAID"
}
# crowd MANY: so many results of nothing, as others' requests came between.
crowd() {
    echo "($1 results of 0 for $player)"
    left=$1 amount=0
    while [ "$left" -gt 0 ]; do
        wager result &
        left=$((left - 1))
        [ $((left % 8)) -ne 0 ] || wait
    done
}
# drain GUESS: takes all that $player has by bets, and says how much it was in $taken: smallest units, a debt below 0.
more() {
    step=1
    while own bet "$step"; do
        taken=$((taken + step)) step=$((step * 2))
        if [ "$step" -gt "$MOST" ]; then
            echo "every bet is accepted, so that no balance can be read" >&2
            give "$taken"
            exit "$UNREFUSED"
        fi
    done
    while [ "$step" -gt 1 ]; do
        step=$((step / 2))
        if own bet "$step"; then taken=$((taken + step)); fi
    done
}
drain() {
    taken=0 lifted=0 lift=1
    if [ "$1" -gt 0 ] && own bet "$1"; then taken=$1; fi
    more
    while [ "$taken" -eq 0 ] && [ "$lift" -lt "$MOST" ]; do
        give "$lift"
        lifted=$((lifted + lift)) lift=$((lift * 2))
        more
    done
    taken=$((taken - lifted))
}
