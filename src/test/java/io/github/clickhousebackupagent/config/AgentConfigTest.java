package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AgentConfigTest {

    @Test
    void defaults() throws Exception {
        AgentConfig config = ConfigGroups.parse("");

        assertThat(config.groups()).isEmpty();
        assertThat(config.schedules()).isEmpty();
        assertThat(config.backup()).isEqualTo(BackupConfig.defaults());
        assertThat(config.limits()).isEqualTo(LimitsConfig.defaults());
        assertThat(config.retry()).isEqualTo(RetryConfig.defaults());
        assertThat(config.http()).isEqualTo(HttpConfig.defaults());
        assertThat(config.logDirectory()).isEqualTo(Path.of("/var/log/clickhouse-backup"));
        assertThat(config.stateDirectory()).isEqualTo(Path.of("/var/lib/clickhouse-backup-agent"));
        assertThat(config.zone()).isEqualTo(ZoneId.systemDefault());
        assertThat(config.parallelRuns()).isZero();
        ConfigGroups.assertSchemaDefaults(
                "",
                AgentConfig.of(Map.of(), Map.of()),
                "targets",
                "groups",
                "schedules",
                "backup",
                "limits",
                "retry",
                "http",
                "traces",
                "zone");
    }

    @Test
    void everythingElse() {
        AgentConfig config =
                ConfigGroups.parse(
                        """
                        groups: { all: [ node ] }
                        schedules: { daily: { do: full, cron: 0 1 * * * } }
                        backup: { base: last-full }
                        limits: { call: 1s }
                        retry: { create: 0 }
                        http: { port: 1 }
                        log-directory: logs
                        state-directory: state
                        zone: Asia/Tokyo
                        parallel-runs: 4
                        """);

        assertThat(config.groups()).isEqualTo(Map.of("all", List.of("node")));
        assertThat(config.schedules()).containsOnlyKeys("daily");
        assertThat(config.backup()).isNotEqualTo(BackupConfig.defaults());
        assertThat(config.limits()).isNotEqualTo(LimitsConfig.defaults());
        assertThat(config.retry()).isNotEqualTo(RetryConfig.defaults());
        assertThat(config.http()).isNotEqualTo(HttpConfig.defaults());
        assertThat(config.zone()).isEqualTo(ZoneId.of("Asia/Tokyo"));
        assertThat(config.parallelRuns()).isEqualTo(4);
        assertThat(config.logFile("node")).isEqualTo(Path.of("logs/node_backup_ch.log"));
        assertThat(config.markerFile("node")).isEqualTo(Path.of("logs/.node_last_backup"));
        assertThat(config.stateDirectory("node")).isEqualTo(Path.of("state/node"));
    }

    @Test
    void aScheduleIsForTheTargetsThatItNamesByItselfOrByAGroupOrForAll() {
        AgentConfig config =
                ConfigLoader.system()
                        .parse(
                                "t",
                                """
                                targets:
                                  a: { url: "http://a:1" }
                                  b: { url: "http://b:1" }
                                  c: { url: "http://c:1" }
                                groups: { pair: [ b, c ] }
                                schedules:
                                  everything: { do: full, cron: 0 1 * * * }
                                  one: { do: full, cron: 0 1 * * *, targets: [ a ] }
                                  two: { do: full, cron: 0 1 * * *, targets: [ pair, b ] }
                                """);
        Map<String, List<String>> expected =
                Map.of(
                        "everything", List.of("a", "b", "c"),
                        "one", List.of("a"),
                        "two", List.of("b", "c"));
        expected.forEach(
                (name, targets) -> {
                    ScheduleConfig schedule = config.schedules().get(name);
                    assertThat(config.targetsOf(schedule)).isEqualTo(targets);
                    for (String target : List.of("a", "b", "c", "pair", "nobody")) {
                        assertThat(config.isFor(schedule, target))
                                .as("%s for %s", name, target)
                                .isEqualTo(targets.contains(target));
                    }
                });
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown("parallel-run: 1", "parallel-run", "parallel-runs");
    }
}
