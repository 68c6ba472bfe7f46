#!/bin/sh
# start.sh FOLDER: starts two servers and nginx with the configuration beside it, without systemd or containers, for a
# try and for CI. FOLDER gets the store, the logs and a certificate for localhost; Ctrl-C (or TERM) stops all three.
# The ports: PORT_A, PORT_B for the servers (8765, 8766), HTTPS_PORT for nginx (8443). RFLOW names the program.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
rflow=${RFLOW:-rflow} a=${PORT_A:-8765} b=${PORT_B:-8766} https=${HTTPS_PORT:-8443}
url=https://localhost:$https
cd "$folder"

sed -e "s|/var/lib/rflow|$folder|" -e "s|https://rflow.example.com|$url|" "$here/rflow.toml" > rflow.toml
export RFLOW_CONFIG="$folder/rflow.toml" XDG_STATE_HOME="$folder/state"

if [ ! -e localhost.pem ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout localhost.key -out localhost.pem 2> openssl.log
fi
sed -e "s|127.0.0.1:8765|127.0.0.1:$a|" -e "s|127.0.0.1:8766|127.0.0.1:$b|" \
    -e "s|listen 443 ssl|listen 127.0.0.1:$https ssl|" -e "s|rflow.example.com;|localhost;|" \
    -e "s|/etc/ssl/rflow.example.com|$folder/localhost|" "$here/nginx.conf" > site.conf
# Started by root, nginx would answer as another user, who can't write bodies into a FOLDER that is root's.
cat > nginx.conf <<END
daemon off;
$([ "$(id -u)" -ne 0 ] || echo "user root;")
pid $folder/nginx.pid;
error_log $folder/nginx.log;
events { }
http {
    client_body_temp_path $folder/nginx-body;
    proxy_temp_path $folder/nginx-proxy;
    fastcgi_temp_path $folder/nginx-fastcgi;
    uwsgi_temp_path $folder/nginx-uwsgi;
    scgi_temp_path $folder/nginx-scgi;
    include $folder/site.conf;
}
END

pids=
stop() { [ -z "$pids" ] || kill $pids 2> /dev/null || true; }
trap 'stop; wait; exit 0' INT TERM
trap stop EXIT
for port in "$a" "$b"; do
    "$rflow" serve --host 127.0.0.1 --port "$port" --public-url "$url" --log-json \
        --trusted-proxy 127.0.0.1 2> "rflow-$port.log" &
    pids="$pids $!"
done
nginx -p "$folder" -c "$folder/nginx.conf" -e "$folder/nginx.log" &
pids="$pids $!"
echo "Serving $url (Ctrl-C stops)"
wait
