package io.github.clickhousebackupagent.e2e;

import io.github.clickhousebackupagent.samples.ComposeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code docker compose up} uses: the files in {@code clickhouse/} as they are, and what the
 * containers start, started by the same lines of shell. Only hosts, ports and paths are others, by
 * variables that clickhouse-backup itself knows.
 */
final class SampleInstallation implements Installation {

    private static final Path SAMPLES = Path.of("clickhouse").toAbsolutePath();
    private static final String SECRETS_OF_A_CONTAINER = "/run/secrets/";

    private final ComposeFile compose;

    SampleInstallation() throws IOException {
        compose = ComposeFile.read(Path.of("docker-compose.yml"));
    }

    ComposeFile compose() {
        return compose;
    }

    /** The file of a secret. */
    static Path secret(String name) {
        return SAMPLES.resolve("secrets").resolve(name);
    }

    /** A script of the compose file that reads the secrets where they are here. */
    static String here(String script) {
        return script.replace(SECRETS_OF_A_CONTAINER, SAMPLES.resolve("secrets") + "/");
    }

    @Override
    public Login clickHouse() {
        return new Login("rlbackup", read("clickhouse-password"));
    }

    @Override
    public Login ftp() {
        return new Login("user", read("ftp-password"));
    }

    @Override
    public String ftpPasswordHash() {
        // Of 123.
        return "$6$rounds=1000$samples$TWeXmyDEBszWbIH5H/riiA2qCbCh/Jgj/Wxz5MdzblvtHJ0XU9lQvpSqWa4nc74U0XFkHAkhfBYcmValgN2Sb0";
    }

    @Override
    public Login api() {
        return new Login("rlAPIuser", read("api-password"));
    }

    @Override
    public void writeClickHouse(Path folder) throws IOException {
        // What the image has itself.
        Files.writeString(
                folder.resolve("users.xml"),
                """
                <?xml version="1.0"?>
                <yandex>
                    <profiles><default/></profiles>
                    <quotas><default/></quotas>
                    <users>
                        <default>
                            <password></password>
                            <networks><ip>::/0</ip></networks>
                            <profile>default</profile>
                            <quota>default</quota>
                        </default>
                    </users>
                </yandex>
                """);
        copy("users.d/backup-users.xml", folder);
        copy("config.d/macros.xml", folder);
    }

    private static void copy(String file, Path folder) throws IOException {
        Path target = folder.resolve(file);
        Files.createDirectories(target.getParent());
        Files.copy(SAMPLES.resolve(file), target);
    }

    @Override
    public List<String> clickHouseCommand(List<String> server) {
        return shell("clickhouse", "exec /entrypoint.sh", "exec " + String.join(" ", server));
    }

    @Override
    public List<String> backupServerCommand(
            Path binary, Path folder, Path clickHouseConfig, Ports ports) {
        return shell(
                "clickhouse-backup", "exec clickhouse-backup server", "exec " + binary + " server");
    }

    private List<String> shell(String service, String last, String instead) {
        String script = compose.service(service).startScript();
        if (!script.stripTrailing().endsWith(last)) {
            throw new IllegalStateException(service + " is not started by: " + last);
        }
        return List.of("bash", "-ec", here(script).replace(last, instead));
    }

    @Override
    public Map<String, String> environment(Path folder, Ports ports) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("SHARD", "01");
        environment.put("REPLICA", "02");
        environment.put(
                "CLICKHOUSE_BACKUP_CONFIG", SAMPLES.resolve("backup/config.yml").toString());
        environment.put("CLICKHOUSE_HOST", "127.0.0.1");
        environment.put("CLICKHOUSE_PORT", Integer.toString(ports.clickHouse()));
        environment.put("FTP_ADDRESS", "127.0.0.1:" + ports.ftp());
        environment.put("API_LISTEN", "127.0.0.1:" + ports.api());
        return environment;
    }

    private static String read(String secret) {
        try {
            return Files.readString(secret(secret)).stripTrailing();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
