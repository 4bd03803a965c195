package io.github.clickhousebackupagent.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Who starts the samples gets backups at once, and knows where the passwords are. */
class SamplesTest {

    private static final String ONE = "docker-compose.yml";
    private static final String MANY = "docker-compose.cluster.yml";

    private static final Map<String, String> AGENT_CONFIGS =
            Map.of(ONE, "config/agent.yaml", MANY, "clickhouse/cluster/agent/agent.yaml");

    @ParameterizedTest
    @CsvSource({ONE, MANY})
    void whatIsDeliveredFits(String compose) throws Exception {
        assertThat(problems(compose, Map.of())).isEmpty();
    }

    /**
     * A mistake, and how it is told.
     *
     * @param compose the compose file that is then looked at
     * @param file the file that it is made in
     * @param text what stands there
     * @param instead what is written instead
     * @param told a part of a problem
     */
    record Mistake(String compose, String file, String text, String instead, String told) {

        @Override
        public String toString() {
            return file + ": " + text.strip() + " -> " + instead.strip();
        }
    }

    static Stream<Mistake> mistakes() {
        String agent = AGENT_CONFIGS.get(MANY);
        return Stream.of(
                one("max-size: \"500m\"", "max-size: \"5m\"", "clickhouse: logging"),
                one("restart: unless-stopped", "restart: \"no\"", "clickhouse: restart"),
                one(
                        "pure-ftpd:${FTP_VERSION:-trixie-1.0.50}",
                        "pure-ftpd:latest",
                        "without a version"),
                one("\"127.0.0.1:8123:8123\"", "\"8123:8123\"", "to everybody"),
                one("\"127.0.0.1:21:21\"", "\"127.0.0.1:2121:21\"", "ftpd_server: ports"),
                one("30000-30009:30000-30009", "30000-30008:30000-30008", "ftpd_server: ports"),
                one("30000:30009", "30000:30019", "ports of FTP data"),
                one(
                        "\"127.0.0.1:7171:7171\"",
                        "\"127.0.0.1:7171:7172\"",
                        "clickhouse-backup: ports"),
                one("\"127.0.0.1:8171:8171\"", "\"127.0.0.1:8171:8172\"", "ports of the agent"),
                one(
                        "users.d/backup-users.xml:/etc",
                        "users.d/other.xml:/etc",
                        "no file clickhouse/users.d/other.xml"),
                one("secrets/ftp-password\n", "secrets/ftp\n", "no file clickhouse/secrets/ftp"),
                one(
                        "clickhouse: { condition: service_healthy }",
                        "clickhouse: { condition: service_started }",
                        "until healthy"),
                one("ftpd_server: { condition", "ftp: { condition", "depends on no service: ftp"),
                one(
                        "CLICKHOUSE_PASSWORD=\"$$(cat /run/secrets/clickhouse-password)",
                        "CLICKHOUSE_PASSWORD=\"$$(cat /run/secrets/ftp-password)",
                        "another password of rlbackup"),
                one("FTP_USER_PASS=\"$$(cat", "FTP_PASS=\"$$(cat", "another password of FTP"),
                one(
                        "export RLBACKUP_PASSWORD BACKUP_AGENT_PASSWORD",
                        "export BACKUP_AGENT_PASSWORD",
                        "does not set RLBACKUP_PASSWORD"),
                one(
                        "secrets: [api-password, clickhouse-reader-password]",
                        "secrets: [api-password]",
                        "clickhouse-backup-agent: has secrets"),
                one(
                        "aliases: [clickhouse-backup-api]",
                        "aliases: [api]",
                        "no API at http://clickhouse-backup-api:7171"),
                one("aliases: [ftp]", "aliases: [storage]", "does not reach ftp"),
                one(
                        "API_URL: http://clickhouse-backup-api:7171",
                        "API_URL: http://clickhouse-backup-api:8171",
                        "no API at"),
                one(
                        "API_PASSWORD_FILE: /run/secrets/api-password",
                        "API_PASSWORD_FILE: /run/secrets/ftp-password",
                        "another password than that of the API"),
                one(
                        "CLICKHOUSE_USERNAME: backup_agent",
                        "CLICKHOUSE_USERNAME: rlbackup",
                        "another password of rlbackup"),
                one("HTTP_BIND: 0.0.0.0", "HTTP_BIND: 127.0.0.1", "nobody can call back"),
                one("API_USERNAME: rlAPIuser", "API_USER: rlAPIuser", "takes no variable API_USER"),
                one("DIFF_SATURDAY:-0 0-20/1", "DIFF_SATURDAY:-0 0-19/1", "other schedules"),
                one(
                        "agent-state:/var/lib/clickhouse-backup-agent",
                        "agent-state:/var/lib/agent",
                        "state is not kept"),
                one(
                        "agent-log:/var/log/clickhouse-backup",
                        "agent-log:/var/log",
                        "logs are not kept"),
                one("    tmpfs: [/tmp]\n", "", "locks in /tmp"),
                one(
                        "    read_only: true\n    cap_drop: [ALL]\n    security_opt: [\"no-new-privileges:true\"]\n    ports:\n      - \"127.0.0.1:8171",
                        "    ports:\n      - \"127.0.0.1:8171",
                        "may do more"),
                one(
                        "networks: [database]\n    depends_on:",
                        "networks: [storage]\n    depends_on:",
                        "no API at"),
                one("  ftp-data:\n", "  ftp-data:\n  more-data:\n", "nobody uses more-data"),
                one(
                        "user = \\\"rlAPIuser:",
                        "user = \\\"other:",
                        "health is asked as another user"),
                in(
                        ONE,
                        SampleChecks.BACKUP_CONFIG,
                        "listen: 0.0.0.0:7171",
                        "listen: 0.0.0.0:7172",
                        "listens on 0.0.0.0:7172"),
                in(
                        ONE,
                        SampleChecks.BACKUP_CONFIG,
                        "username: rlbackup",
                        "username: backup",
                        "no user backup"),
                in(
                        ONE,
                        SampleChecks.BACKUP_CONFIG,
                        "host: clickhouse",
                        "host: localhost",
                        "localhost is no service"),
                in(
                        ONE,
                        SampleChecks.BACKUP_CONFIG,
                        "username: rlAPIuser",
                        "username: api",
                        "another user than that of the API"),
                in(
                        ONE,
                        SampleChecks.BACKUP_CONFIG,
                        "username: user",
                        "username: ftp",
                        "ftp.username: ftp"),
                in(
                        ONE,
                        SampleChecks.USERS,
                        "<readonly>1</readonly>",
                        "<readonly>0</readonly>",
                        "backup_agent may write"),
                in(
                        ONE,
                        SampleChecks.USERS,
                        "RLBACKUP_PASSWORD",
                        "PASSWORD",
                        "does not set PASSWORD"),
                many(
                        "CLICKHOUSE_HOST: clickhouse-s2r2",
                        "CLICKHOUSE_HOST: clickhouse-s2r1",
                        "another volume than clickhouse-s2r1"),
                many(
                        "[\"data-s1r2:/var/lib/clickhouse\"]\n  clickhouse-s2r1",
                        "[\"data-s1r1:/var/lib/clickhouse\"]\n  clickhouse-s2r1",
                        "clickhouse-s1r2: not its own volume"),
                many(
                        "{ SHARD: \"02\", REPLICA: \"02\" }",
                        "{ SHARD: \"02\", REPLICA: \"01\" }",
                        "the same shard and replica"),
                many("/{shard}/{replica}", "/{shard}", "shares its backups"),
                many("hostname: clickhouse-s2r1", "hostname: s2r1", "the others know it as s2r1"),
                many(
                        "      backup-s2r1: { condition: service_healthy }\n",
                        "",
                        "does not wait for backup-s2r1"),
                many("127.0.0.1/9181;", "127.0.0.1/2181;", "keeper: not the same port"),
                one("FIRST_FULL:-at-start", "FIRST_FULL:-by-cron", "has no backup until Saturday"),
                in(
                        MANY,
                        agent,
                        "\"45 20 * * 6\", first: at-start",
                        "\"45 20 * * 6\", first: by-cron",
                        "no backup until"),
                in(
                        MANY,
                        SampleChecks.CLUSTER,
                        "<host>clickhouse-s2r2<",
                        "<host>clickhouse-s2r3<",
                        "clickhouse-s2r3"),
                in(
                        MANY,
                        SampleChecks.MACROS,
                        "from_env=\"SHARD\"",
                        "from_env=\"SHARD_NUMBER\"",
                        "no value for the macro shard"),
                in(
                        MANY,
                        agent,
                        "http://backup-s2r2:7171",
                        "http://backup-s2r1:7171",
                        "backs up another ClickHouse"),
                in(MANY, agent, "\"15 */1 * * 1-5,0\"", "\"0 */1 * * 1-5,0\"", "the same minute"),
                in(
                        MANY,
                        agent,
                        "shard1: [shard1-replica1",
                        "shard1: [shard1-replica9",
                        "shard1-replica9"),
                in(MANY, agent, "schedules:\n  shard1", "schedule:\n  shard1", "schedule"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsTold(Mistake mistake) throws Exception {
        String before = Files.readString(Path.of(mistake.file()));
        assertThat(before).contains(mistake.text());

        List<String> problems =
                problems(
                        mistake.compose(),
                        Map.of(mistake.file(), before.replace(mistake.text(), mistake.instead())));

        assertThat(problems).anyMatch(problem -> problem.contains(mistake.told()));
    }

    /** Whoever changes a password changes it there and nowhere else. */
    @Test
    void passwordsStandInTheirFilesOnly() throws Exception {
        try (Stream<Path> samples = Files.walk(Path.of("clickhouse"))) {
            List<Path> files =
                    Stream.concat(Stream.of(Path.of(ONE), Path.of(MANY)), samples)
                            .filter(Files::isRegularFile)
                            .filter(file -> !file.startsWith("clickhouse/secrets"))
                            .filter(file -> !file.toString().endsWith(".md"))
                            .toList();
            assertThat(files).hasSizeGreaterThan(8);
            for (Path file : files) {
                assertThat(Files.readString(file)).as(file.toString()).doesNotContain("Pass123");
            }
        }
        assertThat(new SampleFiles(Map.of()).yaml(SampleChecks.BACKUP_CONFIG).values())
                .noneMatch(section -> ComposeFile.map(section).containsKey("password"));
        assertThat(secret("api-password")).isEqualTo("Pass123");
        assertThat(secret("clickhouse-password")).isEqualTo("Pass123");
        assertThat(secret("ftp-password")).isEqualTo("123");
    }

    /** What the shell agent's sample had; the agent's answers to a server rest on the rest. */
    @Test
    void clickHouseBackupIsConfiguredAsBefore() throws Exception {
        Map<String, Object> config = new SampleFiles(Map.of()).yaml(SampleChecks.BACKUP_CONFIG);
        assertThat(ComposeFile.map(config.get("general")))
                .containsEntry("remote_storage", "ftp")
                .containsEntry("backups_to_keep_local", 6)
                .containsEntry("backups_to_keep_remote", 336)
                .containsEntry("upload_concurrency", 1)
                .containsEntry("download_concurrency", 1)
                .containsEntry("use_resumable_state", true);
        assertThat(ComposeFile.map(config.get("clickhouse")))
                .containsEntry("username", "rlbackup")
                .containsEntry("port", 9000)
                .containsEntry("skip_tables", List.of("system.*"));
        assertThat(ComposeFile.map(config.get("ftp")))
                .containsEntry("compression_format", "tar")
                .containsEntry("compression_level", 1)
                .containsEntry("path", "");
        assertThat(ComposeFile.map(config.get("api")))
                .containsEntry("username", "rlAPIuser")
                .containsEntry("enable_metrics", true)
                .containsEntry("allow_parallel", false)
                .containsEntry("create_integration_tables", false)
                .containsEntry("complete_resumable_after_restart", true)
                .containsEntry(
                        "complete_resumable_after_restart_commands", List.of("upload", "download"));
    }

    private static String secret(String name) throws IOException {
        return Files.readString(Path.of("clickhouse/secrets", name)).stripTrailing();
    }

    private static List<String> problems(String compose, Map<String, String> changed)
            throws IOException {
        return SampleChecks.problems(new SampleFiles(changed), compose, AGENT_CONFIGS.get(compose));
    }

    private static Mistake one(String text, String instead, String told) {
        return in(ONE, ONE, text, instead, told);
    }

    private static Mistake many(String text, String instead, String told) {
        return in(MANY, MANY, text, instead, told);
    }

    private static Mistake in(
            String compose, String file, String text, String instead, String told) {
        return new Mistake(compose, file, text, instead, told);
    }
}
