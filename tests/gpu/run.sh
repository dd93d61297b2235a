#!/usr/bin/env bash
# Everything that shows the CUDA engine on a GPU, in one call: tests/gpu/run.sh [FOLDER], artifacts/gpu by default, where logs
# and results go. Needs a C++ compiler and CMake; no CUDA toolkit, no .NET, no network. What the machine does not allow is
# said in one line and left out:
#   the native suites on the device, and every kernel compiled by the NVRTC that is there;
#   memcheck and racecheck, with compute-sanitizer;
#   tests/gpu/bench.py, with a python that has PyTorch for CUDA;
#   the C# suites, from the file of tests/gpu/publish.sh, over that PyTorch's libtorch.
# PYTHON names the python, SPARSECONV_SUITES the file, SPARSECONV_SANITIZED the tests (a filter of GoogleTest) that run under
# compute-sanitizer. Ends with 1 where a part failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

out=$(mkdir -p "${1:-artifacts/gpu}" && cd "${1:-artifacts/gpu}" && pwd) || exit 1
python=${PYTHON:-python3}
suites=${SPARSECONV_SUITES:-artifacts/gpu-suites.tar.xz}
build=$out/build
passed=() failed=() skipped=()

say() { printf '%s\n' "$*" | tee -a "$out/summary.txt"; }

# skip PART REASON
skip() {
  skipped+=("$1")
  say "$1: skipped: $2"
}

# part PART COMMAND...: runs it with its output in PART.log.
part() {
  local name=$1 start=$SECONDS status
  shift
  "$@" >"$out/$name.log" 2>&1
  status=$?
  if [ $status -eq 0 ]; then
    passed+=("$name")
    say "$name: passed in $((SECONDS - start)) s$(told "$name")"
  else
    failed+=("$name")
    say "$name: FAILED with $status after $((SECONDS - start)) s, the end of $out/$name.log:"
    tail -n 15 "$out/$name.log" | tee -a "$out/summary.txt"
  fi
  return $status
}

# The counts of GoogleTest or of NUnit, where the log has them.
told() {
  local line
  line=$(grep -E '^\[==========\] [0-9]+ tests? from .* ran|^ *(total|skipped): [0-9]+' "$out/$1.log" | tr -s ' \n' ' ' | cut -c1-120)
  [ -z "$line" ] || printf ' (%s)' "${line% }"
}

: >"$out/summary.txt"
torch=$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))' 2>/dev/null) || torch=""

# A GPU, or a double of the driver in its place.
has_gpu() {
  [ -n "${SPARSECONV_CUDA_DRIVER:-}" ] || nvidia-smi -L >/dev/null 2>&1 || [ -e /dev/nvidia0 ]
}

describe() {
  local text
  text=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null | head -n 1)
  say "GPU: ${text:-none that nvidia-smi knows}"
  text=""
  [ -z "$torch" ] ||
    text=$("$python" -c 'import torch; print(torch.__version__, "for CUDA", torch.version.cuda, "sees it" if torch.cuda.is_available() else "sees no GPU")')
  say "PyTorch: ${text:-none for $python}"
  say "Compiler: $(c++ --version 2>/dev/null | head -n 1)"
}

# The NVRTC of PyTorch, for programs that do not load libtorch: the first that is a library itself and no companion of one.
find_nvrtc() {
  local file
  [ -z "${SPARSECONV_NVRTC:-}" ] && [ -n "$torch" ] || return 0
  for file in "$torch"/lib/libnvrtc*.so* "$torch"/../nvidia/cuda_nvrtc/lib/libnvrtc.so* "$torch"/../nvidia/cu1[23]/lib/libnvrtc.so*; do
    case $file in
      *builtins* | *.alt.*) ;;
      *)
        if [ -e "$file" ]; then
          SPARSECONV_NVRTC=$(readlink -f "$file")
          export SPARSECONV_NVRTC
          say "NVRTC: $SPARSECONV_NVRTC"
          return 0
        fi
        ;;
    esac
  done
  say "NVRTC: what the system has"
}

unpack() { mkdir -p "$out/suites" && tar -C "$out/suites" -xf "$suites"; }

# GoogleTest from its packed sources, where the system has none.
build_googletest() {
  [ -f "$out/suites/googletest/CMakeLists.txt" ] || return 0
  cmake -S "$out/suites/googletest" -B "$out/googletest" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$out/installed" \
    -DBUILD_GMOCK=OFF && cmake --build "$out/googletest" --target install --parallel
}

build_native() {
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DSPARSECONV_TESTS="$1" -DCMAKE_PREFIX_PATH="$out/installed" &&
    cmake --build "$build" --parallel
}

