package io.github.clickhousebackupagent.route;

import io.github.clickhousebackupagent.chain.BackupKind;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.journal.JournalEvent;
import io.github.clickhousebackupagent.report.RunLog;
import io.github.clickhousebackupagent.run.RunListener;
import io.github.clickhousebackupagent.run.RunResult;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** An agent with the routes of the product and one target, {@code node}, that is simulated. */
final class SandboxAgent implements AutoCloseable {

    static final String TARGET = "node";

    final AgentConfig config;
    private final Clock clock;
    private final Agent agent;

    private SandboxAgent(AgentConfig config, Clock clock, List<RunListener> listeners) {
        this.config = config;
        this.clock = clock;
        try {
            Files.createDirectories(config.logDirectory());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<RunListener> all = new java.util.ArrayList<>(listeners);
        all.add(new RunLog(config, clock));
        this.agent =
                new Agent(config, new Agent.Options(Path.of("routes"), true, true, all), clock)
                        .start();
    }

    /**
     * Starts one.
     *
     * @param more YAML for the rest of the configuration
     */
    static SandboxAgent start(
            Path directory, SimulatedServer server, String more, RunListener... listeners) {
        return start(directory, server, more, Clock.systemUTC(), listeners);
    }

    static SandboxAgent start(
            Path directory,
            SimulatedServer server,
            String more,
            Clock clock,
            RunListener... listeners) {
        String yaml =
                """
                targets:
                  node: { url: "%s", username: api, password: secret }
                log-directory: "%s"
                state-directory: "%s"
                zone: UTC
                http: { port: 0 }
                %s
                """
                        .formatted(
                                server.uri(),
                                directory.resolve("log"),
                                directory.resolve("state"),
                                more);
        AgentConfig config =
                new ConfigLoader(Map.<String, String>of()::get, clock).parse("t", yaml);
        return new SandboxAgent(config, clock, List.of(listeners));
    }

    static SimulatedServer.Builder server() {
        return SimulatedServer.builder().credentials("api", "secret");
    }

    RunResult full() {
        return agent.run(TARGET, BackupKind.FULL, clock);
    }

    RunResult diff() {
        return agent.run(TARGET, BackupKind.DIFF, clock);
    }

    Agent agent() {
        return agent;
    }

    Path markerFile() {
        return config.markerFile(TARGET);
    }

    String marker() {
        return read(markerFile());
    }

    String log() {
        return read(config.logFile(TARGET));
    }

    List<JournalEvent> journal() {
        return agent.runs().journal(TARGET).read();
    }

    @Override
    public void close() {
        agent.close();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
