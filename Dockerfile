# syntax=docker/dockerfile:1
#
# The image of clickhouse-backup-agent.
#
#   docker build -t clickhouse-backup-agent .
#   docker build -t clickhouse-backup-agent --build-arg CLICKHOUSE_BACKUP_VERSION=2.8.0 .
#
# Three steps: Maven makes the distribution; a JDK makes it a Java runtime of its own and runs its demo, from
# which the cache of classes comes; the image takes both. Base images are pinned, and can be others: they
# need Maven 3.8 and a JDK 25 to build, and glibc and bash to run.

ARG BUILD_IMAGE=maven:3.9-eclipse-temurin-25@sha256:93b8a14ea2f412782e4e842651273b4d903e35cc496284f178fbbe2d67d00976
ARG RUNTIME_IMAGE=debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f

# With a version, the binary of clickhouse-backup is in the image, too, so that one container can run both.
ARG CLICKHOUSE_BACKUP_VERSION=
ARG CLICKHOUSE_BACKUP_IMAGE=altinity/clickhouse-backup

FROM ${BUILD_IMAGE} AS distribution
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/root/.m2 mvn -B -ntp -DskipTests package
WORKDIR /opt/clickhouse-backup-agent
RUN cp -a /build/target/clickhouse-backup-agent/. . \
    && JAVA_HOME= bin/make-runtime \
    && rm -r bin/make-runtime docs

FROM scratch AS server
FROM ${CLICKHOUSE_BACKUP_IMAGE}:${CLICKHOUSE_BACKUP_VERSION:-latest} AS published
FROM scratch AS server-of-version
COPY --from=published /bin/clickhouse-backup /usr/bin/clickhouse-backup
# Whom it trusts where its storage is reached by https; the base image has nobody.
COPY --from=published /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
FROM server${CLICKHOUSE_BACKUP_VERSION:+-of-version} AS server-chosen

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0-SNAPSHOT
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="clickhouse-backup-agent" \
      org.opencontainers.image.description="Schedules, waits for and proves the backups that clickhouse-backup makes." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"

# What is written: logs and markers, journals and state. All else can be read-only.
RUN mkdir -p /var/log/clickhouse-backup /var/lib/clickhouse-backup-agent \
    && chown 10001:10001 /var/log/clickhouse-backup /var/lib/clickhouse-backup-agent \
    && ln -s /opt/clickhouse-backup-agent/bin/clickhouse-backup-agent /usr/local/bin/
COPY --from=server-chosen / /
COPY --from=distribution /opt/clickhouse-backup-agent /opt/clickhouse-backup-agent

# In a container the port is for others, too: servers call back, and probes ask.
ENV HTTP_BIND=0.0.0.0
EXPOSE 8171
VOLUME ["/var/log/clickhouse-backup", "/var/lib/clickhouse-backup-agent"]
WORKDIR /opt/clickhouse-backup-agent
USER 10001:10001

# Alive: the process, and the routes. That a backup is old, or a server is away, is no reason to restart
# the agent: the commands `status` and `check` tell.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/opt/clickhouse-backup-agent/bin/health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/clickhouse-backup-agent/bin/clickhouse-backup-agent"]
CMD ["run"]
