package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.config.ScheduleConfig;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.RollingFileAppender;
import org.apache.logging.log4j.core.appender.routing.RoutingAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.Node;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.message.SimpleMessage;
import org.apache.logging.log4j.util.SortedArrayStringMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * What the shell agent did: one test a row of the parity list. Row 11 is tested with the commands.
 */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class ParityTest {

    private static final Clock CLOCK =
            Clock.fixed(Instant.parse("2026-11-22T20:30:00Z"), ZoneOffset.UTC);
    private static final String FULL = "FULL_CH_BK_2026-11-22_20-30-00";
    private static final String DIFF = "DIFF_CH_BK_2026-11-22_20-30-00";

    @TempDir Path directory;

    @Test
    void row01_aFullIsCreatedUnderItsName() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server)) {
            assertThat(agent.full().backup()).isEqualTo(FULL);

            assertThat(Calls.posts(server)).first().isEqualTo("POST /backup/create?name=" + FULL);
        }
    }

    @Test
    void row02_aDiffIsCreatedUnderItsName() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server)) {
            assertThat(agent.diff().backup()).isEqualTo(DIFF);

            assertThat(Calls.posts(server)).first().isEqualTo("POST /backup/create?name=" + DIFF);
        }
    }

    @Test
    void row03_theCreateIsCheckedBeforeTheUpload() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server);
                var gate = server.faults().hold("create")) {
            var run = agent.later("node", BackupKind.FULL);
            await().until(() -> questionsAbout(server, FULL) >= 2);
            assertThat(Calls.uploads(server)).isEmpty();

            gate.open();

            assertThat(run.join().outcome()).isEqualTo(Outcome.SUCCESS);
            List<String> calls = Calls.of(server);
            int upload = calls.indexOf("POST /backup/upload/" + FULL);
            assertThat(calls.subList(0, upload)).contains("GET /backup/actions?filter=" + FULL);
        }
    }

    @Test
    void row04_aFullIsUploadedComplete() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server)) {
            agent.full();

            assertThat(Calls.uploads(server)).containsExactly("POST /backup/upload/" + FULL);
        }
    }

    @Test
    void row05_aDiffIsUploadedAsAnIncrementOnTheLastBackup() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server)) {
            agent.full();
            agent.diff();

            assertThat(Calls.uploads(server))
                    .last()
                    .isEqualTo("POST /backup/upload/" + DIFF + "?diff-from=" + FULL);
        }
    }

    @Test
    void row06_theUploadIsWaitedFor() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server);
                var gate = server.faults().hold("upload")) {
            var run = agent.later("node", BackupKind.FULL);
            await().until(() -> Calls.uploads(server).size() == 1);
            long before = questionsAbout(server, FULL);
            await().until(() -> questionsAbout(server, FULL) >= before + 2);
            assertThat(run).isNotDone();
            assertThat(agent.markerFile()).doesNotExist();

            gate.open();

            assertThat(run.join().outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }

    @Test
    void row07_theMarkerHoldsTheBareNameAfterASuccessOnly() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server)) {
            agent.full();
            assertThat(directory.resolve("log/.node_last_backup"))
                    .hasBinaryContent(FULL.getBytes(java.nio.charset.StandardCharsets.US_ASCII));

            server.faults().next("upload", Ending.error("broken pipe"));
            assertThat(agent.diff().outcome()).isEqualTo(Outcome.FAILED);

            assertThat(agent.marker()).isEqualTo(FULL);
            try (Stream<Path> files = Files.list(directory.resolve("log"))) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .containsExactlyInAnyOrder(".node_last_backup", "node_backup_ch.log");
            }
        }
    }

    @Test
    void row08_aDiffWithoutMarkerIsMadeCompleteWithAWarning() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server)) {
            assertThat(agent.diff().outcome()).isEqualTo(Outcome.SUCCESS);

            assertThat(Calls.uploads(server)).containsExactly("POST /backup/upload/" + DIFF);
            assertThat(agent.log()).contains("[WARNING] " + DIFF).contains("take a FULL first");
            assertThat(agent.marker()).isEqualTo(DIFF);
        }
    }

    @Test
    void row09_theLogTellsTheWholeRun() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server)) {
            agent.full();
            assertThat(directory.resolve("log/node_backup_ch.log"))
                    .content()
                    .startsWith("\n##### started at 2026-11-22_20-30-00 #####\n")
                    .endsWith("\n##### finished at 2026-11-22_20-30-00 #####\n")
                    .contains(
                            """
                            {
                              "status" : "acknowledged",
                              "operation" : "create",
                              "backup_name" : "FULL_CH_BK_2026-11-22_20-30-00",
                            """);

            server.faults().next("create", Ending.error("disk full"));
            agent.diff();
            server.faults().next("upload", Ending.error("no space"));
            agent.diff();

            assertThat(agent.log())
                    .contains("\nCREATE BACKUP ERROR:\ndisk full\n-------------\n")
                    .contains("\nUPLOAD ERROR:\nno space\n-------------\n");
            assertThat(agent.log().split("##### started at ")).hasSize(4);
            assertThat(agent.log().split("##### finished at ")).hasSize(4);
        }
    }

    @Test
    void row09_noSecretIsWrittenAnywhere() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server)) {
            agent.full();
            server.faults().answer("/backup/create", 1, 401, "text/plain", "401 Unauthorized");
            agent.diff();
            server.kill();
            agent.diff();

            String basic =
                    java.util.Base64.getEncoder()
                            .encodeToString(("api:" + SandboxAgent.PASSWORD).getBytes());
            assertThat(agent.everythingWritten())
                    .contains("401")
                    .doesNotContain(SandboxAgent.PASSWORD)
                    .doesNotContain(basic);
            assertThat(server.calls())
                    .allSatisfy(
                            call -> assertThat(call.query()).doesNotContain(SandboxAgent.PASSWORD));
        }
    }

    @Test
    void row10_theConsoleHasColoursAndBoldMessages() {
        LoggerContext context = logging("colours");
        try {
            RoutingAppender console = context.getConfiguration().getAppender("console");
            Node appender =
                    console.getRoutes().getRoute("text-short").getNode().getChildren().get(0);
            String layout = appender.getChildren().get(0).getAttributes().get("pattern");

            assertThat(context.getConfiguration().getStrSubstitutor().replace(layout))
                    .contains("%highlight{")
                    .contains("WARN=bright yellow, INFO=bright green, ERROR=bright red")
                    .contains("%style{%msg}{bold}")
                    .contains("WARN=WARNING");
            assertThat(
                            context.getConfiguration()
                                    .getLoggerConfig("clickhouse-backup-agent.events")
                                    .getAppenderRefs())
                    .extracting(ref -> ref.getRef())
                    .contains("target-log");
        } finally {
            Configurator.shutdown(context);
        }
    }

    @Test
    void row10_theMessagesTellEachStep() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = agent(server)) {
            agent.full();
            server.faults().next("create", Ending.error("disk full"));
            agent.diff();
            server.faults().next("upload", Ending.error("no space"));
            RunResult diff = agent.diff();

            assertThat(agent.log())
                    .contains("[INFO] " + FULL + ": create is in progress")
                    .contains("[INFO] " + FULL + " has been created")
                    .contains("[INFO] " + FULL + ": upload is in progress")
                    .contains("[INFO] " + FULL + " is proven and now the last backup (")
                    .contains("[ERROR] Could not create " + DIFF + ": disk full")
                    .contains("[ERROR] Could not upload " + diff.backup() + ": no space");
        }
    }

    @Test
    void row12_theSchedulesAreThoseOfTheCrontab() {
        AgentConfig config =
                new ConfigLoader(Map.<String, String>of()::get, CLOCK)
                        .load(Path.of("config/agent.yaml"));

        assertThat(config.schedules().values())
                .extracting(ScheduleConfig::kind, ScheduleConfig::cron)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(BackupKind.DIFF, "0 */1 * * 1-5,0"),
                        org.assertj.core.groups.Tuple.tuple(BackupKind.DIFF, "0 0-20/1 * * 6"),
                        org.assertj.core.groups.Tuple.tuple(BackupKind.FULL, "30 20 * * 6"));
        // 2026-11-22 is a Sunday: 24 hours on each of six days, 21 on Saturday, and one FULL.
        Instant end = Instant.parse("2026-11-29T00:00:00Z");
        assertThat(config.schedules().values())
                .extracting(
                        schedule ->
                                CronSchedule.parse(schedule.cron(), ZoneOffset.UTC)
                                        .upcoming(Instant.parse("2026-11-21T23:59:59Z"), 200)
                                        .stream()
                                        .filter(at -> at.isBefore(end))
                                        .count())
                .containsExactly(144L, 21L, 1L);
    }

    @Test
    void row12_aScheduleReallyFires() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.start(
                                directory,
                                server,
                                "schedules: { often: { do: full, cron: '* * * * * ?', zone: '+02:00' } }")) {
            await().until(
                            () ->
                                    agent.results("node").stream()
                                            .anyMatch(run -> run.outcome() == Outcome.SUCCESS));

            assertThat(agent.results("node")).extracting(RunResult::schedule).containsOnly("often");
        }
    }

    @Test
    void row13_eachShardHasItsOwnLogMarkerAndChain() {
        Map<String, SimulatedServer> servers = new LinkedHashMap<>();
        servers.put("shard1-replica1", SandboxAgent.server().start());
        servers.put("shard2-replica1", SandboxAgent.server().start());
        try (SandboxAgent agent = SandboxAgent.start(directory, servers, "", CLOCK)) {
            agent.run("shard1-replica1", BackupKind.FULL);
            agent.run("shard2-replica1", BackupKind.DIFF);

            assertThat(directory.resolve("log/.shard1-replica1_last_backup")).hasContent(FULL);
            assertThat(directory.resolve("log/.shard2-replica1_last_backup")).hasContent(DIFF);
            assertThat(directory.resolve("log/shard1-replica1_backup_ch.log"))
                    .content()
                    .contains(FULL)
                    .doesNotContain("shard2")
                    .doesNotContain(DIFF);
            assertThat(directory.resolve("log/shard2-replica1_backup_ch.log"))
                    .content()
                    .contains(DIFF)
                    .doesNotContain("shard1");
            assertThat(directory.resolve("state/shard1-replica1/runs.jsonl")).exists();
        } finally {
            servers.values().forEach(SimulatedServer::close);
        }
    }

    @Test
    void row14_logsRollCompressedAndFourteenAreKept() throws Exception {
        Path log = directory.resolve("node_backup_ch.log");
        for (int i = 1; i <= 20; i++) {
            Path old =
                    Files.createFile(
                            directory.resolve(log.getFileName() + ".2020-W%02d.1.gz".formatted(i)));
            Files.setLastModifiedTime(
                    old,
                    java.nio.file.attribute.FileTime.from(
                            Instant.parse("2020-01-01T00:00:00Z").plusSeconds(604_800L * i)));
        }
        Path other = Files.createFile(directory.resolve("other_backup_ch.log.2020-W01.1.gz"));
        LoggerContext context = logging("rolling");
        try {
            RoutingAppender routing = context.getConfiguration().getAppender("target-log");
            routing.append(line("before the roll-over"));
            RollingFileAppender rolling =
                    (RollingFileAppender)
                            routing.getAppenders().values().iterator().next().getAppender();
            assertThat(rolling.getFilePattern())
                    .as("a name for each week")
                    .contains("%d{YYYY-'W'ww}")
                    .endsWith(".gz");
            assertThat(rolling.getManager().getTriggeringPolicy().toString()).contains("TimeBased");

            rolling.getManager().rollover();
            routing.append(line("after the roll-over"));

            await().untilAsserted(
                            () -> {
                                assertThat(old(log)).hasSize(14);
                                assertThat(old(log))
                                        .anySatisfy(
                                                file ->
                                                        assertThat(unzipped(file))
                                                                .contains("before the roll-over"));
                            });
            assertThat(log).content().contains("after the roll-over").doesNotContain("before");
            assertThat(other).as("the old log of another target").exists();
        } finally {
            Configurator.shutdown(context);
        }
    }

    private SandboxAgent agent(SimulatedServer server) {
        return SandboxAgent.start(directory, server, "", CLOCK);
    }

    private static long questionsAbout(SimulatedServer server, String backup) {
        return Calls.of(server).stream()
                .filter(call -> call.equals("GET /backup/actions?filter=" + backup))
                .count();
    }

    private static LoggerContext logging(String name) {
        LoggerContext context = new LoggerContext(name, null, Path.of("config/log4j2.xml").toUri());
        context.start();
        return context;
    }

    private Log4jLogEvent line(String text) {
        SortedArrayStringMap values = new SortedArrayStringMap();
        values.putValue("log-directory", directory.toString());
        values.putValue("log-file", "node_backup_ch.log");
        return Log4jLogEvent.newBuilder()
                .setLoggerName("clickhouse-backup-agent.transcript")
                .setLevel(org.apache.logging.log4j.Level.INFO)
                .setMessage(new SimpleMessage(text))
                .setContextData(values)
                .build();
    }

    private static List<Path> old(Path log) throws Exception {
        try (Stream<Path> files = Files.list(log.getParent())) {
            String prefix = log.getFileName() + ".";
            return files.filter(f -> f.getFileName().toString().startsWith(prefix)).toList();
        }
    }

    private static String unzipped(Path file) {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        } catch (java.io.IOException e) {
            return "";
        }
    }
}
