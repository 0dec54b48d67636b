# ./build.sh run: a real nginx with Gatehouse, PostgreSQL, Redis and a mail server, in front of two applications that have
# never heard of Gatehouse: a visitors' book for browsers, and Radicale, Debian's calendar server, for calendar clients.

. tools/servers.sh

run_demo() {
    local each
    port=${GATEHOUSE_PORT:-8080}
    url=http://127.0.0.1:$port
    for each in 0 1 2 3 4 5; do
        ! port_taken $((port + each)) ||
            die "port $((port + each)) of 127.0.0.1 is in use; try GATEHOUSE_PORT=8090 ./build.sh run"
    done

    folder=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-run.XXXXXX")
    trap 'stop_all; rm -rf "$folder"' EXIT
    trap 'echo; say "Stopping"; exit 0' INT TERM HUP
    chmod 711 "$folder"
    "${as_nobody[@]}" test -x "$folder" || die "user nobody cannot enter $folder: set TMPDIR to a folder open to all"
    for name in postgres redis smtp radicale book; do
        mkdir -m 700 "$folder/$name"
        [ "$(id -u)" != 0 ] || chown nobody:nogroup "$folder/$name"
    done

    start_postgres
    start_redis
    start_smtp
    start_radicale
    start_book
    write_keys
    start_nginx

    cat <<END

Gatehouse is ready: $url/
Open it in a browser, or:
  curl --json '{"name":"Jane Doe","email":"jane@example.com","password":"SecurePass123"}' $url/auth/register
  token=\$(curl -s --json '{"email":"jane@example.com","password":"SecurePass123"}' $url/auth/login | sed 's/.*"accessToken":"\\([^"]*\\).*/\\1/')
  curl -X PROPFIND -H "Authorization: Bearer \$token" $url/radicale/jane@example.com/
The other dialects, each with users of its own: jsonapi $(site 1)/v1/, csrf $(site 2)/,
form $(site 3)/, bff $(site 4)/api/iam/ with the pages $(site 4)/iam/
One login for two hosts: $(host book)/ and $(host calendar)/, by way of $(host login)/auth/
Mail (try "forgot password") is delivered into $folder/smtp/mails as files.
Logs are in $folder; Ctrl-C stops everything and removes them.
END
    local ended i
    wait -n -p ended 2> /dev/null || true
    for i in "${!pids[@]}"; do
        [ "${pids[i]%:*}" != "$ended" ] || die "${names[i]} ended by itself: $(tail -n 1 "$folder/${names[i]}.log")"
    done
}

