# For the examples: a weir server of their own on a temporary folder, on the default ports.
# Sourced by every examples/*/run; sets $work, $rest and $kafka, and stops the server at the end.
# More settings: an array `settings` of arguments. Other ports: WEIR_REST_PORT and WEIR_KAFKA_PORT. Another program than ./weir: WEIR.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
weir=${WEIR:-$root/weir}
[ -x "$weir" ] || make -s -C "$root" || exit 1
rest_port=${WEIR_REST_PORT:-8088} kafka_port=${WEIR_KAFKA_PORT:-9092}
rest=http://127.0.0.1:$rest_port kafka=127.0.0.1:$kafka_port
work=$(mktemp -d)
server=

stop_server() {
    [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
    rm -rf "$work"
}
trap stop_server EXIT

"$weir" server --set weir.data.dir="$work/data" --set listeners="$rest" \
    --set weir.kafka.listeners="PLAINTEXT://$kafka" \
    --set ksql.streams.auto.offset.reset=earliest ${settings[@]+"${settings[@]}"} >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    grep -q 'weir is ready' "$work/server.log" && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
done
if ! grep -q 'weir is ready' "$work/server.log"; then
    cat "$work/server.log"
    echo "The server did not start. Is another program on port $rest_port or $kafka_port? Set WEIR_REST_PORT and WEIR_KAFKA_PORT to use others."
    exit 1
fi
