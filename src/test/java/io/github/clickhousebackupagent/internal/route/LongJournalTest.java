package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.control.AgentAddress;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nobody who may only read can end an agent, however long it has been making backups. It runs with
 * the memory that the image gives it, and ends where that is not enough.
 */
@Timeout(600)
class LongJournalTest {

    /** Ten years of a backup each hour. */
    private static final int RUNS = 87_600;

    private static final Instant FIRST = Instant.parse("2016-01-01T00:00:00Z");
    private static final DateTimeFormatter ID =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z-'").withZone(ZoneOffset.UTC);

    /** As many as the port has workers. */
    private static final int CALLERS = 20;

    /** As many as may read, or wait until they may. */
    private static final int READERS = 6;

    @TempDir Path directory;

    private static Instant begun(int run) {
        return FIRST.plus(Duration.ofHours(run));
    }

    private static String id(int run) {
        return ID.format(begun(run)) + "%06x".formatted(run);
    }

    private static String backup(int run) {
        return "DIFF_CH_BK_" + ID.format(begun(run)) + run;
    }

    /** Writes what an agent does that makes a DIFF each hour, of which each hundredth fails. */
    private void writeJournal() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("state/node"));
        try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("runs.jsonl"))) {
            for (int run = 0; run < RUNS; run++) {
                boolean fails = run % 100 == 50;
                List<String> events =
                        List.of(
                                "requested\",\"kind\":\"diff\",\"schedule\":\"hourly\",\"due\":\""
                                        + begun(run),
                                "begun\",\"target\":\"node\",\"kind\":\"diff\",\"schedule\":\"hourly",
                                "base-chosen\",\"kind\":\"diff\",\"backup\":\"%s\",\"base\":\"%s"
                                        .formatted(backup(run), backup(run - 1)),
                                "operation-announced\",\"operation\":\"create\",\"backup\":\""
                                        + backup(run),
                                "operation-acknowledged\",\"operation\":\"create\",\"command\":\"create "
                                        + backup(run),
                                "operation-ended\",\"operation\":\"create\",\"status\":\"success",
                                "operation-announced\",\"operation\":\"upload\",\"backup\":\""
                                        + backup(run),
                                "operation-acknowledged\",\"operation\":\"upload\",\"command\":\"upload "
                                        + "x".repeat(900)
                                        + backup(run),
                                "operation-ended\",\"operation\":\"upload\",\"status\":\"success",
                                fails
                                        ? "marker-looked-at\",\"marker\":\"" + backup(run - 1)
                                        : "proven\",\"size\":\"1234567\",\"chain-length\":\"7\",\"backup\":\""
                                                + backup(run),
                                "ended\",\"stage\":\"move-marker\",\"outcome\":\""
                                        + (fails
                                                ? "failed\",\"reason\":\"no space left"
                                                : "success"));
                for (int i = 0; i < events.size(); i++) {
                    out.write(
                            "{\"time\":\"%s\",\"run\":\"%s\",\"event\":\"%s\"}\n"
                                    .formatted(begun(run).plusSeconds(i), id(run), events.get(i)));
                }
            }
        }
    }

    /** The log of a week, of which each run has a part, and one line that is as long as it all. */
    private void writeLog(Path file, int from, int to, boolean packed) throws IOException {
        try (var bytes = Files.newOutputStream(file);
                var plain = packed ? new GZIPOutputStream(bytes) : bytes) {
            for (int run = from; run < to; run++) {
                String line =
                        "%s run=%s target=node operation= [INFO] something of it\n"
                                .formatted(begun(run), id(run));
                plain.write(
                        ("\n##### started at x #####\n" + line + "{ \"x\": 1 }\n".repeat(4_000))
                                .getBytes());
            }
            byte[] part = "x".repeat(1_000_000).getBytes();
            for (int i = 0; i < 80; i++) {
                plain.write(part);
            }
        }
    }

    private Process startAgent() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-Xmx256m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LongJournalTest.class.getName(),
                        directory.toString())
                .redirectError(directory.resolve("errors").toFile())
                .start();
    }

    /** Runs an agent until stdin ends. */
    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        try (SandboxAgent agent =
                SandboxAgent.start(
                        directory,
                        "http://127.0.0.1:1",
                        "schedules: { full: { do: full, cron: \"0 0 0 1 1 ? 2099\" } }\n")) {
            System.out.println("started");
            System.out.flush();
            while (System.in.read() >= 0) {
                continue;
            }
        }
        System.exit(0);
    }

    private record Answer(int status, String body) {}

    private List<Answer> askAtOnce(HttpClient client, URI base, String path) throws Exception {
        return askAtOnce(CALLERS, client, base, path);
    }

    private List<Answer> askAtOnce(int many, HttpClient client, URI base, String path)
            throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(many);
        try {
            HttpRequest call =
                    HttpRequest.newBuilder(URI.create(base + path))
                            .timeout(Duration.ofSeconds(90))
                            .build();
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < many; i++) {
                answers.add(callers.submit(() -> client.send(call, BodyHandlers.ofString())));
            }
            List<Answer> all = new ArrayList<>();
            for (Future<HttpResponse<String>> answer : answers) {
                all.add(new Answer(answer.get().statusCode(), answer.get().body()));
            }
            return all;
        } finally {
            callers.shutdownNow();
        }
    }

    @Test
    void twentyWhoReadTenYearsAtOnceDoNotEndTheAgent() throws Exception {
        writeJournal();
        Path logs = Files.createDirectories(directory.resolve("log"));
        Path old = logs.resolve("node_backup_ch.log.2025-W40.1.gz");
        writeLog(old, RUNS - 400, RUNS - 200, true);
        Files.setLastModifiedTime(old, FileTime.from(begun(RUNS - 199)));
        writeLog(logs.resolve("node_backup_ch.log"), RUNS - 200, RUNS, false);
        assertThat(Files.size(directory.resolve("state/node/runs.jsonl")))
                .isGreaterThan(200L << 20);

        Process agent = startAgent();
        try {
            assertThat(agent.inputReader().readLine()).as("it starts").isEqualTo("started");
            URI base =
                    AgentAddress.read(directory.resolve("state"))
                            .map(found -> URI.create(found.url() + "/api/v1"))
                            .orElseThrow();
            HttpClient client = HttpClient.newHttpClient();
            // What each of the calls has to find.
            Map<String, String> calls =
                    Map.of(
                            "/runs?limit=200",
                            id(RUNS - 200),
                            "/runs?outcome=failed&limit=200",
                            id(RUNS - 50),
                            "/runs?outcome=missed",
                            "[]",
                            "/runs?kind=diff&before=2016-01-03T00:00:00Z",
                            id(47),
                            "/targets/node/backups",
                            backup(RUNS - 99),
                            "/runs/" + id(40_000),
                            "\"outcome\":\"success\"",
                            "/runs/" + id(40_000) + "/events",
                            "\"event\":\"base-chosen\"",
                            "/runs/" + id(RUNS - 300) + "/log",
                            "node_backup_ch.log.2025-W40.1.gz",
                            "/runs/" + id(RUNS - 1) + "/log",
                            "\"cut\":true",
                            "/runs/" + id(40_000) + "/diagram",
                            "<svg ");
            for (Map.Entry<String, String> call : calls.entrySet()) {
                List<Answer> answers = askAtOnce(client, base, call.getKey());
                assertThat(agent.isAlive()).as(call.getKey()).isTrue();
                assertThat(answers)
                        .extracting(Answer::status)
                        .as(call.getKey())
                        .contains(200)
                        .isSubsetOf(200, 503);
                for (Answer answer : answers) {
                    String wanted =
                            answer.status() == 200 ? call.getValue() : "that read journals or logs";
                    assertThat(answer.body().contains(wanted))
                            .as(
                                    call.getKey()
                                            + ": "
                                            + answer.body()
                                                    .lines()
                                                    .findFirst()
                                                    .map(
                                                            line ->
                                                                    line.substring(
                                                                            0,
                                                                            Math.min(
                                                                                    200,
                                                                                    line
                                                                                            .length()))))
                            .isTrue();
                    assertThat(answer.body().length()).isLessThan(2_000_000);
                }
            }
            String nobody = "/runs/20180101T003000Z-ffffff";
            assertThat(askAtOnce(READERS, client, base, nobody))
                    .extracting(Answer::status)
                    .as("it reads around that time only")
                    .containsOnly(404);
            assertThat(askAtOnce(client, base, nobody))
                    .extracting(Answer::status)
                    .contains(404)
                    .isSubsetOf(404, 503);
            assertThat(askAtOnce(client, base, "/status"))
                    .extracting(Answer::status)
                    .containsOnly(200);
            agent.outputWriter().close();
            assertThat(agent.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(agent.exitValue()).isZero();
        } finally {
            agent.destroyForcibly();
        }
    }
}
