#!/usr/bin/env bash
# Makes of rules.yaml what is a copy of it: a PrometheusRule here, and the file that the chart makes its own of. With a
# folder as argument, below that.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$here/../..}
chart=$to/deploy/helm/clickhouse-backup-agent/files

mkdir -p "$to/deploy/prometheus" "$chart"
cp "$here/rules.yaml" "$chart/rules.yaml"
{
  cat <<'HEAD'
# Made from rules.yaml by deploy/prometheus/generate.sh, for the operator of Prometheus.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: clickhouse-backup-agent
  labels:
    app.kubernetes.io/name: clickhouse-backup-agent
spec:
HEAD
  sed 's/^./  &/' "$here/rules.yaml"
} >"$to/deploy/prometheus/prometheusrule.yaml"
