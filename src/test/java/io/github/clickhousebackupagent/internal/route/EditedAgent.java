package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.control.EditState;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.camel.component.quartz.QuartzComponent;
import org.quartz.impl.matchers.GroupMatcher;

/** An agent on folders of its own, whose routes and configuration are edited while it runs. */
final class EditedAgent implements AutoCloseable {

    static final String TARGET = "node";
    static final Duration SOON = Duration.ofSeconds(30);

    /** Fires in no test. */
    static final String NEVER = "0 0 0 1 1 ? 2099";

    final Path directory;
    final Path routes;
    final Path configFile;
    private final Agent agent;

    /**
     * Starts one.
     *
     * @param targets the targets' servers by name
     * @param more YAML for the rest of the configuration
     */
    EditedAgent(Path directory, Map<String, SimulatedServer> targets, String more) {
        this(directory, targets, more, Edits.PAUSE);
    }

    /**
     * @param pause how often the agent looks for edits
     */
    EditedAgent(Path directory, Map<String, SimulatedServer> targets, String more, Duration pause) {
        this(directory, targets, more, pause, now -> List.of(new RunLog(now, Clock.systemUTC())));
    }

    /**
     * @param listeners are told what happens in runs of a configuration
     */
    EditedAgent(
            Path directory,
            Map<String, SimulatedServer> targets,
            String more,
            Duration pause,
            Function<AgentConfig, List<RunListener>> listeners) {
        this.directory = directory;
        this.routes = directory.resolve("routes");
        this.configFile = directory.resolve("agent.yaml");
        try {
            Files.createDirectories(directory.resolve("log"));
            Files.createDirectories(routes);
            try (Stream<Path> files = Files.list(Path.of("routes"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.copy(file, routes.resolve(file.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        write(configFile, configuration(targets, more));
        AgentConfig config = ConfigLoader.system().load(configFile);
        this.agent =
                new Agent(
                                config,
                                new Agent.Options(routes, true, listeners, configFile),
                                Clock.systemUTC(),
                                pause)
                        .start();
    }

    /** Starts one with one target, and a schedule that does not fire. */
    static EditedAgent start(Path directory, SimulatedServer server) {
        return new EditedAgent(directory, Map.of(TARGET, server), schedule(NEVER));
    }

    static String schedule(String cron) {
        return "schedules: { full: { do: full, cron: \"%s\" } }%n".formatted(cron);
    }

    String configuration(Map<String, SimulatedServer> targets, String more) {
        StringBuilder yaml = new StringBuilder("targets:\n");
        targets.forEach(
                (name, server) ->
                        yaml.append(
                                "  %s: { url: \"%s\", username: api, password: %s }%n"
                                        .formatted(name, server.uri(), SandboxAgent.PASSWORD)));
        yaml.append("log-directory: \"%s\"%n".formatted(directory.resolve("log")));
        yaml.append("state-directory: \"%s\"%n".formatted(directory.resolve("state")));
        yaml.append("zone: UTC\n");
        yaml.append(more.contains("http:") ? "" : "http: { port: 0 }\n");
        yaml.append(
                more.contains("limits:") ? "" : "limits: { " + SandboxAgent.SHORT_LIMITS + " }\n");
        return yaml.append(more).append('\n').toString();
    }

    Agent agent() {
        return agent;
    }

    Path file(String name) {
        return routes.resolve(name + RouteFiles.SUFFIX);
    }

    /** Writes a file of routes, as an editor does. */
    void edit(String name, String content) {
        write(file(name), content);
    }

    /** Replaces text in a file of routes; it must be there. */
    void replace(String name, String before, String after) {
        String content = read(file(name));
        assertThat(content).contains(before);
        write(file(name), content.replace(before, after));
    }

    void configure(Map<String, SimulatedServer> targets, String more) {
        write(configFile, configuration(targets, more));
    }

    EditState state() {
        return EditState.read(directory.resolve("state")).orElseThrow();
    }

    /** Waits until so many edits are in force. */
    void awaitTaken(long edits) {
        await().atMost(SOON)
                .untilAsserted(
                        () -> {
                            EditState now = state();
                            assertThat(now.refused()).isNull();
                            assertThat(now.taken()).isEqualTo(edits);
                        });
    }

    /** Waits until an edit is refused, and returns why. */
    List<String> awaitRefused() {
        AtomicReference<List<String>> problems = new AtomicReference<>();
        await().atMost(SOON)
                .untilAsserted(
                        () -> {
                            assertThat(state().refused()).isNotNull();
                            problems.set(state().refused().problems());
                        });
        return problems.get();
    }

    /** Asks for a backup as the schedule {@code full} does. */
    void fire(String target) {
        request(
                RunRequest.bySchedule(
                        "20991231T000000Z-%06x"
                                .formatted(ThreadLocalRandom.current().nextInt(1 << 24)),
                        target,
                        BackupKind.FULL,
                        "full",
                        Instant.now()));
    }

    /** Puts a request into the queue, and waits for nothing. */
    void request(RunRequest request) {
        agent.context().createProducerTemplate().sendBody("direct:request-run", request);
    }

    List<JournalEvent> journal(String target) {
        return new Journal(directory.resolve("state/" + target + "/" + Journal.FILE_NAME)).read();
    }

    long count(String target, String event) {
        return journal(target).stream().filter(e -> e.event().equals(event)).count();
    }

    void awaitEvent(String target, String event, long times) {
        await().atMost(SOON).until(() -> count(target, event) >= times);
    }

    List<RunResult> results(String target) {
        return RunHistory.results(
                new Journal(directory.resolve("state/" + target + "/" + Journal.FILE_NAME)),
                target);
    }

    RunResult awaitResult(String target) {
        await().atMost(SOON).until(() -> !results(target).isEmpty());
        return results(target).get(0);
    }

    String marker() {
        return read(directory.resolve("log/." + TARGET + "_last_backup"));
    }

    String log() {
        return read(directory.resolve("log/" + TARGET + ".log"));
    }

    List<String> triggers() throws Exception {
        List<String> names = new ArrayList<>();
        if (agent.context().hasComponent("quartz") instanceof QuartzComponent quartz) {
            quartz.getScheduler()
                    .getTriggerKeys(GroupMatcher.anyGroup())
                    .forEach(key -> names.add(key.getName()));
        }
        return names;
    }

    @Override
    public void close() {
        agent.close();
    }

    static void write(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
