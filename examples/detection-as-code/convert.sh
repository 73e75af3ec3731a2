#!/usr/bin/env bash
# Converts every rule that is not deprecated, yours and the synced ones alike, to native queries.
# The rules are named in order, so that the same rules give the same bytes everywhere.
set -euo pipefail
cd "$(dirname "$0")"
mapfile -t rules < <(grep -rL '^status: deprecated' --include='*.yml' rules | LC_ALL=C sort)
mkdir -p queries
sigma convert --skip-unsupported --target splunk --pipeline socdefenders_splunk \
  --format savedsearches --output queries/savedsearches.conf "${rules[@]}"
sigma convert --skip-unsupported --target lucene --pipeline socdefenders_elastic \
  --output queries/elastic.lucene "${rules[@]}"
