# How build.sh speaks.

say() { printf '%s\n' "$*"; }
step() { printf '… %s\n' "$*"; }
die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}

# logged FILE WHAT COMMAND…: keeps the command's output in FILE; when it fails, says so with the line that tells why.
logged() {
    local file=$1 what=$2
    shift 2
    mkdir -p "$(dirname "$file")"
    "$@" > "$file" 2>&1 && return
    local why
    why=$(grep -m1 -E '^E: |error: |Error at |undefined reference' "$file" || tail -n1 "$file")
    die "$what failed: $why (all of it: $file)"
}
