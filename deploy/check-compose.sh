#!/usr/bin/env bash
# Checks docker-compose.yml and docker-compose.cluster.yml by the library that Docker Compose reads them with: the
# schema, references between services, no key that is out of date. Needs Go 1.24 or newer, and no engine.
# Whether they fit the files that they mount, SamplesTest looks.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v go >/dev/null; then
  echo "check-compose: go not found; install Go 1.24 or newer" >&2
  exit 1
fi
mkdir -p target/tools
# Versions and checksums of what it is built of are in go.mod and go.sum.
(cd deploy/check-compose && export GOFLAGS= && go vet . && go build -o ../../target/tools/check-compose .)

target/tools/check-compose docker-compose.yml docker-compose.cluster.yml > target/tools/compose.yaml
bash -n clickhouse/cluster/initdb/shop.sh

# It must be able to fail: a service that is not there, and a key that is none.
for mistake in 's/ftpd_server: { condition/ftpd: { condition/' 's/healthcheck:/healthchecks:/'; do
  sed "$mistake" docker-compose.yml > target/tools/wrong.yml
  if cmp -s docker-compose.yml target/tools/wrong.yml; then
    echo "check-compose: $mistake changes nothing" >&2
    exit 1
  fi
  if target/tools/check-compose target/tools/wrong.yml >/dev/null 2>&1; then
    echo "check-compose: took a file with $mistake" >&2
    exit 1
  fi
done
echo "check-compose: docker-compose.yml and docker-compose.cluster.yml are well"
