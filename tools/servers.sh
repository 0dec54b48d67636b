# Servers of the demonstration: started one by one in $folder, ended together by process id, the last one first.
# When the caller is root they run as nobody: PostgreSQL refuses root, and nothing here needs it.

pids=() names=()

as_nobody=()
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid nobody --regid nogroup --clear-groups)

# start NAME END COMMAND…: END is the signal that ends it in good order, also when this script dies without a word.
# A session of its own keeps it from the terminal's Ctrl-C: stop_all ends them, in order.
start() {
    local name=$1 end=$2
    shift 2
    setsid setpriv --pdeathsig "$end" "$@" > "$folder/$name.log" 2>&1 < /dev/null &
    keep "$name" "$end"
}

# The same as nobody. A change of user clears the death signal, so that comes last.
start_as_nobody() {
    local name=$1 end=$2
    shift 2
    setsid "${as_nobody[@]}" setpriv --pdeathsig "$end" "$@" > "$folder/$name.log" 2>&1 < /dev/null &
    keep "$name" "$end"
}

keep() {
    local name=$1 end=$2
    pids+=("$!:$end")
    names+=("$name")
}

# wait_for NAME COMMAND…: until the command succeeds; 20 s at most.
wait_for() {
    local name=$1 last=${pids[-1]%:*} i
    shift
    for ((i = 0; i < 200; i++)); do
        "$@" > /dev/null 2>&1 && return
        kill -0 "$last" 2> /dev/null || break
        sleep 0.1
    done
    die "$name did not start: $(tail -n 3 "$folder/$name.log")"
}

stop_all() {
    local i pid end tries
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        pid=${pids[i]%:*} end=${pids[i]#*:}
        kill -s "$end" "$pid" 2> /dev/null || continue
        for ((tries = 0; tries < 100; tries++)); do
            kill -0 "$pid" 2> /dev/null || continue 2
            sleep 0.1
        done
        kill -s KILL "$pid" 2> /dev/null
    done
    pids=()
}

# Does anybody listen on this port of 127.0.0.1?
port_taken() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

free_port() {
    local port
    for ((;;)); do
        port=$((RANDOM % 12768 + 20000))     # those above are for outgoing connections
        port_taken $port || break
    done
    echo $port
}
