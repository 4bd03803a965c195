package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.cli.AgentProcess.Ended;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two agents on one state folder would make each backup twice. */
class TwoAgentsIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir Path directory;

    private int port;

    @BeforeEach
    void choosePort() throws IOException {
        // The same for both, as in a configuration that was started twice.
        port = freePort();
    }

    @Test
    void theSecondSaysSoAndEndsAndTheFirstGoesOn() throws Exception {
        try (SimulatedServer server = SimulatedServer.builder().start();
                AgentProcess first = run(server)) {
            await().atMost(SOON).until(() -> first.errors().contains("is running"));

            try (AgentProcess second = run(server)) {
                Ended ended = second.ended();

                assertThat(ended.exitCode()).isEqualTo(5);
                assertThat(ended.errors())
                        .hasLineCount(1)
                        .isEqualToIgnoringNewLines(
                                "[ERROR] state-directory: found "
                                        + directory.resolve("state")
                                        + ", which another agent runs on; allowed: a folder of its"
                                        + " own for each agent");
            }
            assertThat(first.isAlive()).isTrue();
            first.terminate();
            assertThat(first.ended().exitCode()).isEqualTo(143);

            try (AgentProcess third = run(server)) {
                await().atMost(SOON).until(() -> third.errors().contains("is running"));
            }
            // Killed, not stopped: the system has freed the folder all the same.
            try (AgentProcess fourth = run(server)) {
                await().atMost(SOON).until(() -> fourth.errors().contains("is running"));
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private AgentProcess run(SimulatedServer server) throws Exception {
        Path config =
                Files.writeString(
                        directory.resolve("agent.yaml"),
                        """
                        targets: { node: { url: "%s" } }
                        schedules: { yearly: { do: full, cron: "0 0 1 1 *" } }
                        http: { port: %d }
                        log-directory: "%s"
                        state-directory: "%s"
                        """
                                .formatted(
                                        server.uri(),
                                        port,
                                        directory.resolve("log"),
                                        directory.resolve("state")));
        return AgentProcess.start(directory, "run", "--config", config.toString());
    }
}
