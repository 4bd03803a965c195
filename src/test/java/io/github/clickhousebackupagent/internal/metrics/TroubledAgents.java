package io.github.clickhousebackupagent.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clickhousebackupagent.internal.cli.AgentProcess;
import io.github.clickhousebackupagent.sandbox.Damage;
import io.github.clickhousebackupagent.sandbox.Ending;
import io.github.clickhousebackupagent.sandbox.SimulatedBackup;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Agents whose targets go wrong, each in a way of its own: it is called after that. One agent has
 * many targets, the other is started again and again.
 *
 * <p>Not thread-safe. {@link #close()} ends them and their servers.
 */
final class TroubledAgents implements AutoCloseable {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String TOKEN = "tell-nobody";
    private static final int MANY_TIMES = 1000;
    private static final int STARTS = 5;

    /** As many values of one life are seen by Prometheus as to be there at an offset, too. */
    private static final int SCRAPES = 3;

    /** When each target has a backup made. */
    private static final Map<String, String> SCHEDULES =
            Map.ofEntries(
                    Map.entry("healthy", "{ do: full, cron: '*/20 * * * * ?' }"),
                    Map.entry("old", "{ do: full, cron: '*/3 * * * * ?' }"),
                    // More than the 5 s that FasterRules has for 6 hours.
                    Map.entry("never", "{ do: full, cron: '*/6 * * * * ?' }"),
                    Map.entry("damaged", "{ do: diff, cron: '*/3 * * * * ?' }"),
                    Map.entry("unproven", "{ do: full, cron: '*/3 * * * * ?' }"),
                    Map.entry("chained", "{ do: diff, cron: '0 0 4 * * ?' }"),
                    Map.entry("hanging", "{ do: full, cron: '*/3 * * * * ?', overlap: skip }"),
                    Map.entry("paused", "{ do: full, cron: '0 0 4 * * ?' }"),
                    Map.entry("down", "{ do: full, cron: '*/3 * * * * ?' }"),
                    Map.entry("put-back", "{ do: full, cron: '0 0 4 * * ?' }"),
                    Map.entry("taken", "{ do: full, cron: '0 0 4 * * ?' }"));

    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<String, SimulatedServer> servers = new LinkedHashMap<>();
    private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
    private final Path directory;
    private final int port = PrometheusProcess.freePort();
    private final int restartedPort = PrometheusProcess.freePort();
    private final int waitingPort = PrometheusProcess.freePort();
    private AgentProcess restarted;

    private TroubledAgents(Path directory) throws IOException {
        this.directory = directory;
    }

    /** Starts them, and waits until they run. What goes wrong from the beginning does so. */
    static TroubledAgents start(Path directory) throws IOException {
        TroubledAgents agents = new TroubledAgents(directory);
        try {
            agents.startAll();
        } catch (IOException | RuntimeException | AssertionError e) {
            agents.close();
            throw e;
        }
        return agents;
    }

    private void startAll() throws IOException {
        for (String name : SCHEDULES.keySet()) {
            servers.put(name, opened(SimulatedServer.builder().start()));
        }
        opened(servers.get("hanging").faults().hold("upload"));
        for (int i = 0; i < MANY_TIMES; i++) {
            servers.get("never").faults().next("create", Ending.error("no space left on device"));
            servers.get("unproven").faults().next("upload", Ending.damaged(Damage.ABSENT));
        }
        putBackTheClock();
        AgentProcess many = startMany();
        configureRestarted();
        restarted = startRestarted();
        awaitSaid(many, "is running");
        AgentProcess waiting = startWaiting();
        awaitSaid(restarted, "is running");
        awaitSaid(waiting, "stands by");
    }

    private <T extends AutoCloseable> T opened(T one) {
        toClose.push(one);
        return one;
    }

    /** Leaves the journal of a backup that was made while the clock was a year ahead. */
    private void putBackTheClock() throws IOException {
        Instant ahead = Instant.now().plus(Duration.ofDays(365)).truncatedTo(ChronoUnit.SECONDS);
        Path journal = directory.resolve("state/put-back/runs.jsonl");
        Files.createDirectories(journal.getParent());
        Files.writeString(
                journal,
                """
                {"time":"%1$s","run":"r1","event":"begun","target":"put-back","kind":"full"}
                {"time":"%1$s","run":"r1","event":"base-chosen","kind":"full","backup":"FULL_CH_BK_1"}
                {"time":"%1$s","run":"r1","event":"proven","backup":"FULL_CH_BK_1","size":1,"chain-length":1}
                {"time":"%1$s","run":"r1","event":"ended","outcome":"success","stage":"end"}
                """
                        .formatted(ahead));
    }

    /** Where the agent with many targets listens. */
    int port() {
        return port;
    }

    /** Where the one does that is started again and again. */
    int restartedPort() {
        return restartedPort;
    }

    /** Where the one does that stands by. */
    int waitingPort() {
        return waitingPort;
    }

    /** The targets of the one with many, and its schedules, which are called as they are. */
    Set<String> targets() {
        return SCHEDULES.keySet();
    }

    /** How many backups of a target are on remote storage. */
    int backups(String target) {
        return servers.get(target).remote().size();
    }

    /** Lets go wrong what does so in the middle. Returns when all of it has begun. */
    void goWrong(PrometheusProcess prometheus) throws IOException, InterruptedException {
        pause();
        makeAChain(prometheus);
        failAfterASuccess(prometheus);
        damageBackups();
        restart(prometheus);
        takeAway(prometheus, "taken");
        // What is refused would keep that edit from being taken up.
        String limit = "clickhouse_backup_agent_max_chain_length{instance=\"many\"}";
        await().atMost(SOON).until(() -> prometheus.value(limit) == 2);
        Files.writeString(routes().resolve("broken.camel.yaml"), "- route: {\n");
    }

    /** Takes a target out of the configuration, with its schedule. */
    private void takeAway(PrometheusProcess prometheus, String target) throws IOException {
        String promised = "clickhouse_backup_agent:kind_interval_seconds{target=\"%s\"}";
        await().atMost(SOON).until(() -> !prometheus.query(promised.formatted(target)).isEmpty());
        Path config = directory.resolve("many.yaml");
        List<String> without =
                Files.readAllLines(config).stream()
                        .filter(line -> !line.startsWith("  %s:".formatted(target)))
                        .toList();
        Files.write(config, without);
        String told =
                "clickhouse_backup_agent_promised_interval_seconds{instance=\"many\",target=\"%s\"}";
        await().atMost(SOON).until(() -> prometheus.query(told.formatted(target)).isEmpty());
    }

    /** Returns what the agent with many targets tells Prometheus. */
    String scrape() throws IOException, InterruptedException {
        return send(request("/observe/metrics")).body();
    }

    private void pause() throws IOException, InterruptedException {
        HttpResponse<String> answer = post("/api/v1/targets/paused/pause", "{}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /** Three backups, of which only two are allowed afterwards. */
    private void makeAChain(PrometheusProcess prometheus) throws IOException {
        for (String kind : List.of("full", "diff", "diff")) {
            String wish = "{\"kind\": \"%s\"}".formatted(kind);
            // It is refused while the one before is at work.
            await().atMost(SOON)
                    .until(() -> post("/api/v1/targets/chained/runs", wish).statusCode() == 202);
        }
        String length = "clickhouse_backup_agent_last_backup_chain_length{target=\"chained\"}";
        await().atMost(SOON).until(() -> prometheus.value(length) == 3);
        configureMany(2);
    }

    private void failAfterASuccess(PrometheusProcess prometheus) {
        for (String target : List.of("old", "down")) {
            String proven = "clickhouse_backup_agent_last_proof_success{target=\"%s\"}";
            await().atMost(SOON).until(() -> prometheus.value(proven.formatted(target)) == 1);
        }
        for (int i = 0; i < MANY_TIMES; i++) {
            servers.get("old").faults().next("create", Ending.error("no space left on device"));
        }
        servers.get("down").kill();
    }

    /**
     * Of a chain, the base is gone. Of another backup, the server says itself that it is broken.
     */
    private void damageBackups() {
        await().atMost(SOON).until(() -> whole().size() >= 2);
        servers.get("damaged").damage(whole().get(0), Damage.ABSENT);
        int before = whole().size();
        await().atMost(SOON).until(() -> whole().size() > before);
        servers.get("damaged").damage(whole().get(before), Damage.BROKEN);
    }

    /** Returns the backups that are not in the middle of their upload, the oldest first. */
    private List<String> whole() {
        SimulatedServer damaged = servers.get("damaged");
        return damaged.remote().stream()
                .map(SimulatedBackup::name)
                .filter(name -> damaged.completeUploads(name) > 0)
                .toList();
    }

    private void restart(PrometheusProcess prometheus) throws IOException, InterruptedException {
        for (int starts = 1; starts < STARTS; starts++) {
            awaitStarts(prometheus, starts);
            restarted.kill();
            restarted = startRestarted();
        }
        awaitStarts(prometheus, STARTS);
    }

    /** Waits until Prometheus has seen so many starts, and the last of them for a while. */
    private static void awaitStarts(PrometheusProcess prometheus, int starts) {
        String all = "process_start_time_seconds{instance=\"restarted\"}[5m]";
        await().atMost(SOON)
                .until(
                        () -> {
                            Map<String, Integer> seen = new LinkedHashMap<>();
                            for (JsonNode values : prometheus.query(all).findValues("values")) {
                                for (JsonNode value : values) {
                                    seen.merge(value.get(1).asText(), 1, Integer::sum);
                                }
                            }
                            return seen.size() == starts
                                    && List.copyOf(seen.values()).get(starts - 1) >= SCRAPES;
                        });
    }

    private AgentProcess startMany() throws IOException {
        Files.createDirectories(routes());
        try (Stream<Path> files = Files.list(Path.of("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, routes().resolve(file.getFileName().toString()));
            }
        }
        Files.copy(
                Path.of("routes/optional/notify-webhook.camel.yaml"),
                routes().resolve("notify-webhook.camel.yaml"));
        Files.writeString(
                routes().resolve("mine.camel.yaml"),
                """
                - route:
                    id: mine
                    from:
                      uri: direct:on-success/mine
                      steps:
                        - throwException: { exceptionType: "java.lang.IllegalStateException", message: "no mail today" }
                """);
        Path secret = Files.writeString(directory.resolve("secret"), "s3cret\n");
        configureMany(0);
        return opened(
                AgentProcess.start(
                        directory,
                        Map.of(
                                "JAVA_OPTS",
                                "-Xmx128m",
                                "NOTIFY_WEBHOOK_URL",
                                // Nobody listens there.
                                "http://127.0.0.1:1/",
                                "NOTIFY_WEBHOOK_SECRET_FILE",
                                secret.toString()),
                        "run",
                        "--config",
                        directory.resolve("many.yaml").toString(),
                        "--routes",
                        routes().toString()));
    }

    private Path routes() {
        return directory.resolve("routes");
    }

    private void configureMany(int maxChainLength) throws IOException {
        String targets =
                SCHEDULES.keySet().stream()
                        .map(
                                name ->
                                        "  %s: { url: '%s' }\n"
                                                .formatted(name, servers.get(name).uri()))
                        .collect(Collectors.joining());
        String schedules =
                SCHEDULES.entrySet().stream()
                        .map(
                                one ->
                                        "  %s: %s\n"
                                                .formatted(
                                                        one.getKey(),
                                                        one.getValue()
                                                                .replace(
                                                                        " }",
                                                                        ", targets: [%s] }"
                                                                                .formatted(
                                                                                        one
                                                                                                .getKey()))))
                        .collect(Collectors.joining());
        Files.writeString(
                directory.resolve("many.yaml"),
                """
                targets:
                %sschedules:
                %sbackup: { max-chain-length: %d }
                retry: { create: 0, upload: 0 }
                limits: { outage: 1s, settle: 1s, proof: 1s, notice: 1s, stop: 2s }
                http: { port: %d, token: %s }
                log-directory: '%s'
                state-directory: '%s'
                """
                        .formatted(
                                targets,
                                schedules,
                                maxChainLength,
                                port,
                                TOKEN,
                                directory.resolve("log"),
                                directory.resolve("state")));
    }

    /** Starts one as on another machine, where the port of the first is not in its way. */
    private AgentProcess startWaiting() throws IOException {
        Path config =
                Files.writeString(
                        directory.resolve("waiting.yaml"),
                        Files.readString(directory.resolve("many.yaml"))
                                .replace("port: " + port, "port: " + waitingPort));
        return opened(
                AgentProcess.start(
                        directory,
                        Map.of("JAVA_OPTS", "-Xmx96m"),
                        "run",
                        "--stand-by",
                        "--config",
                        config.toString()));
    }

    private void configureRestarted() throws IOException {
        Files.writeString(
                directory.resolve("restarted.yaml"),
                """
                targets: { node: { url: '%s' } }
                schedules: { second: { do: full, cron: '* * * * * ?', catch-up: never } }
                http: { port: %d, callback-url: "off" }
                limits: { settle: 1s }
                log-directory: '%s'
                state-directory: '%s'
                """
                        .formatted(
                                opened(SimulatedServer.builder().start()).uri(),
                                restartedPort,
                                directory.resolve("restarted-log"),
                                directory.resolve("restarted-state")));
    }

    private AgentProcess startRestarted() throws IOException {
        return opened(
                AgentProcess.start(
                        directory,
                        Map.of("JAVA_OPTS", "-Xmx96m"),
                        "run",
                        "--config",
                        directory.resolve("restarted.yaml").toString()));
    }

    private static void awaitSaid(AgentProcess agent, String what) {
        await().atMost(SOON)
                .until(
                        () -> {
                            assertThat(agent.isAlive()).as(agent.errors()).isTrue();
                            return agent.errors().contains(what);
                        });
    }

    private HttpResponse<String> post(String path, String body)
            throws IOException, InterruptedException {
        return send(
                request(path)
                        .header("Authorization", "Bearer " + TOKEN)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(SOON);
    }

    private HttpResponse<String> send(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        while (!toClose.isEmpty()) {
            try {
                toClose.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
