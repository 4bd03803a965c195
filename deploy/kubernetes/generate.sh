#!/usr/bin/env bash
# Makes the manifests of this folder from the chart, or with a folder as argument in there. HELM names the program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
chart=$here/../helm/clickhouse-backup-agent
to=${1:-$here}

for layout in standalone sidecar operator; do
  mkdir -p "$to/$layout"
  {
    echo "# Made from the chart by deploy/kubernetes/generate.sh, with deploy/helm/clickhouse-backup-agent/ci/$layout.yaml."
    # What says that Helm looks after it would not be true.
    "${HELM:-helm}" template clickhouse-backup-agent "$chart" --values "$chart/ci/$layout.yaml" --kube-version 1.30.0 |
      sed -E '/^# Source: /d; /^ *(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): /d; /^  annotations:$/{N;/resource-policy/d}'
  } >"$to/$layout/agent.yaml"
done
