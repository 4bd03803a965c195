package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.quartz.impl.SchedulerRepository;

/**
 * Edits at random, good ones and broken ones, while runs go on all the time: no run is lost, none
 * made twice, no marker wrong, no trigger left over, and the agent does not grow by it.
 *
 * <p>Another course: {@code -Dedits.seed=N}; the long mode: {@code -Dedits=500}.
 */
@Tag("chaos")
@Timeout(900)
class EditStormIT {

    private static final int EDITS = Integer.getInteger("edits", 150);
    private static final int FIRST = EDITS / 5;
    private static final long SEED = Long.getLong("edits.seed", 20261123L);
    private static final Duration PAUSE = Duration.ofMillis(10);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What an agent takes of the machine. */
    private record Taken(double heap, long handles, int threads) {

        static Taken now() {
            System.gc();
            System.gc();
            var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Taken(
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1048576.0,
                    system.getOpenFileDescriptorCount(),
                    ManagementFactory.getThreadMXBean().getThreadCount());
        }
    }

    @TempDir Path directory;

    private final Random random = new Random(SEED);
    private final Map<String, SimulatedServer> servers = new TreeMap<>();

    /** What the user's own files hold; those that tick are named after their trigger. */
    private final Map<String, String> own = new LinkedHashMap<>();

    private EditedAgent agent;
    private int number;
    private int good;
    private int broken;

    @Test
    void editsAtRandomDoNoHarm() throws Exception {
        Configurator.setLevel(RunLog.EVENTS, Level.ERROR);
        Configurator.setLevel(RunLog.AGENT, Level.OFF);
        for (String name : List.of("one", "two", "three")) {
            servers.put(
                    name,
                    SandboxAgent.server()
                            .createTime(Duration.ofMillis(100))
                            .uploadTime(Duration.ofMillis(400))
                            .start());
        }
        try (EditedAgent started = new EditedAgent(directory, servers, busy(), PAUSE)) {
            agent = started;
            Instant start = Instant.now();
            Taken first = null;
            for (int i = 0; i < EDITS; i++) {
                edit();
                if (i == FIRST) {
                    first = say(start);
                }
            }
            Taken last = say(start);
            List<String> triggers = new ArrayList<>(own.keySet());
            triggers.removeIf(name -> !name.startsWith("tick"));
            triggers.add("last");
            configure(
                    "schedules: { last: { do: full, cron: \"%s\" } }".formatted(EditedAgent.NEVER));
            awaitTaken();
            assertThat(agent.triggers()).containsExactlyInAnyOrderElementsOf(triggers);
            assertThat(SchedulerRepository.getInstance().lookupAll()).hasSize(1);
            for (String target : servers.keySet()) {
                check(target);
            }
            assertThat(last.heap()).isLessThan(first.heap() * 1.1 + 4);
            assertThat(last.threads()).isLessThanOrEqualTo(first.threads() + 5);
            assertThat(last.handles()).isLessThanOrEqualTo(first.handles() + 40);
        } finally {
            servers.values().forEach(SimulatedServer::close);
        }
    }

    private Taken say(Instant start) {
        Taken taken = Taken.now();
        System.out.printf(
                "edits: %d good and %d broken after %d s: heap %.1f MiB, %d file handles, %d threads (seed %d)%n",
                good,
                broken,
                Duration.between(start, Instant.now()).toSeconds(),
                taken.heap(),
                taken.handles(),
                taken.threads(),
                SEED);
        return taken;
    }

    private void edit() throws IOException {
        number++;
        if (random.nextInt(3) == 0) {
            breakSomething();
            return;
        }
        switch (random.nextInt(6)) {
            case 0 -> {
                String name = "tick" + random.nextInt(3);
                own(name, ticking(name, number));
            }
            case 1 -> own("mine", route("mine" + number, "direct:mine", "log: edit" + number));
            case 2 -> {
                if (own.isEmpty()) {
                    own("mine", route("mine", "direct:mine", "log: edit" + number));
                } else {
                    String name = List.copyOf(own.keySet()).get(random.nextInt(own.size()));
                    own.remove(name);
                    Files.delete(agent.file(name));
                }
            }
            case 3 -> {
                String name =
                        List.of("schedule", "queue", "errors", "run-backup", "api", "turn")
                                .get(random.nextInt(6));
                agent.edit(name, EditedAgent.read(agent.file(name)) + "# edit " + number + "\n");
            }
            case 4 ->
                    configure(
                            "schedules: { full: { do: full, cron: \"*/%d * * * * ?\" } }%n%s"
                                    .formatted(1 + random.nextInt(2), limits()));
            default -> configure(busy() + limits());
        }
        awaitTaken();
    }

