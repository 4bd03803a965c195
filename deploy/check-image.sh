#!/usr/bin/env bash
# Builds the image from the Dockerfile and tests it, where there is no Docker: with buildah, on base images
# that are made here from Debian's packages, Maven and a JDK 25. To be run as root.
#
# Leaves target/image/sizes: how large the parts of the image are.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
  echo "check-image: skipped: not root, who makes the base images; .github/workflows/image.yml builds with Docker"
  exit 0
fi
jdk=
for folder in "${JAVA_25_HOME:-}" /usr/lib/jvm/*25*; do
  if [ -n "$folder" ] && [ -x "$folder/bin/jlink" ]; then
    jdk=$folder
    break
  fi
done
if [ -z "$jdk" ]; then
  echo "check-image: skipped: no JDK 25 in JAVA_25_HOME or /usr/lib/jvm"
  exit 0
fi
if ! command -v buildah >/dev/null || ! command -v debootstrap >/dev/null; then
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends buildah debootstrap
fi

export BUILDAH_ISOLATION=chroot
buildah() { command buildah --storage-driver vfs "$@"; }

work=$PWD/target/image
mkdir -p "$work"
if ! [ -f "$work/debian/etc/debian_version" ]; then
  echo "check-image: base images"
  rm -rf "$work/debian"
  debootstrap --variant=minbase trixie "$work/debian" >"$work/debootstrap.log"
fi
# Debian's packages are made of links to elsewhere, which are not in the base image.
rm -rf "$work/jdk" "$work/maven"
cp -rL "$jdk" "$work/jdk"
cp -rL "$(dirname "$(dirname "$(readlink -f "$(command -v mvn)")")")" "$work/maven"

base=$(buildah from scratch)
buildah add -q "$base" "$work/debian" / >/dev/null
buildah commit -q --rm "$base" localhost/check/debian >/dev/null
base=$(buildah from localhost/check/debian)
buildah add -q "$base" "$work/jdk" /opt/jdk >/dev/null
buildah add -q "$base" "$work/maven" /opt/maven >/dev/null
buildah config --env PATH=/opt/jdk/bin:/opt/maven/bin:/usr/bin:/bin "$base"
buildah commit -q --rm "$base" localhost/check/maven >/dev/null

# In place of the published image of clickhouse-backup: what matters is that its binary gets into ours.
base=$(buildah from localhost/check/debian)
printf '#!/bin/sh\necho "clickhouse-backup of the test"\n' >"$work/clickhouse-backup"
chmod +x "$work/clickhouse-backup"
buildah add -q "$base" "$work/clickhouse-backup" /bin/clickhouse-backup >/dev/null
echo "certificates of the test" >"$work/ca-certificates.crt"
buildah add -q "$base" "$work/ca-certificates.crt" /etc/ssl/certs/ca-certificates.crt >/dev/null
buildah commit -q --rm "$base" localhost/check/clickhouse-backup:0.0.0 >/dev/null

build() {
  buildah bud --format docker -v "${M2:-$HOME/.m2}:/root/.m2" \
    --build-arg BUILD_IMAGE=localhost/check/maven --build-arg RUNTIME_IMAGE=localhost/check/debian \
    --build-arg CLICKHOUSE_BACKUP_IMAGE=localhost/check/clickhouse-backup "$@" . >"$work/build.log" 2>&1 ||
    { tail -50 "$work/build.log"; exit 1; }
}
echo "check-image: without the server's binary, which is left out where no version is given"
build -t localhost/check/left-out --target server-chosen
left=$(buildah from localhost/check/left-out)
if [ -n "$(ls -A "$(buildah mount "$left")")" ]; then
  echo "check-image: found files in the stage server-chosen; allowed: none without CLICKHOUSE_BACKUP_VERSION"
  exit 1
fi
buildah rm "$left" >/dev/null
echo "check-image: the image, with the server's binary"
build -t localhost/check/agent --build-arg CLICKHOUSE_BACKUP_VERSION=0.0.0

mvn -B -ntp verify -Pimage -Dimage=localhost/check/agent
