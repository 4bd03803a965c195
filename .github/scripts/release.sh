#!/usr/bin/env bash
# What a release needs, for the workflow and for who prepares one:
#   release.sh check TAG     whether the version of a tag is everywhere where it has to be
#   release.sh notes TAG     its section of CHANGELOG.md
#   release.sh pack OWNER    archive, jar and chart of the last build into target/release, with their sums
set -euo pipefail
cd "${RELEASE_ROOT:-$(dirname "$0")/../..}"
readonly chart=deploy/helm/clickhouse-backup-agent

fail() {
  echo "[ERROR] $*" >&2
  exit 1
}

# The version of the project itself, which is the first one in pom.xml.
pom_version() {
  sed -n 's#^  <version>\(.*\)</version>#\1#p' pom.xml | head -1
}

chart_value() {
  sed -n "s/^$1: *//p" $chart/Chart.yaml
}

check() {
  local version=${1#v} found
  [[ $1 =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "tag: found $1; allowed: vX.Y.Z"
  found=$(pom_version)
  [ "$found" = "$version" ] || fail "pom.xml: version: found $found; allowed: $version, as the tag says"
  for key in version appVersion; do
    found=$(chart_value $key)
    [ "$found" = "$version" ] || fail "$chart/Chart.yaml: $key: found $found; allowed: $version, as the tag says"
  done
  grep -q "image: clickhouse-backup-agent:$version\$" deploy/kubernetes/standalone/agent.yaml ||
    fail "deploy/kubernetes: found another version; allowed: $version, by deploy/kubernetes/generate.sh"
  [ -n "$(notes "$1")" ] || fail "CHANGELOG.md: found no section [$version] with text; allowed: ## [$version] - YYYY-MM-DD"
}

notes() {
  awk -v heading="## [${1#v}]" '
    index($0, "## ") == 1 {on = index($0, heading) == 1; next}
    index($0, "[") == 1 && /^\[[^]]+\]: / {next}
    on {text = text $0 "\n"}
    END {gsub(/^\n+|\n+$/, "", text); if (text != "") print text}' CHANGELOG.md
}

pack() {
  local owner=${1,,} version to=target/release packed
  version=$(pom_version)
  rm -rf $to target/release-chart
  mkdir -p $to
  cp "target/clickhouse-backup-agent-$version-bin.tar.gz" "target/clickhouse-backup-agent-$version.jar" $to
  # What is released names the image that is released with it.
  cp -r $chart target/release-chart
  sed -i "s#^  repository: clickhouse-backup-agent\$#  repository: ghcr.io/$owner/clickhouse-backup-agent#" target/release-chart/values.yaml
  grep -q "^  repository: ghcr.io/$owner/" target/release-chart/values.yaml || fail "values.yaml: found no image.repository to set"
  "${HELM:-target/tools/bin/helm}" package --destination target/release-chart target/release-chart >/dev/null
  packed=$to/clickhouse-backup-agent-chart-$version.tgz
  mv "target/release-chart/clickhouse-backup-agent-$version.tgz" "$packed"
  (cd $to && sha256sum -- * >SHA256SUMS)
}

case ${1-} in
  check | notes | pack)
    [ $# -eq 2 ] || fail "$1: found $(($# - 1)) argument(s); allowed: one"
    "$1" "$2"
    ;;
  *) fail "found '${1-}'; allowed: check TAG, notes TAG, pack OWNER" ;;
esac
