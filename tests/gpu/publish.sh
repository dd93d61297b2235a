#!/usr/bin/env bash
# Packs the C# suites as programs with the .NET runtime inside, and GoogleTest's sources where this machine has them, for
# tests/gpu/run.sh on a machine without .NET and without a network: tests/gpu/publish.sh [FILE], artifacts/gpu-suites.tar.xz by
# default. Of native parts only TorchSharp's is packed: run.sh builds the engine there, and libtorch is that of its PyTorch.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

file=${1:-artifacts/gpu-suites.tar.xz}
folder=artifacts/gpu-suites
rm -rf "$folder"
mkdir -p "$folder"
for suite in TorchSharp.SparseConv.Core.Tests TorchSharp.SparseConv.Tests; do
  # Both into one folder, which holds the runtime once.
  dotnet publish "tests/$suite" -c Release -r linux-x64 --self-contained -o "$folder/programs" -v quiet --nologo \
    -p:StandAlone=true -p:InvariantGlobalization=true -p:SatelliteResourceLanguages=en -p:TorchSharpOnOlderLinux=always
done
rm -f "$folder"/programs/*.pdb "$folder"/programs/lib{sparseconv,torch,c10,gomp,shm,nnapi}*.so*
if [ -f /usr/src/googletest/CMakeLists.txt ]; then
  cp -rL /usr/src/googletest "$folder/googletest"
else
  printf 'publish.sh: no /usr/src/googletest (Debian: libgtest-dev): run.sh needs GoogleTest there\n' >&2
fi
tar -C "$folder" -cJf "$file" .
rm -rf "$folder"
printf '%s, %s\n' "$file" "$(du -h "$file" | cut -f1)"