start_postgres() {
    local bin data=$folder/postgres/data
    bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    step "Starting PostgreSQL"
    logged "$folder/initdb.log" initdb "${as_nobody[@]}" "$bin/initdb" -D "$data" -U gatehouse -A trust -E UTF8 \
        --no-locale --no-sync
    start_as_nobody postgres INT "$bin/postgres" -D "$data" -k "$folder/postgres" -c listen_addresses=
    wait_for postgres "$bin/pg_isready" -h "$folder/postgres" -U gatehouse -d postgres
    "$bin/createdb" -h "$folder/postgres" -U gatehouse gatehouse
    for migration in sql/*.sql; do
        logged "$folder/psql.log" "$migration" "$bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$folder/postgres" \
            -U gatehouse -d gatehouse -f "$migration"
    done
}

start_redis() {
    step "Starting Redis"
    start_as_nobody redis TERM redis-server --port 0 --unixsocket "$folder/redis/redis.sock" \
        --dir "$folder/redis" --save '' --appendonly yes
    wait_for redis redis-cli -s "$folder/redis/redis.sock" ping
}

# A mail server that delivers nothing: it writes what it accepts into a folder.
start_smtp() {
    step "Starting a mail server"
    smtp_port=$(free_port)
    cp t/http/smtp_server.py "$folder/smtp_server.py"       # nobody may not see the tree
    start_as_nobody smtp TERM /usr/bin/python3 "$folder/smtp_server.py" --port "$smtp_port" --folder "$folder/smtp/mails"
    wait_for smtp port_taken "$smtp_port"
}

# On loopback because Radicale has no Unix sockets. Everybody on this machine can reach it there and claim to be anybody:
# an application that trusts a header must be reachable by nginx only.
start_radicale() {
    step "Starting Radicale, an application behind Gatehouse"
    radicale_port=$(free_port)
    cat > "$folder/radicale.conf" <<END
[server]
hosts = 127.0.0.1:$radicale_port
[auth]
type = http_x_remote_user
[rights]
type = owner_only
[storage]
filesystem_folder = $folder/radicale/collections
END
    start_as_nobody radicale TERM radicale --config "$folder/radicale.conf"
    wait_for radicale port_taken "$radicale_port"
}

start_book() {
    step "Starting the visitors' book, another one"
    book_port=$(free_port)
    cp tools/legacy_app.py "$folder/legacy_app.py"          # nobody may not see the tree
    start_as_nobody book TERM /usr/bin/python3 "$folder/legacy_app.py" "$book_port"
    wait_for book port_taken "$book_port"
}

# One key signs access tokens, another one refresh tokens, and one seals the secrets of second factors.
write_keys() {
    local access refresh data
    access=$(new_key sig ',"alg":"HS256"') refresh=$(new_key gatehouse-refresh ',"alg":"HS256"') data=$(new_key gatehouse-data '')
    (umask 077; printf '{"keys":[%s,%s,%s]}\n' "$access" "$refresh" "$data" > "$folder/keys.json")
}

# new_key USE MORE: with more members of the JWK.
new_key() {
    printf '{"kty":"oct","use":"%s"%s,"kid":"%s","k":"%s"}' "$1" "$2" "$(random 9)" "$(random 32)"
}

random() { head -c "$1" /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

site() { echo "http://127.0.0.1:$((port + $1))"; }

# Browsers take every name below localhost for this machine.
host() { echo "http://$1.localhost:$((port + 5))"; }

# realm NAME OFFSET [on|off] [URL]: the realm of the site at that port after the first, whether it asks by mail to verify an
# e-mail, and its own address. Cookies ignore ports, so each has names of its own.
realm() {
    cat <<END
    gatehouse_realm $1 {
        postgres     "host=$folder/postgres user=gatehouse dbname=gatehouse" pool=2;
        redis        unix:$folder/redis/redis.sock;
        keys         $folder/keys.json;
        public_url   ${4:-$(site "$2")};
        registration open;
        mfa          optional;
        verify_email ${3:-off};   # "off" passes an e-mail to the application at once; "on" or "required" asks by mail
        smtp         smtp://127.0.0.1:$smtp_port from=auth@example.com starttls=off;
        mails        $root/mails;
        cookie       $1;
        cookie_secure off;
        password     blocklist=$root/build/blocklist.txt;
        pages        $root/pages;
        site         "Visitors' book";
    }
END
}

start_nginx() {
    local user= nginx=${GATEHOUSE_NGINX:-/usr/sbin/nginx}
    [ "$(id -u)" != 0 ] || user='user nobody nogroup;'
    step "Starting nginx"
    mkdir "$folder/nginx"
    cat > "$folder/nginx.conf" <<END
load_module $module;
$user
worker_processes 2;
daemon off;
pid $folder/nginx.pid;
error_log stderr notice;
thread_pool gatehouse_hash threads=1;
thread_pool gatehouse_io threads=2;

events {}

http {
    access_log $folder/nginx/access.log;
    client_body_temp_path $folder/nginx/body;
    proxy_temp_path $folder/nginx/proxy;
    fastcgi_temp_path $folder/nginx/fastcgi;
    scgi_temp_path $folder/nginx/scgi;
    uwsgi_temp_path $folder/nginx/uwsgi;

    gatehouse_zone 16m;

$(realm rest 0)

    server {
        listen 127.0.0.1:$port;
        location /auth/     { gatehouse_api rest rest; }
        location /api/auth/ { gatehouse_api rest rest; }
        location /          { gatehouse rest; proxy_pass http://127.0.0.1:$book_port;
                              proxy_set_header Account-Page /auth/account; }

        location /radicale/ {
            gatehouse rest;
            gatehouse_header X-Remote-User \$gatehouse_email;
            proxy_set_header X-Script-Name /radicale;
            proxy_pass http://127.0.0.1:$radicale_port/;
        }
    }

$(realm jsonapi 1)

    server {
        listen 127.0.0.1:$((port + 1));
        location /v1/ { gatehouse_api jsonapi jsonapi; }
        location /    { gatehouse jsonapi; proxy_pass http://127.0.0.1:$book_port; }
    }

$(realm csrf 2)

    server {
        listen 127.0.0.1:$((port + 2));
        location /auth/        { gatehouse_api csrf csrf mount=/; }
        location = /csrf-token { gatehouse_api csrf csrf mount=/; }
        location /             { gatehouse csrf; proxy_pass http://127.0.0.1:$book_port; }
    }

$(realm form 3)

    server {
        listen 127.0.0.1:$((port + 3));
        location /auth/ { gatehouse_api form form mount=/; }
        location /      { gatehouse form; proxy_pass http://127.0.0.1:$book_port; }
    }

$(realm bff 4 on)

    server {
        listen 127.0.0.1:$((port + 4));
        location /api/iam/ { gatehouse_api bff bff; }
        location /iam/     { gatehouse_api bff bff-pages; }
        location /         { gatehouse bff; gatehouse_token_from header=iam-access-token cookie=iam-access-token;
                             proxy_pass http://127.0.0.1:$book_port; proxy_set_header Account-Page /iam/dashboard; }
    }

$(realm hosts 5 off "$(host login)")

    server {
        listen 127.0.0.1:$((port + 5));
        server_name login.localhost;
        location /auth/ { gatehouse_api hosts rest; }
        location = /    { return 302 /auth/account; }
    }

    server {
        listen 127.0.0.1:$((port + 5));
        server_name book.localhost;
        location / { gatehouse hosts; proxy_pass http://127.0.0.1:$book_port;
                     proxy_set_header Account-Page $(host login)/auth/account; }
    }

    server {
        listen 127.0.0.1:$((port + 5));
        server_name calendar.localhost;
        location / {
            gatehouse hosts;
            gatehouse_header X-Remote-User \$gatehouse_email;
            proxy_pass http://127.0.0.1:$radicale_port;
        }
    }
}
END
    [ "$(id -u)" != 0 ] || chmod 711 "$folder/nginx"
    logged "$folder/nginx-t.log" "nginx -t" "$nginx" -e stderr -t -q -p "$folder" -c "$folder/nginx.conf"
    start nginx TERM "$nginx" -e stderr -p "$folder" -c "$folder/nginx.conf"
    wait_for nginx port_taken "$port"
}
