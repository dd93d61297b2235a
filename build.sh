#!/usr/bin/env bash
# The only entry: ./build.sh train|bench|example NAME [arguments of the program] | test | pack | format | TASK [arguments of Cake].
# Installs what the machine lacks, restores the tools, and hands over to build.cake.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

say() { printf '%s\n' "$*" >&2; }
die() { say "build.sh: $*"; exit 1; }

# need COMMAND-OR-TEST PACKAGE...: notes the packages where the command is missing.
missing=()
need() {
  local what=$1
  shift
  command -v "$what" >/dev/null 2>&1 || missing+=("$@")
}

install_missing() {
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null 2>&1 ||
    die "missing: ${missing[*]} (Debian's names). Install them with your system's package manager and run again."
  local sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null ||
      die "missing: ${missing[*]}. Install with: sudo apt-get install -y --no-install-recommends ${missing[*]}"
    sudo="sudo"
  fi
  say "installing: ${missing[*]}"
  local log
  log=$(mktemp)
  { $sudo apt-get update && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt-get could not install ${missing[*]}"; }
  rm -f "$log"
  missing=()
}

# Debian's NVRTC, which its user may fetch but nobody may pass on, unpacked for the tests that compile every CUDA kernel;
# nothing is installed and no source of packages is added. Without it those tests are skipped.
fetch_nvrtc() {
  local folder=artifacts/nvrtc
  [ -z "${SPARSECONV_NVRTC:-}" ] || return 0
  compgen -G "$folder/usr/lib/*/libnvrtc.so.11.2" >/dev/null && return 0
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || return 1
  # shellcheck source=/dev/null
  [ "$(. /etc/os-release && echo "${ID:-}")" = debian ] || return 1
  local codename scratch
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  scratch=$(mktemp -d)
  mkdir -p "$scratch/lists/partial" "$scratch/archives/partial" "$folder"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $codename non-free" >"$scratch/sources.list"
  local options=(-qq -o Dir::Etc::sourcelist="$scratch/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$scratch/lists"
    -o Dir::Cache="$scratch" -o APT::Sandbox::User=root)
  (
    apt-get "${options[@]}" update && cd "$scratch" && apt-get "${options[@]}" download libnvrtc11.2 libnvrtc-builtins11.8
  ) >/dev/null 2>&1 && for package in "$scratch"/*.deb; do dpkg-deb -x "$package" "$folder"; done
  local status=$?
  rm -rf "$scratch"
  return $status
}

task=${1:-test}
[ $# -eq 0 ] || shift
case $task in
  -h | --help | help)
    sed -n '2,3p' "$0" | cut -c3-
    exec dotnet cake build.cake --description
    ;;
esac

command -v dotnet >/dev/null 2>&1 || die "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download"
case $task in
  format | Format | CheckFormat) ;;
  *)
    need cmake cmake
    need g++ g++
    need make make
    need npm nodejs npm
    ;;
esac
case $task in
  test | Test* | Default | format | Format | CheckFormat) need clang-format clang-format ;;
esac
case $task in
  test | Test* | Default | NativeTests | Abi)
    [ -e /usr/include/gtest/gtest.h ] || [ -e /usr/local/include/gtest/gtest.h ] || missing+=(libgtest-dev)
    ;;
esac
install_missing
case $task in
  test | Default)
    # Without a browser the tests of the pages are skipped: not worth stopping for.
    if [ -z "${CHROMIUM:-}" ] && ! command -v chromium >/dev/null 2>&1; then
      missing=(chromium)
      (install_missing) || say "going on without chromium: the tests of the HTML pages will be skipped"
      missing=()
    fi
    fetch_nvrtc || say "going on without NVRTC: the tests that compile the CUDA kernels will be skipped"
    ;;
esac

dotnet tool restore -v quiet >/dev/null || die "dotnet tool restore failed: is a NuGet registry reachable?"
name=()
if [ "$task" = example ]; then
  [ $# -gt 0 ] || die "example NAME [arguments]: NAME is a folder of examples/"
  name=(--name="$1")
  shift
  [ "${1:-}" != -- ] || shift
fi
case $task in
  train | bench | example)
    # What follows belongs to the program, each word quoted for it; Cake refuses an option without a value.
    words=""
    for word; do words+=" \"$word\""; done
    exec dotnet cake build.cake --no-report --verbosity=minimal --target="${task^}" ${name[@]+"${name[@]}"} ${words:+--arguments="$words"}
    ;;
  # Cake's report says how long each step took.
  test) exec dotnet cake build.cake --verbosity=minimal --target=Test "$@" ;;
  pack | format) task="${task^}" ;;
esac
exec dotnet cake build.cake --no-report --verbosity=minimal --target="$task" "$@"
