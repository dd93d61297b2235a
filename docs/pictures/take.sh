#!/usr/bin/env bash
# Takes the pictures of docs/viewer.md again, from the pages of the browser tests. Needs chromium, node and pngquant.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
dotnet test tests/TorchSharp.SparseConv.Data.Tests -v quiet -p:DocsPictures=true --filter FullyQualifiedName~DocsPictures
pngquant --force --ext .png --speed 1 256 docs/pictures/{viewer-*,training-report}.png
large=$(find docs/pictures -name '*.png' -size +300k)
[ -z "$large" ] || { echo "larger than 300 kB: $large" >&2; exit 1; }