    private void awaitTaken() {
        good++;
        await().atMost(PATIENCE)
                .pollInterval(PAUSE)
                .untilAsserted(
                        () -> {
                            assertThat(agent.state().refused()).isNull();
                            assertThat(agent.state().taken()).isEqualTo(good);
                        });
    }

    private void own(String name, String content) {
        own.put(name, content);
        agent.edit(name, content);
    }

    private void breakSomething() throws IOException {
        broken++;
        String victim = List.of("prove-backup", "outcome", "schedule").get(random.nextInt(3));
        String before = EditedAgent.read(agent.file(victim));
        String config = EditedAgent.read(agent.configFile);
        Path bad = agent.file("bad");
        switch (random.nextInt(7)) {
            case 0 -> EditedAgent.write(bad, "- route: {");
            case 1 -> EditedAgent.write(bad, route("bad", "direct:bad", "to: nope:a"));
            case 2 -> EditedAgent.write(bad, route("succeed", "direct:bad", "log: a"));
            case 3 -> EditedAgent.write(bad, route("bad", "direct:bad", "to: direct:nobody"));
            case 4 -> Files.delete(agent.file(victim));
            case 5 ->
                    EditedAgent.write(
                            bad,
                            route("bad", "direct:bad", "bean: { ref: runs, method: \"nope()\" }"));
            default -> EditedAgent.write(agent.configFile, config + "\nnope: 1\n");
        }
        await().atMost(PATIENCE).pollInterval(PAUSE).until(() -> agent.state().refused() != null);
        Files.deleteIfExists(bad);
        EditedAgent.write(agent.file(victim), before);
        EditedAgent.write(agent.configFile, config);
        await().atMost(PATIENCE).pollInterval(PAUSE).until(() -> agent.state().refused() == null);
        assertThat(agent.state().taken()).isEqualTo(good);
    }

    private void configure(String more) {
        EditedAgent.write(agent.configFile, agent.configuration(servers, more));
    }

    /** Others each time, so that it is an edit. */
    private String limits() {
        return "limits: { silence: 1s, settle: 1s, stop: %ds }".formatted(10 + number);
    }

    private static String busy() {
        return """
        schedules:
          full: { do: full, cron: "* * * * * ?", overlap: wait }
          diff: { do: diff, cron: "* * * * * ?", overlap: wait }
        """;
    }

    private static String route(String id, String from, String step) {
        return """
        - route:
            id: %s
            from:
              uri: %s
              steps:
                - %s
        """
                .formatted(id, from, step);
    }

    private static String ticking(String name, int number) {
        return """
        - route:
            id: %s
            from:
              uri: quartz:%s
              parameters: { cron: "* * * * * ?" }
              steps:
                - setBody: { constant: "%d" }
        """
                .formatted(name, name, number);
    }

    private void check(String target) {
        SimulatedServer server = servers.get(target);
        await().atMost(PATIENCE)
                .until(
                        () ->
                                agent.count(target, JournalEvent.REQUESTED)
                                        == agent.count(target, JournalEvent.ENDED));
        List<JournalEvent> journal = agent.journal(target);
        List<String> ended =
                journal.stream()
                        .filter(e -> e.event().equals(JournalEvent.ENDED))
                        .map(JournalEvent::run)
                        .toList();
        List<String> requested =
                journal.stream()
                        .filter(e -> e.event().equals(JournalEvent.REQUESTED))
                        .map(JournalEvent::run)
                        .toList();
        assertThat(ended).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(requested);
        List<RunResult> results = agent.results(target);
        assertThat(results)
                .extracting(RunResult::outcome)
                .as("nothing is cut off or fails by an edit")
                .doesNotContain(Outcome.INTERRUPTED, Outcome.FAILED);
        List<String> backups =
                results.stream()
                        .filter(result -> result.outcome() == Outcome.SUCCESS)
                        .map(RunResult::backup)
                        .toList();
        assertThat(backups).hasSizeGreaterThan(EDITS / 20).doesNotHaveDuplicates();
        List<String> marked =
                journal.stream()
                        .filter(e -> e.event().equals(JournalEvent.MARKER_MOVED))
                        .map(e -> e.detail("backup"))
                        .toList();
        assertThat(marked).containsExactlyInAnyOrderElementsOf(backups);
        assertThat(EditedAgent.read(directory.resolve("log/." + target + "_last_backup")))
                .isEqualTo(marked.get(marked.size() - 1));
        assertThat(server.operations().stream().filter(o -> o.operation().equals("create")))
                .as("none is made twice")
                .hasSize(backups.size());
        assertThat(backups).allMatch(name -> server.completeUploads(name) == 1);
        System.out.printf(
                "edits: %s: %d runs, %d resumed, %d backups%n",
                target, results.size(), agent.count(target, JournalEvent.RESUMED), backups.size());
    }
}
