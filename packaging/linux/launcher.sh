#!/bin/sh
# vitrine                  opens the window
# vitrine FILE …           opens weights or run configurations in it
# vitrine COMMAND …        runs a command without a window; "vitrine --help" tells about them
set -eu

app=$(dirname "$(dirname "$(readlink -f "$0")")")

# Chromium's sandbox needs user namespaces, or its helper owned by root with the set-uid bit.
sandbox_works() {
  helper="$app/chrome-sandbox"
  if [ -u "$helper" ] && [ "$(stat -c %u "$helper")" = 0 ]; then return 0; fi
  setting kernel/unprivileged_userns_clone 0 && return 1
  setting kernel/apparmor_restrict_unprivileged_userns 1 && return 1
  setting user/max_user_namespaces 0 && return 1
  return 0
}

setting() {
  [ "$(cat "/proc/sys/$1" 2>/dev/null || true)" = "$2" ]
}

open_window() {
  case " $* " in
    *' --no-sandbox '*) ;;
    *)
      if ! sandbox_works; then
        echo "error: this system gives the window no sandbox: type" \
          "\"sudo chown root '$app/chrome-sandbox' && sudo chmod 4755 '$app/chrome-sandbox'\"" >&2
        exit 1
      fi
      ;;
  esac
  exec "$app/vitrine" "$@"
}

run_command() {
@ENVIRONMENT@
  # Images are decoded on these threads, and Node makes four however many cores there are.
  threads=$(($(nproc) + 2))
  [ "$threads" -ge 4 ] || threads=4
  : "${UV_THREADPOOL_SIZE:=$threads}"
  : "${VITRINE_RESOURCES:=$app/resources/samples}"
  export UV_THREADPOOL_SIZE VITRINE_RESOURCES
  exec "$app/resources/node/bin/node" "$app/resources/engine/cli.js" "$@"
}

case "${1-}" in
  '') open_window ;;
  --help | -h) run_command "$@" ;;
  -*) open_window "$@" ;;
esac
if [ -f "$1" ]; then open_window "$@"; fi
run_command "$@"