# The program of a native suite, or nothing.
program() { find "$build" -type f -perm -u+x -name "$1" -print -quit 2>/dev/null; }

native_suites() {
  local name file
  for name in sparseconv_tests sparseconv_compile_tests sparseconv_cuda_tests sparseconv_device_tests; do
    file=$(program "$name")
    if [ -z "$file" ]; then
      skip "$name" "it was not built"
    elif [[ $name = sparseconv_cuda_tests || $name = sparseconv_device_tests ]] && ! has_gpu; then
      skip "$name" "there is no GPU"
    elif [ "$name" = sparseconv_tests ]; then
      part "$name" "$file" --gtest_brief=1 --gtest_output=xml:"$out/$name.xml"
    else
      part "$name" env SPARSECONV_TEST_DEVICE=0 "$file" --gtest_brief=1 --gtest_output=xml:"$out/$name.xml"
    fi
  done
}

sanitized_suites() {
  local file tool
  file=$(program sparseconv_device_tests)
  for tool in memcheck racecheck; do
    if ! command -v compute-sanitizer >/dev/null 2>&1; then
      skip "$tool" "there is no compute-sanitizer"
    elif ! has_gpu; then
      skip "$tool" "there is no GPU"
    elif [ -z "$file" ]; then
      skip "$tool" "sparseconv_device_tests was not built"
    else
      part "$tool" env SPARSECONV_TEST_DEVICE=0 compute-sanitizer --tool "$tool" --error-exitcode 9 \
        "$file" --gtest_brief=1 --gtest_filter="${SPARSECONV_SANITIZED:-*}"
    fi
  done
}

bench() {
  if [ ! -f tests/gpu/bench.py ]; then
    skip bench "there is no tests/gpu/bench.py"
  elif [ -z "$torch" ]; then
    skip bench "$python has no PyTorch"
  elif ! has_gpu; then
    skip bench "there is no GPU"
  else
    part bench env SPARSECONV_NATIVE_PATH="$build/native/libsparseconv.so" "$python" tests/gpu/bench.py "$out"
  fi
}

# What TorchSharp's native part needs and the libtorch of PyTorch lacks: symbols, or whole libraries.
torchsharp_lacks() {
  LD_LIBRARY_PATH="$torch/lib" ldd -r "$out/suites/programs/libLibTorchSharp.so" 2>&1 |
    sed -nE 's/^undefined symbol: ([^\t ]+).*libLibTorchSharp\.so.*/\1/p; s/^[\t ]*([^ ]+) => not found/\1/p' | sort -u
}

managed_suites() {
  local suite filter lacks
  if [ ! -d "$out/suites/programs" ]; then
    skip managed "there is no $suites: tests/gpu/publish.sh makes it"
    return
  fi
  if [ -z "$torch" ]; then
    skip managed "$python has no PyTorch, whose libtorch they run on"
    return
  fi
  lacks=$(torchsharp_lacks)
  if [ -n "$lacks" ]; then
    skip managed "TorchSharp was built for another libtorch, and this PyTorch's lacks $(wc -l <<<"$lacks"): ${lacks//$'\n'/, }"
    return
  fi
  say "TorchSharp finds all its symbols in the libtorch of PyTorch"
  cp "$build/native/libsparseconv.so" "$out/suites/programs/" || return
  export DOTNET_gcServer=0 LD_LIBRARY_PATH="$torch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  for suite in TorchSharp.SparseConv.Core.Tests TorchSharp.SparseConv.Tests; do
    # Those that start a program of their own, or read the repository, are for the machine that builds.
    filter='FullyQualifiedName!~IsaTests&FullyQualifiedName!~NativeLoaderTests&FullyQualifiedName!~ReadmeTests&FullyQualifiedName!~Python'
    part "$suite" "$out/suites/programs/$suite" --no-progress --no-ansi --filter "$filter"
  done
}

describe
if ! command -v cmake >/dev/null 2>&1 || ! command -v c++ >/dev/null 2>&1; then
  say "run.sh: needs CMake 3.24 or newer and a C++20 compiler"
  exit 1
fi
if [ -f "$suites" ]; then
  part unpack unpack && part googletest build_googletest
fi
find_nvrtc
if ! part build build_native ON; then
  skip native "GoogleTest is not installed, or the build failed: see build.log"
  part build-without-tests build_native OFF || exit 1
fi
native_suites
sanitized_suites
bench
managed_suites
say "${#passed[@]} passed, ${#failed[@]} failed, ${#skipped[@]} skipped; all of it in $out"
[ ${#failed[@]} -eq 0 ]
