package io.github.clickhousebackupagent.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What most tests use: one user for all there is to do, and a password of its own each time. */
final class OwnInstallation implements Installation {

    private final String secret = UUID.randomUUID().toString();

    @Override
    public Login clickHouse() {
        return new Login("backup", secret);
    }

    @Override
    public Login ftp() {
        return new Login("backup", "loopback-only");
    }

    @Override
    public String ftpPasswordHash() {
        return "$6$rounds=1000$realstack$n2Pi1/4Rrhn29.gmMGqBegNBSBKmjKh0Tz7z/t6CaRVyt7wpclLvRAkiwjqGbUVjBUKf.KGka0zHSVQp1xWJG/";
    }

    @Override
    public Login api() {
        return new Login("api", secret);
    }

    @Override
    public void writeClickHouse(Path folder) throws IOException {
        Files.writeString(
                folder.resolve("users.xml"),
                """
                <?xml version="1.0"?>
                <yandex>
                    <profiles><default/></profiles>
                    <quotas><default/></quotas>
                    <users>
                        <backup>
                            <password>%s</password>
                            <networks><ip>127.0.0.1</ip></networks>
                            <profile>default</profile>
                            <quota>default</quota>
                        </backup>
                    </users>
                </yandex>
                """
                        .formatted(secret));
    }

    @Override
    public List<String> clickHouseCommand(List<String> server) {
        return server;
    }

    @Override
    public List<String> backupServerCommand(
            Path binary, Path folder, Path clickHouseConfig, Ports ports) throws IOException {
        Path file = folder.resolve("clickhouse-backup.yml");
        Files.writeString(
                file,
                """
                general:
                  remote_storage: ftp
                  backups_to_keep_local: 6
                  backups_to_keep_remote: 336
                  upload_concurrency: 1
                  download_concurrency: 1
                  # By default a failure is told after minutes of retries.
                  retries_pause: 1s
                clickhouse:
                  host: 127.0.0.1
                  port: %d
                  username: %s
                  password: %s
                  config_dir: %s
                  skip_tables:
                    - system.*
                ftp:
                  address: 127.0.0.1:%d
                  username: %s
                  password: %s
                  path: /backup
                  compression_format: tar
                  compression_level: 1
                  concurrency: 1
                api:
                  listen: 127.0.0.1:%d
                  username: %s
                  password: %s
                  enable_metrics: true
                  create_integration_tables: false
                """
                        .formatted(
                                ports.clickHouse(),
                                clickHouse().name(),
                                clickHouse().password(),
                                clickHouseConfig,
                                ports.ftp(),
                                ftp().name(),
                                ftp().password(),
                                ports.api(),
                                api().name(),
                                api().password()));
        return List.of(binary.toString(), "--config", file.toString(), "server");
    }

    @Override
    public Map<String, String> environment(Path folder, Ports ports) {
        return Map.of();
    }
}
