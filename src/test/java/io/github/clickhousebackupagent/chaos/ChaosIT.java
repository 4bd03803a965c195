package io.github.clickhousebackupagent.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.chaos.KillPlan.Kill;
import io.github.clickhousebackupagent.chaos.KillPlan.Moment;
import io.github.clickhousebackupagent.chaos.KillPlan.ServerKill;
import io.github.clickhousebackupagent.cli.AgentProcess;
import io.github.clickhousebackupagent.journal.JournalEvent;
import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing is lost, whatever is killed. Settings, as system properties: {@code chaos.seed}, {@code
 * chaos.kills} (200), {@code chaos.servers} (6).
 */
@Tag("chaos")
class ChaosIT {

    private static final long SEED = Long.getLong("chaos.seed", 20_261_122L);
    private static final int KILLS = Integer.getInteger("chaos.kills", 200);
    private static final int SERVERS = Integer.getInteger("chaos.servers", 6);
    // 5 minutes for 200 kills.
    private static final Duration LIMIT = Duration.ofSeconds(Math.max(120, KILLS * 3L / 2));
    private static final Duration TO_START = Duration.ofSeconds(20);
    private static final Duration TO_FINISH = Duration.ofSeconds(90);
    private static final Duration AIMING = Duration.ofSeconds(2);
    private static final Duration QUESTION = Duration.ofMillis(2);
    private static final int SIGTERM = 143;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    private final Counts counts = new Counts();
    private final Map<String, Optional<String>> markers = new HashMap<>();
    private final Instant begin = Instant.now();
    private ChaosConfig config;
    private ChaosServers servers;
    private AgentProcess agent;
    private int[] callsAtStart;
    // The number of the server at which the last moment came.
    private OptionalInt aim = OptionalInt.empty();

    @BeforeEach
    void start() {
        config = new ChaosConfig(directory);
        servers = new ChaosServers(SEED, SERVERS);
    }

    @AfterEach
    void stop() {
        if (agent != null) {
            agent.close();
        }
        servers.close();
    }

    @Test
    void nothingIsLostWhateverIsKilled() throws Exception {
        say("seed %d, %d kills, %d servers, at most %d s", SEED, KILLS, SERVERS, LIMIT.toSeconds());
        archiveClasses();
        Path busy = config.busy(servers);
        startAgent(busy);
        for (Kill kill : KillPlan.of(SEED, KILLS, SERVERS).kills()) {
            assertThat(elapsed()).as("time for kill %d", kill.number()).isLessThan(LIMIT);
            boolean met = awaitMoment(kill);
            Kill done = met ? aimed(kill) : kill;
            counts.killed(done, met);
            for (ServerKill victim : done.servers()) {
                servers.kill(victim.server(), victim.down(), victim.pace());
            }
            if (done.agent()) {
                killAgent(kill);
            }
            List<Observation> hit = hit(done);
            if (done.agent()) {
                if (done.moment() != Moment.AT_START) {
                    counts.agentKilled(hit);
                }
                // What was seen is looked into while it starts.
                startAgent(busy);
            }
            hit.forEach(target -> check(done, target));
            if (kill.number() % 50 == 0) {
                say("%d kills after %d s", kill.number(), elapsed().toSeconds());
            }
        }
        List<Observation> end = finish();
        System.out.print(counts.report(end, elapsed()));
        for (Observation target : end) {
            assertNothingBroken(
                    "at the end", target, Invariants.atTheEnd(target, ChaosConfig.RESUMES));
        }
        assertThatItWasChaos(end);
        for (int i = 0; i < SERVERS; i++) {
            restoreLast(i, end.get(i));
        }
        say("the last backup of each of %d servers was restored; all is well", SERVERS);
    }

