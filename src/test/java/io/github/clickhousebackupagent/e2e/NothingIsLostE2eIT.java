package io.github.clickhousebackupagent.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.clickhousebackupagent.internal.cli.AgentProcess;
import io.github.clickhousebackupagent.internal.cli.AgentProcess.Ended;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The agent, the server, the storage and the database are each ended in the middle of a run. The
 * run must come to its end by itself all the same, with one success in the journal and one copy in
 * the storage, and what the marker names must bring back every row that was there when the backup
 * was made.
 */
@Tag("e2e")
class NothingIsLostE2eIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(20);

    /** As often as can be, where the moment counts. */
    private static final Duration AT_ONCE = Duration.ofMillis(1);

    private static final int PARTS = 4;

    /** A quarter of a megabyte: an upload is resumed in the middle, not from its start. */
    private static final int ROWS_OF_A_PART = 2_000;

    /**
     * Uploads take some seven seconds, more than an agent needs to start. In kilobytes a second.
     */
    private static final int SLOW = 400;

    /** So many that a create takes a second. */
    private static final int TABLES = 150;

    private static RealStack stack;
    private static RealApi api;

    private final List<AgentProcess> agents = new ArrayList<>();

    @TempDir Path directory;

    @BeforeAll
    static void start() throws IOException {
        stack = RealStack.startGiven();
        api = new RealApi(stack);
    }

    @AfterAll
    static void close() {
        if (stack != null) {
            stack.close();
        }
    }

    @BeforeEach
    void aTableOfFourPartsAndNoBackups() throws IOException {
        stack.throttleFtp(0);
        stack.startWhatIsDown();
        await("the server to be idle", () -> api.running().isEmpty());
        api.deleteLocalBackups();
        stack.emptyStorage();
        stack.createShop();
        insertParts();
        configure();
    }

    @AfterEach
    void endAgents() throws Exception {
        for (AgentProcess agent : agents) {
            agent.kill();
        }
    }

    @Test
    void serverKilledInMidUploadOfAFull() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("full", "--json");
        awaitMidUpload(agent);
        insertParts();

        stack.killBackupServer();
        stack.throttleFtp(0);
        stack.startBackupServer();

        succeeded(agent);
        assertNothingIsLost(content, 1);
    }

    @Test
    void serverKilledInMidUploadOfADiffOnALocalBase() throws Exception {
        succeeded(agent("full", "--json"));
        insertParts();
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("diff", "--json");
        awaitMidUpload(agent);
        insertParts();

        stack.killBackupServer();
        stack.throttleFtp(0);
        stack.startBackupServer();

        succeeded(agent);
        assertNothingIsLost(content, 2, 2);
    }

    @Test
    void serverKilledInMidUploadOfADiffOnARemoteBase() throws Exception {
        succeeded(agent("full", "--json"));
        api.deleteLocalBackups();
        insertParts();
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("diff", "--json");
        awaitMidUpload(agent);

        stack.killBackupServer();
        stack.throttleFtp(0);
        stack.startBackupServer();

        succeeded(agent);
        assertNothingIsLost(content, 2, 2);
    }

    /** 2.4 tries to resume the first DIFF, too, fails at it, and goes no further. */
    @Test
    void serverKilledInMidUploadOfTheSecondDiff() throws Exception {
        succeeded(agent("full", "--json"));
        insertParts();
        succeeded(agent("diff", "--json"));
        insertParts();
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("diff", "--json");
        awaitMidUpload(agent);

        stack.killBackupServer();
        stack.throttleFtp(0);
        stack.startBackupServer();

        succeeded(agent);
        assertNothingIsLost(content, 3, 2);
    }

    @Test
    void serverKilledInMidUploadThatResumesNothing() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("full", "--json");
        awaitMidUpload(agent);

        stack.killBackupServer();
        stack.throttleFtp(0);
        stack.startBackupServerThatResumesNothing();

        succeeded(agent);
        assertNothingIsLost(content, 1, 2);
    }

    @Test
    void serverKilledTwiceInOneUpload() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("full", "--json");
        String backup = awaitMidUpload(agent);
        stack.killBackupServer();
        stack.startBackupServer();
        await("the next part", agent, () -> parts(backup) >= 3);

        stack.killBackupServer();
        stack.throttleFtp(0);
        stack.startBackupServer();

        succeeded(agent);
        assertNothingIsLost(content, 1);
    }

    /**
     * In a container the server is process 1 each time. 2.8 takes the mark of the killed one for
     * its own, and never touches the backup again: only another one can save the run.
     */
    @Test
    void serverKilledInMidUploadThatTakesItselfForTheKilledOne() throws Exception {
        assumeTrue(stack.canStartProcess1(), "needs the right to make a PID namespace");
        String content = content();
        stack.killBackupServer();
        stack.startBackupServerAsProcess1();
        try {
            stack.throttleFtp(SLOW);
            AgentProcess agent = agent("full", "--json");
            awaitMidUpload(agent);

            stack.killBackupServer();
            stack.throttleFtp(0);
            stack.startBackupServerAsProcess1();

            succeeded(agent);
            figure("made-anew=%d", events("renamed"));
            String backup = assertOneSuccessEach(1).get(0);
            assertThat(storage(false)).containsExactly(backup);
            assertRestores(content);
        } finally {
            // A process 1 runs on every machine: what the next test kills would be held for alive.
            stack.killBackupServer();
            stack.startBackupServer();
        }
    }

    @Test
    void serverKilledInMidCreate() throws Exception {
        createTables();
        String content = content();
        AgentProcess agent = agent("full", "--json");
        awaitMidCreate(agent);

        stack.killBackupServer();
        stack.startBackupServer();

        succeeded(agent);
        assertNothingIsLost(content, 1);
    }

    @Test
    void agentKilledInMidCreate() throws Exception {
        createTables();
        String content = content();
        AgentProcess agent = agent("full", "--json");
        awaitMidCreate(agent);

        agent.kill();

        startAgainUntilAllHaveEnded();
        assertNothingIsLost(content, 1);
    }

    @Test
    void agentAndServerKilledInMidCreate() throws Exception {
        createTables();
        String content = content();
        AgentProcess agent = agent("full", "--json");
        awaitMidCreate(agent);

        stack.killBackupServer();
        agent.kill();
        stack.startBackupServer();

        startAgainUntilAllHaveEnded();
        assertNothingIsLost(content, 1);
    }

    @Test
    void agentKilledInMidUploadAndBackBeforeItsEnd() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("full", "--json");
        String backup = awaitMidUpload(agent);
        insertParts();

        agent.kill();
        AgentProcess again = agent("run");
        await("the agent to be back", again, () -> events("resumed") == 1);
        assertThat(status("upload", backup)).isEqualTo("in progress");

        untilAllHaveEnded(again);
        assertNothingIsLost(content, 1);
    }

    @Test
    void agentKilledInMidUploadAndBackAfterItsEnd() throws Exception {
        succeeded(agent("full", "--json"));
        insertParts();
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("diff", "--json");
        awaitMidUpload(agent);

        agent.kill();
        await("the end of the upload", () -> api.running().isEmpty());

        startAgainUntilAllHaveEnded();
        assertNothingIsLost(content, 2);
    }

    @Test
    void scheduledRunOfAKilledAgent() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        configure("schedules: { often: { do: full, cron: \"*/2 * * * * ?\", overlap: skip } }");
        AgentProcess agent = agent("run");
        String backup = awaitMidUpload(agent);

        agent.kill();
        configure();

        startAgainUntilAllHaveEnded();
        assertThat(Files.readString(marker())).isEqualTo(backup);
        assertRestores(content);
    }

    /** Routes and schedule are edited while the server uploads: it is asked for nothing twice. */
    @Test
    void agentEditedInMidUpload() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        Path routes = Files.createDirectories(directory.resolve("routes"));
        try (Stream<Path> files = Files.list(Path.of("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, routes.resolve(file.getFileName().toString()));
            }
        }
        configure("schedules: { often: { do: full, cron: \"*/2 * * * * ?\", overlap: skip } }");
        AgentProcess agent = agent("run", "--routes", routes.toString());
        String backup = awaitMidUpload(agent);
        insertParts();

        configure();
        Path told = directory.resolve("told");
        Files.writeString(
                routes.resolve("tell.camel.yaml"),
                """
                - route:
                    id: tell
                    from:
                      uri: direct:on-success/tell
                      steps:
                        - setBody: { simple: "${body.backup}" }
                        - to: "file:%s?fileName=success"
                """
                        .formatted(told));
        await("the edit to be in force", agent, () -> agent.errors().contains("(tell.camel.yaml)"));
        assertThat(status("upload", backup)).isEqualTo("in progress");

        await("the hook of the edit", agent, () -> Files.exists(told.resolve("success")));
        assertThat(told.resolve("success")).hasContent(backup);
        agent.terminate();
        agent.ended();
        assertThat(events("resumed")).as(this::story).isPositive();
        assertThat(events("marker-moved")).isEqualTo(1);
        assertThat(stack.apiCalls())
                .as(this::story)
                .filteredOn(("POST /backup/upload/" + backup)::equals)
                .hasSize(1);
        assertThat(Files.readString(marker())).isEqualTo(backup);
        assertRestores(content);
    }

    /** A command after a crash finishes what was begun before it makes what it was asked for. */
    @Test
    void diffByHandAfterTheAgentOfAFullWasKilledIsBasedOnThatFull() throws Exception {
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("full", "--json");
        String full = awaitMidUpload(agent);
        agent.kill();
        stack.throttleFtp(0);
        insertParts();
        String content = content();

        succeeded(agent("diff", "--json"));

        assertThat(api.remoteBackup(Files.readString(marker())).path("required").asText())
                .isEqualTo(full);
        assertNothingIsLost(content, 2);
    }

    @Test
    void agentAndServerKilledInMidUploadOfAFull() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("full", "--json");
        awaitMidUpload(agent);
        insertParts();

        stack.killBackupServer();
        agent.kill();
        stack.startBackupServer();

        startAgainUntilAllHaveEnded();
        assertNothingIsLost(content, 1);
    }

    @Test
    void agentAndServerKilledInMidUploadOfADiff() throws Exception {
        succeeded(agent("full", "--json"));
        insertParts();
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("diff", "--json");
        awaitMidUpload(agent);

        agent.kill();
        stack.killBackupServer();
        stack.throttleFtp(0);
        stack.startBackupServer();

        startAgainUntilAllHaveEnded();
        assertNothingIsLost(content, 2, 2);
    }

    @Test
    void agentBackBeforeTheServer() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("full", "--json");
        awaitMidUpload(agent);

        agent.kill();
        stack.killBackupServer();
        stack.throttleFtp(0);
        AgentProcess again;
        try (ServerSocket nobody = new ServerSocket()) {
            nobody.bind(new InetSocketAddress("127.0.0.1", stack.apiUri().getPort()));
            nobody.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
            again = agent("run");
            nobody.accept().close();
        }
        stack.startBackupServer();

        untilAllHaveEnded(again);
        assertNothingIsLost(content, 1);
    }

    @ParameterizedTest
    @CsvSource({
        "operation-announced, create",
        "operation-acknowledged, create",
        "operation-ended, create",
        "operation-announced, upload",
        "operation-acknowledged, upload",
        "operation-ended, upload",
        "proven,",
        "marker-announced,",
        "marker-moved,"
    })
    void agentKilledAfterEachStepOfARun(String event, String operation) throws Exception {
        String content = content();
        AgentProcess agent = agent("full", "--json");
        awaitAtOnce(event, agent, () -> hasHappened(event, operation));

        agent.kill();
        figure("killed-at=%s last=%s", event, last());

        startAgainUntilAllHaveEnded();
        assertNothingIsLost(content, 1);
    }

    @ParameterizedTest
    @CsvSource({
        "operation-announced, create",
        "operation-acknowledged, create",
        "operation-announced, upload",
        "operation-acknowledged, upload",
        "operation-ended, upload"
    })
    void agentAndServerKilledAfterAStepOfARun(String event, String operation) throws Exception {
        String content = content();
        AgentProcess agent = agent("full", "--json");
        awaitAtOnce(event, agent, () -> hasHappened(event, operation));

        stack.killBackupServer();
        agent.kill();
        figure("both-killed-at=%s last=%s", event, last());
        stack.startBackupServer();

        startAgainUntilAllHaveEnded();
        assertNothingIsLost(content, 1, 2);
    }

    @Test
    void agentTerminatedInMidUploadIsGoneSoonAndGoesOnAtItsNextStart() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("full", "--json");
        String backup = awaitMidUpload(agent);

        long sent = System.nanoTime();
        agent.terminate();
        agent.ended();
        Duration stop = Duration.ofNanos(System.nanoTime() - sent);
        figure("stop=%.2f", stop.toMillis() / 1e3);
        assertThat(stop).isLessThan(Duration.ofSeconds(20));
        assertThat(api.running())
                .as("the server goes on alone")
                .containsExactly("upload " + backup);
        assertThat(events("suspended")).isEqualTo(1);
        assertThat(events("ended")).isZero();

        startAgainUntilAllHaveEnded();
        assertNothingIsLost(content, 1);
    }

    @Test
    void terminatedServiceGoesOnWithItsScheduledRun() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        configure("schedules: { often: { do: full, cron: \"*/2 * * * * ?\", overlap: skip } }");
        AgentProcess agent = agent("run");
        String backup = awaitMidUpload(agent);

        agent.terminate();
        agent.ended();
        assertThat(events("suspended")).isEqualTo(1);
        assertThat(unfinished()).hasSize(1);
        configure();

        startAgainUntilAllHaveEnded();
        assertThat(Files.readString(marker())).isEqualTo(backup);
        assertThat(storage(false)).containsExactly(backup);
        assertRestores(content);
    }

    @Test
    void storageGoneInMidUploadAndBack() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("full", "--json");
        String backup = awaitMidUpload(agent);
        stack.stopFtp();
        try {
            await(
                    "the server to give up the upload",
                    agent,
                    () -> status("upload", backup).equals("error"));
        } finally {
            stack.throttleFtp(0);
            stack.startFtp();
        }
        succeeded(agent);
        assertNothingIsLost(content, 1, 2);
    }

    @Test
    void databaseGoneInMidCreateAndBack() throws Exception {
        createTables();
        String content = content();
        AgentProcess agent = agent("full", "--json");
        awaitMidCreate(agent);

        stack.killClickHouse();
        stack.startClickHouse();

        succeeded(agent);
        assertNothingIsLost(content, 1);
    }

    /** Its retention, which comes after the upload, makes the server call it failed. */
    @Test
    void databaseGoneInMidUploadAndBackAfterItsEnd() throws Exception {
        String content = content();
        stack.throttleFtp(SLOW);
        AgentProcess agent = agent("full", "--json");
        String backup = awaitMidUpload(agent);
        stack.killClickHouse();
        try {
            await(
                    "the end of the upload",
                    agent,
                    () -> !status("upload", backup).equals("in progress"));
        } finally {
            stack.startClickHouse();
        }
        succeeded(agent);
        assertNothingIsLost(content, 1, 2);
    }

    private void assertNothingIsLost(String content, int runs) throws IOException {
        assertNothingIsLost(content, runs, 1);
    }

    /**
     * Each run has one outcome, the storage one copy of its backup, and the backup that the marker
     * names has all rows.
     *
     * @param content what there was when the last backup was made
     * @param uploads how many times at most an upload may have been asked for; more than once only
     *     where it came to nothing by itself
     */
    private void assertNothingIsLost(String content, int runs, int uploads) throws IOException {
        List<String> proven = assertOneSuccessEach(runs);
        assertThat(storage(false)).as(this::story).containsExactlyInAnyOrderElementsOf(proven);
        assertThat(storage(true)).as(this::story).isEmpty();
        for (String backup : proven) {
            assertThat(stack.apiCalls())
                    .as(this::story)
                    .filteredOn(("POST /backup/upload/" + backup)::equals)
                    .hasSizeBetween(1, uploads);
        }
        assertRestores(content);
    }

    /** Returns the backups that the runs made; the marker is at the last. */
    private List<String> assertOneSuccessEach(int runs) throws IOException {
        List<JsonNode> journal = journal();
        List<JsonNode> ended = journal.stream().filter(event -> isEvent(event, "ended")).toList();
        assertThat(ended)
                .as(this::story)
                .extracting(event -> event.path("outcome").asText())
                .hasSize(runs)
                .containsOnly("success");
        assertThat(ended)
                .as("one outcome each")
                .extracting(event -> event.path("run").asText())
                .containsExactlyElementsOf(
                        journal.stream()
                                .filter(event -> event.hasNonNull("run"))
                                .map(event -> event.path("run").asText())
                                .distinct()
                                .toList());
        List<String> proven =
                journal.stream()
                        .filter(event -> isEvent(event, "proven"))
                        .map(event -> event.path("backup").asText())
                        .distinct()
                        .toList();
        assertThat(proven).hasSize(runs);
        assertThat(Files.readString(marker())).isEqualTo(proven.get(runs - 1));
        return proven;
    }

    /** What led to this, for whoever reads of a failure. */
    private String story() {
        Stream<String> told = agents.stream().map(agent -> "agent:\n" + agent.errors());
        Stream<String> written = journal().stream().map(JsonNode::toString);
        Stream<String> stored = api.remoteBackups().stream().map(JsonNode::toString);
        Stream<String> logged =
                stack.logTail(RealStack.Part.BACKUP_SERVER, 2000)
                        .lines()
                        .filter(line -> !line.contains("API call GET /backup/actions"));
        return Stream.of(
                        told,
                        Stream.of("journal:"),
                        written,
                        Stream.of("storage:"),
                        stored,
                        Stream.of("server:"),
                        logged)
                .flatMap(lines -> lines)
                .collect(Collectors.joining("\n"));
    }

    private static List<String> storage(boolean broken) {
        return api.remoteBackups().stream()
                .filter(backup -> backup.path("desc").asText().contains("broken") == broken)
                .map(backup -> backup.path("name").asText())
                .toList();
    }

    /** Brings back what the marker names, from the storage alone. */
    private void assertRestores(String content) throws IOException {
        String backup = Files.readString(marker());
        await("the server to be idle", () -> api.running().isEmpty());
        stack.throttleFtp(0);
        api.deleteLocalBackups();
        stack.query("DROP DATABASE shop");
        api.restore(backup);
        assertThat(content()).as("rows and their checksum after the restore").isEqualTo(content);
    }

    private static String content() {
        return stack.query(
                "SELECT count(), sum(cityHash64(_table, d, id, s)) FROM merge('shop', '.*')");
    }

    private static void insertParts() {
        for (int part = 0; part < PARTS; part++) {
            stack.insertOrders(ROWS_OF_A_PART);
        }
    }

    private static void createTables() {
        for (int table = 0; table < TABLES; table++) {
            String name = "shop.small" + table;
            stack.query(
                    "CREATE TABLE "
                            + name
                            + " (d Date, id UInt64, s String) ENGINE = MergeTree(d, id, 8192)");
            stack.query("INSERT INTO " + name + " SELECT * FROM shop.orders LIMIT 10");
        }
    }

    /** Returns the name of a backup that has a part in the storage and the next on its way. */
    private String awaitMidUpload(AgentProcess agent) {
        await(
                "a part to be uploaded",
                agent,
                () -> uploading().filter(backup -> parts(backup) >= 2).isPresent());
        return uploading().orElseThrow();
    }

    private static Optional<String> uploading() {
        return api.running().stream()
                .filter(command -> command.startsWith("upload "))
                .map(command -> command.substring(command.lastIndexOf(' ') + 1))
                .findFirst();
    }

    private static long parts(String backup) {
        return stack.storedFiles(backup).stream()
                .filter(file -> file.toString().endsWith(".tar"))
                .count();
    }

    private void awaitMidCreate(AgentProcess agent) {
        awaitAtOnce(
                "a few tables to be in the backup",
                agent,
                () ->
                        api.running().stream()
                                .filter(command -> command.startsWith("create "))
                                .map(command -> command.substring(command.lastIndexOf(' ') + 1))
                                .anyMatch(backup -> stack.localFiles(backup).size() > TABLES / 2));
    }

    private static String status(String operation, String backup) {
        return api.row(operation, backup).map(row -> row.path("status").asText()).orElse("");
    }

    private AgentProcess agent(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--config", directory.resolve("agent.yaml").toString()));
        AgentProcess agent = AgentProcess.start(directory, all.toArray(String[]::new));
        agents.add(agent);
        return agent;
    }

    private void succeeded(AgentProcess agent) throws InterruptedException {
        Ended ended = agent.ended();
        assertThat(ended.exitCode()).as(ended.errors()).isZero();
    }

    private void startAgainUntilAllHaveEnded() throws Exception {
        untilAllHaveEnded(agent("run"));
    }

    private void untilAllHaveEnded(AgentProcess agent) throws Exception {
        await("each run to have an outcome", agent, () -> unfinished().isEmpty());
        agent.terminate();
        Ended ended = agent.ended();
        assertThat(ended.exitCode()).as(ended.errors()).isIn(0, 143);
    }

    private List<String> unfinished() {
        List<String> runs = new ArrayList<>();
        for (JsonNode event : journal()) {
            String run = event.path("run").asText();
            if (isEvent(event, "ended")) {
                runs.remove(run);
            } else if (!run.isEmpty() && !runs.contains(run)) {
                runs.add(run);
            }
        }
        return runs;
    }

    private boolean hasHappened(String event, String operation) {
        return journal().stream()
                .anyMatch(
                        e ->
                                isEvent(e, event)
                                        && (operation == null
                                                || e.path("operation").asText().equals(operation)));
    }

    private long events(String event) {
        return journal().stream().filter(e -> isEvent(e, event)).count();
    }

    /** The last that the journal tells. */
    private String last() {
        List<JsonNode> journal = journal();
        JsonNode event = journal.get(journal.size() - 1);
        return (event.path("event").asText() + " " + event.path("operation").asText()).strip();
    }

    private static boolean isEvent(JsonNode event, String name) {
        return event.path("event").asText().equals(name);
    }

    /** The journal without a last line that is being written, or was when the agent was killed. */
    private List<JsonNode> journal() {
        Path file = directory.resolve("state").resolve("shop").resolve("runs.jsonl");
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            String text = Files.readString(file);
            return RealApi.jsonLines(text.substring(0, text.lastIndexOf('\n') + 1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path marker() {
        return directory.resolve("log").resolve(".shop_last_backup");
    }

    private void configure() throws IOException {
        configure("schedules: { rare: { do: full, cron: \"0 0 1 1 *\" } }");
    }

    private void configure(String schedules) throws IOException {
        Files.writeString(directory.resolve("password"), stack.password() + "\n");
        Files.writeString(
                directory.resolve("agent.yaml"),
                """
                targets:
                  shop: { url: "%s", username: "%s", password-file: "%s" }
                log-directory: "%s"
                state-directory: "%s"
                http: { port: 0 }
                limits: { outage: 2m, silence: 5s, settle: 2s, busy: 2m, proof: 30s }
                retry: { create: 1, upload: 3, pause: 1s, longest-pause: 5s }
                %s
                """
                        .formatted(
                                stack.apiUri(),
                                stack.username(),
                                directory.resolve("password"),
                                directory.resolve("log"),
                                directory.resolve("state"),
                                schedules));
    }

    private static void figure(String format, Object... values) {
        System.out.println(
                "FIGURE version="
                        + stack.version()
                        + " "
                        + String.format(Locale.ROOT, format, values));
    }

    private static void await(String what, Callable<Boolean> condition) {
        awaiting(what, POLL).until(condition);
    }

    private static void await(String what, AgentProcess agent, Callable<Boolean> condition) {
        awaiting(what, POLL)
                .failFast(() -> assertThat(agent.isAlive()).as(agent.errors()).isTrue())
                .until(condition);
    }

    private static void awaitAtOnce(String what, AgentProcess agent, Callable<Boolean> condition) {
        awaiting(what, AT_ONCE)
                // It may come and be over between two looks.
                .until(() -> condition.call() || !agent.isAlive());
    }

    private static ConditionFactory awaiting(String what, Duration poll) {
        return Awaitility.await(what).atMost(LIMIT).pollDelay(Duration.ZERO).pollInterval(poll);
    }
}
