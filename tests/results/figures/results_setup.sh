#!/usr/bin/env bash
# results_setup.sh TWOSTAGE FOLDER: the smoke result of every study, for the tests that draw them.
set -euo pipefail
twostage=$1 folder=$2
rm -rf "$folder"
mkdir -p "$folder"
for study in $("$twostage" list studies | awk '/^  [^ ]/ {print $1}'); do
  "$twostage" run "$study" --preset smoke --threads 1 --out "$folder/$study.h5" 2>/dev/null
done