    /** Waits for the moment of a kill, and returns whether it came. */
    private boolean awaitMoment(Kill kill) throws Exception {
        aim = OptionalInt.empty();
        for (ServerKill victim : kill.servers()) {
            servers.awaitUp(victim.server());
        }
        if (kill.moment() != Moment.AT_START) {
            until("the agent is up", TO_START, this::isUp);
        }
        boolean met =
                switch (kill.moment()) {
                    case ANY, AT_START -> true;
                    case OPERATION_BEGUN -> awaitOperation(operation -> true);
                    case HALF_ANSWER -> {
                        for (SimulatedServer server : servers.all()) {
                            server.faults().halfAnswer("/backup/create", 1);
                            server.faults().halfAnswer("/backup/upload/", 1);
                        }
                        boolean begun = awaitOperation(operation -> true);
                        for (int i = 0; i < SERVERS; i++) {
                            if (!aim.equals(OptionalInt.of(i))) {
                                servers.forgetFaults(i);
                            }
                        }
                        yield begun;
                    }
                    case UPLOAD_ENDED -> {
                        Instant now = Instant.now();
                        yield awaitOperation(
                                operation ->
                                        operation.operation().equals("upload")
                                                && operation.status().equals("success")
                                                && operation.finish().orElse(now).isAfter(now));
                    }
                    case PROVEN -> awaitProof();
                };
        // What is tested is that any moment will do; there is no condition to wait for here.
        new CountDownLatch(1).await(kill.after().toNanos(), TimeUnit.NANOSECONDS);
        return met;
    }

    private interface Sign {
        boolean isIn(RecordedOperation operation);
    }

    /** Waits for the first server with a new operation that was asked for and shows a sign. */
    private boolean awaitOperation(Sign sign) {
        int[] known =
                servers.all().stream().mapToInt(server -> server.operations(0).size()).toArray();
        Instant now = Instant.now();
        return holds(
                AIMING,
                () -> {
                    for (int i = 0; i < SERVERS; i++) {
                        // With those before: they may have been in the middle.
                        for (RecordedOperation operation :
                                servers.get(i).operations(Math.max(0, known[i] - 2))) {
                            boolean fresh =
                                    operation.start().isAfter(now)
                                            || operation.finish().orElse(now).isAfter(now);
                            if (fresh
                                    && !Observation.isResumedByServer(operation)
                                    && sign.isIn(operation)) {
                                aim = OptionalInt.of(i);
                                return true;
                            }
                        }
                    }
                    return false;
                });
    }

