package io.github.clickhousebackupagent.page;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.report.RunLog;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An agent with the routes of the product, on a port that it also has after a restart. */
final class PageAgent implements AutoCloseable {

    static final String TOKEN = "tell-nobody";

    /** Fires in no test. */
    static final String NEVER = "schedules: { full: { do: full, cron: \"0 0 0 1 1 ? 2099\" } }\n";

    private static final String PASSWORD = "TopSecret4711";

    final AgentConfig config;
    private final Path file;
    private final int port;
    private Agent agent;

    private PageAgent(AgentConfig config, Path file, int port) {
        this.config = config;
        this.file = file;
        this.port = port;
        start();
    }

    static SimulatedServer.Builder server() {
        return SimulatedServer.builder().credentials("api", PASSWORD);
    }

    /**
     * Starts one.
     *
     * @param servers by the name of the target
     * @param http more of {@code http}, such as {@code read: token}
     * @param more YAML for the rest of the configuration
     */
    static PageAgent start(
            Path directory, Map<String, SimulatedServer> servers, String http, String more) {
        int port = freePort();
        StringBuilder yaml = new StringBuilder("targets:\n");
        servers.forEach(
                (name, server) ->
                        yaml.append(
                                "  %s: { url: \"%s\", username: api, password: %s }%n"
                                        .formatted(name, server.uri(), PASSWORD)));
        yaml.append("log-directory: \"%s\"%n".formatted(directory.resolve("log")));
        yaml.append("state-directory: \"%s\"%n".formatted(directory.resolve("state")));
        yaml.append("zone: UTC\n");
        yaml.append("http: { port: %d, token: %s%s }%n".formatted(port, TOKEN, http));
        yaml.append(
                "limits: { busy: 300ms, outage: 300ms, silence: 500ms, settle: 100ms, proof: 100ms, stop: 5s }\n");
        yaml.append("retry: { create: 0, upload: 0 }\n");
        yaml.append(more);
        Path file = directory.resolve("agent.yaml");
        try {
            Files.createDirectories(directory.resolve("log"));
            Files.writeString(file, yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        AgentConfig config =
                new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC()).load(file);
        return new PageAgent(config, file, port);
    }

    /** Edits its configuration, as an editor does. */
    void edit(String before, String after) {
        try {
            Files.writeString(file, Files.readString(file).replace(before, after));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts one with one target {@code node}. */
    static PageAgent start(Path directory, SimulatedServer server) {
        return start(directory, Map.of("node", server), "", NEVER);
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it, again after {@link #close()}. */
    void start() {
        agent =
                new Agent(
                                config,
                                new Agent.Options(
                                        Path.of("routes"),
                                        true,
                                        now -> List.of(new RunLog(now, Clock.systemUTC())),
                                        file),
                                Clock.systemUTC())
                        .start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + port + "/");
    }

    RunResult full(String target) {
        return agent.run(target, BackupKind.FULL);
    }

    RunResult diff(String target) {
        return agent.run(target, BackupKind.DIFF);
    }

    String marker(String target) {
        try {
            return Files.readString(config.markerFile(target)).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Map<String, SimulatedServer> all(SimulatedServer server, List<String> targets) {
        Map<String, SimulatedServer> servers = new LinkedHashMap<>();
        targets.forEach(target -> servers.put(target, server));
        return servers;
    }

    @Override
    public void close() {
        agent.close();
    }
}
