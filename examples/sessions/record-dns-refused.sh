#!/usr/bin/env bash
# Records dns-refused.jsonl: real commands of an engineer against a real name server that refuses a name.
#
# Run as root on a throw-away Linux machine with dnsmasq, nslookup and ip: a name server on 127.0.0.53 knows two names
# and has nobody to ask for others, as one whose zone is paused. $1 is the rflow program to record with; the user
# "sam", made here, must be able to run it.
#
# The code of the session is replaced by the one it had before; all else is as it was recorded.
set -euo pipefail
rflow=$1
here=$(cd "$(dirname "$0")" && pwd)

id sam >/dev/null 2>&1 || useradd --create-home --shell /bin/bash sam
base=$(mktemp -d)
chmod 755 "$base"
dnsmasq --conf-file=/dev/null --no-resolv --no-hosts --keep-in-foreground --listen-address=127.0.0.53 --port=53 \
    --bind-interfaces --address=/files.leeds.example/10.20.0.7 --address=/mail.leeds.example/10.20.0.9 \
    --local=/leeds.example/ --user=nobody --pid-file= &
server=$!
trap 'kill $server; rm -rf "$base"' EXIT
sleep 1
install -d -o sam "$base/work"

cat >"$base/session.sh" <<SESSION
set -euo pipefail
cd "$base/work"
export RFLOW_STORE="$base/work/rflow.db" RFLOW_USER=Sam RFLOW_TERMINAL=recording XDG_STATE_HOME="$base/work/state" XDG_CONFIG_HOME="$base/work/config"
r() { "$rflow" "\$@"; sleep 1; }
r tree add "$here/../trees/dns-client.toml"
r start dns-client --title "intranet.partner.example does not resolve in Leeds" --ticket INC-4732 --customer "Contoso Leeds" --severity 3
r brief --situation "Since 03:10 the partner's intranet can't be opened, other sites can." --impact "Three people of the night shift can't enter orders."
r step "Opened the page in another browser" --result "same error" --at 12m
r run --label "address and routes (from the Linux jump host in Leeds)" -c "ip -brief address; ip route" || true
r done "address and gateway as they should be"
r choose Yes
r choose Yes
r run -- ping -c 2 127.0.0.53 || true
r choose Yes
r run -- nslookup intranet.partner.example. 127.0.0.53 || true
r run -- nslookup files.leeds.example. 127.0.0.53 || true
r choose "Yes, all"
r note "Too fast: only names of our own zone resolve. Going back."
r back
r choose No
r step "Asked the partner's hotline" --result "the name is right and works elsewhere" --pin
r choose "Server failure" --assume --reason "REFUSED from one server only; the second one can't be reached from here"
r step "Looked for a change in the calendar" --result "DNS migration, finished 03:00"
r brief --hypothesis "The forwarder for partner.example was lost in the migration." --ask "Can the DNS team look at the forwarders of 127.0.0.53 since the migration?"
r warn "Don't flush the cache of 127.0.0.53: the night shift's clients live on it."
r wait --for "the DNS team's on-call to answer"
r export -o "$base/work/dns-refused.jsonl"
SESSION
runuser -u sam -- bash "$base/session.sh"
sed -E '1s/"code":"[^"]*"/"code":"XEC8-P9"/' "$base/work/dns-refused.jsonl" >"$here/dns-refused.jsonl"
chmod 644 "$here/dns-refused.jsonl"