    /** Waits until the agent writes down that a backup is proven. */
    private boolean awaitProof() throws IOException {
        long[] known = new long[SERVERS];
        for (int i = 0; i < SERVERS; i++) {
            known[i] = size(config.journal(ChaosConfig.target(i)));
        }
        return holds(
                AIMING,
                () -> {
                    for (int i = 0; i < SERVERS; i++) {
                        Path journal = config.journal(ChaosConfig.target(i));
                        String added = textAfter(journal, known[i]);
                        if (added.contains("\"" + JournalEvent.PROVEN + "\"")) {
                            aim = OptionalInt.of(i);
                            return true;
                        }
                    }
                    return false;
                });
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    private static String textAfter(Path file, long known) {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.max(0, channel.size() - known));
            channel.read(bytes, known);
            return new String(bytes.array(), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the kill with the server in place of the first at which its moment came. */
    private Kill aimed(Kill kill) {
        if (aim.isEmpty() || kill.servers().isEmpty()) {
            return kill;
        }
        ServerKill first = kill.servers().get(0);
        List<ServerKill> victims = new ArrayList<>();
        victims.add(new ServerKill(aim.getAsInt(), first.down(), first.pace()));
        kill.servers().stream()
                .skip(1)
                .filter(victim -> victim.server() != aim.getAsInt())
                .forEach(victims::add);
        return new Kill(kill.number(), kill.agent(), victims, kill.moment(), kill.after());
    }

    /**
     * Makes the starts of the agent cheap: of two seconds, more than one is the loading of classes.
     */
    private void archiveClasses() throws Exception {
        startAgent(config.single(servers), "-XX:ArchiveClassesAtExit=" + archive());
        until("the agent is up", TO_START, this::isUp);
        agent.terminate();
        assertThat(agent.ended().exitCode()).as(agent.errors()).isEqualTo(SIGTERM);
    }

    private Path archive() {
        return directory.resolve("classes.jsa");
    }

    private void startAgent(Path configuration) throws Exception {
        // Not every JVM makes one.
        startAgent(
                configuration, Files.exists(archive()) ? "-XX:SharedArchiveFile=" + archive() : "");
    }

    private void startAgent(Path configuration, String javaOptions) throws Exception {
        callsAtStart = servers.all().stream().mapToInt(server -> server.calls().size()).toArray();
        agent =
                AgentProcess.start(
                        directory,
                        Map.of("JAVA_OPTS", javaOptions),
                        "run",
                        "--config",
                        configuration.toString());
    }

    /**
     * Whether it has asked a server something, as it may do so long before it says that it runs.
     */
    private boolean isUp() {
        assertThat(agent.isAlive()).as("the agent ended by itself:\n" + agent.errors()).isTrue();
        return IntStream.range(0, SERVERS)
                        .anyMatch(i -> !servers.get(i).calls(callsAtStart[i]).isEmpty())
                || agent.errors().contains("is running");
    }

    private void killAgent(Kill kill) throws Exception {
        assertThat(agent.isAlive())
                .as("kill %d: the agent ended by itself:\n%s", kill.number(), agent.errors())
                .isTrue();
        agent.kill();
    }

    /** Lets the agent finish what it has begun, and stops it. */
    private List<Observation> finish() throws Exception {
        until("the agent is up", TO_START, this::isUp);
        servers.calmDown();
        agent.terminate();
        assertThat(agent.ended().exitCode()).as(agent.errors()).isEqualTo(SIGTERM);
        startAgent(config.quiet(servers));
        until("the agent runs", TO_START, () -> agent.errors().contains("is running"));
        boolean finished =
                holds(
                        TO_FINISH,
                        () ->
                                observeAll().stream()
                                        .allMatch(
                                                t -> Invariants.unfinished(t.journal()).isEmpty()));
        agent.terminate();
        assertThat(agent.ended().exitCode()).as(agent.errors()).isEqualTo(SIGTERM);
        if (!finished) {
            say("not all runs have ended within %d s", TO_FINISH.toSeconds());
        }
        return observeAll();
    }

    /** Returns what is to be seen of the targets that a kill may have harmed. */
    private List<Observation> hit(Kill kill) {
        return IntStream.range(0, SERVERS)
                .filter(
                        server ->
                                kill.agent()
                                        || kill.servers().stream()
                                                .anyMatch(victim -> victim.server() == server))
                .mapToObj(this::observe)
                .toList();
    }

    private void check(Kill kill, Observation now) {
        Optional<String> before = markers.getOrDefault(now.target(), Optional.empty());
        assertNothingBroken("after " + kill, now, Invariants.always(now, before));
        markers.put(now.target(), now.marker());
    }

    private void assertNothingBroken(String when, Observation target, List<String> broken) {
        if (!broken.isEmpty()) {
            throw new AssertionError(
                    "seed %d, %s, of %s (version %s):\n  %s\n%s\nthe agent said:\n%s\nall of it is in %s"
                            .formatted(
                                    SEED,
                                    when,
                                    target.target(),
                                    ChaosConfig.version(number(target)),
                                    String.join("\n  ", broken),
                                    target.tail(),
                                    last(agent.errors(), 40),
                                    directory));
        }
    }

    private static int number(Observation target) {
        return IntStream.range(0, SERVERS)
                .filter(i -> ChaosConfig.target(i).equals(target.target()))
                .findFirst()
                .orElseThrow();
    }

    private static String last(String text, int count) {
        List<String> lines = text.lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - count), lines.size()));
    }

    /** That nothing broke says little if nothing was hit. */
    private void assertThatItWasChaos(List<Observation> end) {
        assertThat(end).allSatisfy(t -> assertThat(t.proven()).as(t.target()).isNotEmpty());
        assertThat(Counts.cutOff("create", end)).as("creates cut off").isPositive();
        assertThat(Counts.cutOff("upload", end)).as("uploads cut off").isPositive();
        assertThat(counts.agentKilledAfter("operation-acknowledged create")).isPositive();
        assertThat(counts.agentKilledAfter("operation-acknowledged upload")).isPositive();
    }

    private void restoreLast(int server, Observation target) throws Exception {
        String name = target.marker().orElseThrow();
        Restore.of(servers.get(server), name);
    }

    private List<Observation> observeAll() {
        return IntStream.range(0, SERVERS).mapToObj(this::observe).toList();
    }

    private Observation observe(int server) {
        String target = ChaosConfig.target(server);
        return Observation.of(
                target, servers.get(server), config.marker(target), config.journal(target));
    }

    private static void until(String what, Duration limit, BooleanSupplier condition) {
        assertThat(holds(limit, condition)).as("%s, within %s", what, limit).isTrue();
    }

    /** Waits until something holds, and returns whether it did in time. */
    private static boolean holds(Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            try {
                new CountDownLatch(1).await(QUESTION.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    private Duration elapsed() {
        return Duration.between(begin, Instant.now());
    }

    private static void say(String format, Object... values) {
        System.out.println("chaos: " + format.formatted(values));
    }
}
