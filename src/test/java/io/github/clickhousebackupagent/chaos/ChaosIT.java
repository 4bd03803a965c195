package io.github.clickhousebackupagent.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.chaos.KillPlan.Kill;
import io.github.clickhousebackupagent.chaos.KillPlan.Moment;
import io.github.clickhousebackupagent.chaos.KillPlan.ServerKill;
import io.github.clickhousebackupagent.chaos.Moments.Aim;
import io.github.clickhousebackupagent.internal.cli.AgentProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing is lost, whatever is killed. A kill is a moment at which the agent, servers or both die;
 * each server plays one target. Settings, as system properties: {@code chaos.seed}, {@code
 * chaos.kills} (200), {@code chaos.servers} (6).
 */
@Tag("chaos")
class ChaosIT {

    private static final long SEED = Long.getLong("chaos.seed", 20_261_122L);
    private static final int KILLS = Integer.getInteger("chaos.kills", 200);
    private static final int SERVERS = Integer.getInteger("chaos.servers", 6);
    // Bounds the whole: for 200 kills 270 s, and 30 s for what comes after.
    private static final Duration LIMIT = Duration.ofMillis(Math.max(100_000, KILLS * 1350L));
    private static final Duration TO_START = Duration.ofSeconds(20);
    private static final Duration TO_FINISH = Duration.ofSeconds(90);
    private static final Duration AIMING = Duration.ofMillis(1500);
    private static final Duration AIMING_LATE = Duration.ofMillis(200);
    private static final int SIGTERM = 143;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    private final Counts counts = new Counts();
    private final Map<String, Optional<String>> markers = new HashMap<>();
    private final Instant begin = Instant.now();
    private ChaosConfig config;
    private ChaosServers servers;
    private Moments moments;
    private AgentProcess agent;
    private int[] callsAtStart;

    @BeforeEach
    void start() {
        config = new ChaosConfig(directory);
        servers = new ChaosServers(SEED, SERVERS);
        moments = new Moments(servers, config);
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
            Kill aimed = await(kill);
            strike(aimed, busy).forEach(target -> check(aimed, target));
            if (kill.number() % 50 == 0) {
                say("%d kills after %d s", kill.number(), elapsed().toSeconds());
            }
        }
        List<Observation> end = finish();
        System.out.print(counts.report(end, elapsed()));
        for (Observation target : end) {
            assertNothingBroken("at the end", target, Invariants.atTheEnd(target));
        }
        assertThatItWasChaos(end);
        for (int i = 0; i < SERVERS; i++) {
            Restore.of(servers.get(i), end.get(i).marker().orElseThrow());
        }
        say("the last backup of each of %d servers was restored; all is well", SERVERS);
    }

    /** Waits for the moment of a kill; returns the kill, aimed at where the moment came. */
    private Kill await(Kill kill) throws Exception {
        boolean late = isLate(kill);
        for (ServerKill victim : kill.servers()) {
            servers.awaitUp(victim.server());
        }
        if (kill.agent() ? kill.moment() != Moment.AT_START : !late) {
            until("the agent is up", TO_START, this::isUp);
        }
        Aim aim = moments.await(kill, late ? AIMING_LATE : AIMING);
        counts.awaited(kill.moment(), aim.met());
        return aim.server().isPresent() && servers.isUp(aim.server().getAsInt())
                ? aimed(kill, aim.server().getAsInt())
                : kill;
    }

    /** Kills, lets what was killed come back, and returns what is to be seen where it may hurt. */
    private List<Observation> strike(Kill kill, Path configuration) throws Exception {
        for (ServerKill victim : kill.servers()) {
            servers.kill(victim.server(), victim.down(), victim.pace());
        }
        counts.killed(kill);
        if (!kill.agent()) {
            return kill.servers().stream().map(victim -> observe(victim.server())).toList();
        }
        assertThat(agent.isAlive()).as("the agent ended by itself:\n" + agent.errors()).isTrue();
        agent.kill();
        List<Observation> all = observeAll();
        if (kill.moment() != Moment.AT_START) {
            counts.agentKilled(all);
        }
        // What was seen is looked into while it starts.
        startAgent(configuration);
        return all;
    }

    /** Returns the kill with this server in place of the first. */
    private static Kill aimed(Kill kill, int server) {
        if (kill.servers().isEmpty()) {
            return kill;
        }
        ServerKill first = kill.servers().get(0);
        List<ServerKill> victims = new ArrayList<>();
        victims.add(new ServerKill(server, first.down(), first.pace()));
        kill.servers().stream()
                .skip(1)
                .filter(victim -> victim.server() != server)
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

    /** Lets the agent finish what it has begun, and stops it. */
    private List<Observation> finish() throws Exception {
        until("the agent is up", TO_START, this::isUp);
        servers.calmDown();
        agent.terminate();
        assertThat(agent.ended().exitCode()).as(agent.errors()).isEqualTo(SIGTERM);
        startAgent(config.quiet(servers));
        until("the agent runs", TO_START, () -> agent.errors().contains("is running"));
        boolean finished =
                Moments.holds(
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

    /** That nothing broke says little if nothing was hit, which a few kills need not do. */
    private void assertThatItWasChaos(List<Observation> end) {
        if (KILLS < 100) {
            return;
        }
        assertThat(end).allSatisfy(t -> assertThat(t.proven()).as(t.target()).isNotEmpty());
        assertThat(Counts.cutOff("create", end)).as("creates cut off").isPositive();
        assertThat(Counts.cutOff("upload", end)).as("uploads cut off").isPositive();
        assertThat(counts.agentKilledAfter("operation-acknowledged create")).isPositive();
        assertThat(counts.agentKilledAfter("operation-acknowledged upload")).isPositive();
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
        assertThat(Moments.holds(limit, condition)).as("%s, within %s", what, limit).isTrue();
    }

    /**
     * Whether this machine is so slow that the kills must not wait for long, to be done in time.
     */
    private boolean isLate(Kill kill) {
        return elapsed().toMillis() > LIMIT.toMillis() * 3 / 4 * kill.number() / KILLS;
    }

    private Duration elapsed() {
        return Duration.between(begin, Instant.now());
    }

    private static void say(String format, Object... values) {
        System.out.println("chaos: " + format.formatted(values));
    }
}
