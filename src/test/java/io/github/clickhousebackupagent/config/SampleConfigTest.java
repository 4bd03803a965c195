package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that the image uses: one target by environment alone. */
class SampleConfigTest {

    private static final Path SAMPLE = Path.of("config/agent.yaml");

    @TempDir Path directory;

    @Test
    void anEmptyEnvironmentGivesTheSchedulesOfTheOriginal() {
        AgentConfig config = load(Map.of());

        assertThat(config)
                .isEqualTo(
                        AgentConfig.of(
                                Map.of(
                                        "clickhouse",
                                        TargetConfig.at(
                                                URI.create("http://clickhouse-backup-api:7171"))),
                                Map.of(
                                        "diff-weekdays",
                                        new ScheduleConfig(
                                                BackupKind.DIFF,
                                                "0 */1 * * 1-5,0",
                                                null,
                                                null,
                                                null,
                                                null,
                                                null),
                                        "diff-saturday",
                                        new ScheduleConfig(
                                                BackupKind.DIFF,
                                                "0 0-20/1 * * 6",
                                                null,
                                                null,
                                                null,
                                                null,
                                                null),
                                        "full-saturday",
                                        new ScheduleConfig(
                                                BackupKind.FULL,
                                                "30 20 * * 6",
                                                null,
                                                null,
                                                null,
                                                null,
                                                null))));
    }

    @Test
    void eachVariableOfTheSampleHasItsEffect() throws Exception {
        Map<String, String> set = new LinkedHashMap<>();
        set.put("SERVER", "db1");
        set.put("API_URL", "https://api.example:8443");
        set.put("API_USERNAME", "rlAPIuser");
        set.put("API_PASSWORD", "0123");
        set.put("CLICKHOUSE_URL", "http://ch.example:8123");
        set.put("CLICKHOUSE_USERNAME", "reader");
        set.put("CLICKHOUSE_PASSWORD", "4567");
        set.put("DIFF_WEEKDAYS", "1 * * * 1");
        set.put("DIFF_SATURDAY", "2 * * * 6");
        set.put("FULL_SATURDAY", "3 3 * * 6");
        set.put("FIRST_FULL", "at-start");
        set.put("BASE", "last-full");
        set.put("MAX_CHAIN_LENGTH", "9");
        set.put("WHEN_NO_BASE", "fail");
        set.put("HTTP_BIND", "0.0.0.0");
        set.put("HTTP_PORT", "9000");
        set.put("CALLBACK_URL", "off");
        set.put("HTTP_TOKEN", "8910");
        set.put("HTTP_READ", "token");
        set.put("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
        set.put("OTEL_EXPORTER_OTLP_HEADERS", "x-key=1112");
        set.put("OTEL_SERVICE_NAME", "nightly");
        set.put("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod");
        set.put("LOG_DIRECTORY", "/logs");
        set.put("STATE_DIRECTORY", "/state");
        set.put("TZ", "Asia/Tokyo");

        AgentConfig config = load(set);

        assertThat(config.targets())
                .isEqualTo(
                        Map.of(
                                "db1",
                                new TargetConfig(
                                        URI.create("https://api.example:8443"),
                                        "rlAPIuser",
                                        new Secret("0123"),
                                        null,
                                        URI.create("http://ch.example:8123"),
                                        "reader",
                                        new Secret("4567"),
                                        null,
                                        null)));
        assertThat(config.schedules().values())
                .extracting(ScheduleConfig::cron)
                .containsExactly("1 * * * 1", "2 * * * 6", "3 3 * * 6");
        assertThat(config.schedules().values())
                .extracting(ScheduleConfig::first)
                .containsExactly(First.BY_CRON, First.BY_CRON, First.AT_START);
        assertThat(config.backup())
                .isEqualTo(
                        new BackupConfig(null, null, BasePolicy.LAST_FULL, 9, NoBasePolicy.FAIL));
        assertThat(config.http())
                .isEqualTo(
                        new HttpConfig(
                                "0.0.0.0",
                                9000,
                                "off",
                                new Secret("8910"),
                                null,
                                HttpReaders.TOKEN,
                                null));
        assertThat(config.traces())
                .isEqualTo(
                        new TracesConfig(
                                URI.create("http://collector:4318"),
                                new Secret("x-key=1112"),
                                null,
                                "nightly",
                                "deployment.environment.name=prod"));
        assertThat(config.logDirectory()).isEqualTo(Path.of("/logs"));
        assertThat(config.stateDirectory()).isEqualTo(Path.of("/state"));
        assertThat(config.zone()).isEqualTo(ZoneId.of("Asia/Tokyo"));
        set.put("API_PASSWORD_FILE", "tested below");
        set.put("CLICKHOUSE_PASSWORD_FILE", "tested below");
        set.put("HTTP_TOKEN_FILE", "as those");
        set.put("OTEL_EXPORTER_OTLP_HEADERS_FILE", "as those");
        assertThat(set.keySet()).as("a variable of the sample is missing here").isEqualTo(used());
    }

    @Test
    void thePasswordsMayComeFromFiles() throws Exception {
        Path file = Files.writeString(directory.resolve("secret"), "TopSecret\n");

        AgentConfig config =
                load(
                        Map.of(
                                "API_USERNAME",
                                "api",
                                "API_PASSWORD_FILE",
                                file.toString(),
                                "CLICKHOUSE_URL",
                                "http://ch:8123",
                                "CLICKHOUSE_USERNAME",
                                "reader",
                                "CLICKHOUSE_PASSWORD_FILE",
                                file.toString()));

        TargetConfig target = config.targets().get("clickhouse");
        assertThat(target.password().reveal()).isEqualTo("TopSecret");
        assertThat(target.clickhousePassword().reveal()).isEqualTo("TopSecret");
    }

    private static Set<String> used() throws Exception {
        Matcher matcher = Pattern.compile("\\{\\{env:([A-Z_]+)").matcher(withoutComments());
        Set<String> names = new TreeSet<>();
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    private static String withoutComments() throws Exception {
        return Files.readString(SAMPLE).replaceAll("(?m)^#.*$", "");
    }

    private static AgentConfig load(Map<String, String> environment) {
        return new ConfigLoader(environment::get, Clock.systemUTC()).load(SAMPLE);
    }
}
