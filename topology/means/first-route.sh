#!/bin/sh
# An own script for `lab compare --with topology/means/first-route.sh`: curl over the first route alone.
set -eu

for url in $LAB_URLS; do
  exec curl --silent --show-error --fail --output "$LAB_OUTPUT" "$url"
done
