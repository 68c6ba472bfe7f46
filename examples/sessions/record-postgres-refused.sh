#!/usr/bin/env bash
# Records postgres-refused.jsonl: real commands of an engineer against a real PostgreSQL that refuses connections.
#
# Run as root on a throw-away Linux machine: it makes a user "maya", a name "shop-db" in /etc/hosts, and a server that
# listens on 127.0.0.1 only, while the application looks for it on 127.0.0.2. $1 is the rflow program to record with;
# maya must be able to run it. Needs PostgreSQL's programs on the PATH or in /usr/lib/postgresql.
#
# The code of the session is replaced by the one that the documentation names; all else is as it was recorded.
set -euo pipefail
rflow=$1
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)

id maya >/dev/null 2>&1 || useradd --create-home --shell /bin/bash maya
base=$(mktemp -d)
chmod 755 "$base"
cp /etc/hosts "$base/hosts.before"
echo "127.0.0.2 shop-db" >>/etc/hosts
install -d -o postgres "$base/data"
runuser -u postgres -- initdb -D "$base/data" >/dev/null
echo "listen_addresses = '127.0.0.1'" >>"$base/data/postgresql.conf"
runuser -u postgres -- pg_ctl -D "$base/data" -o "-p 5433 -k /tmp" -l "$base/data/server.log" -w start >/dev/null
finish() {
    runuser -u postgres -- pg_ctl -D "$base/data" -m fast stop >/dev/null
    cat "$base/hosts.before" >/etc/hosts
    rm -rf "$base"
}
trap finish EXIT

install -d -o maya "$base/work"
cat >"$base/work/shop.env" <<ENV
SHOP_NAME=contoso-retail
DATABASE_URL=postgresql://shop:Leeds-Winter-26@shop-db:5433/shop
ENV

cat >"$base/session.sh" <<SESSION
set -euo pipefail
cd "$base/work"
ln -s "$base/data" pgdata
export RFLOW_STORE="$base/work/rflow.db" RFLOW_USER=Maya RFLOW_TERMINAL=recording XDG_STATE_HOME="$base/work/state" XDG_CONFIG_HOME="$base/work/config"
export PATH="$PATH"
r() { "$rflow" "\$@"; sleep 1; }
r tree add "$here/../trees/postgres-connect.toml"
r start postgres-connect --title "Shop checkout can't reach its database" --ticket INC-4711 --customer "Contoso Retail" --severity 2
r brief --situation "Since 01:50 every checkout fails with a database error." --impact "No orders in the web shop, about 40 a minute at this hour."
r step "Restarted the shop's web container" --result "same error" --at 9m
r run -- psql -h shop-db -p 5433 -U shop -d shop -c "select 1" || true
r choose "Connection refused"
r run -- pgrep -a -o -u postgres postgres || true
r choose Yes
r run -- grep DATABASE_URL shop.env
r choose Yes
r step "Asked the network team what changed" --result "nothing tonight"
r run -- pg_isready -h shop-db -p 5433 || true
r step "Tried from the second web server" --result "refused there, too"
r run -- psql -h shop-db -p 5432 -U shop -d shop -c "select 1" || true
r step "Tried the default port 5432" --result "refused, too"
r note --pin "The server was patched at 01:30 (change CHG-2203). It worked until then."
r run -- cat pgdata/postgresql.conf || true
r step "Looked for listen_addresses in postgresql.conf" --result "permission denied"
r warn "Don't restart shop-db while the invoice run writes to it: ask Robin first."
r change "Put the shop into maintenance mode" --revert "shopctl maintenance off"
r step "Asked the customer for the database login" --result "only their DBA has it"
r step "Checked the disk of the web server" --result "61 % used"
r brief --hypothesis "The patch put back the default listen_addresses." --ask "Can a DBA check listen_addresses on shop-db, and restart PostgreSQL if it is wrong? I have no login there."
r export -o "$base/work/postgres-refused.jsonl"
SESSION
runuser -u maya -- bash "$base/session.sh"
sed -E '1s/"code":"[^"]*"/"code":"V6HJ-VG"/' "$base/work/postgres-refused.jsonl" >"$here/postgres-refused.jsonl"
chmod 644 "$here/postgres-refused.jsonl"
