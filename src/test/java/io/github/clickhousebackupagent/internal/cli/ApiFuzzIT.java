package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.control.AgentAddress;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Schemathesis makes thousands of calls out of the document that a running agent serves, good and
 * bad ones, and looks at each answer: no 500, and nothing that the document does not say.
 *
 * <p>Skipped where there is no {@code schemathesis}: on the PATH, or named by the system property
 * of that name.
 */
class ApiFuzzIT {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String TOKEN = "tell-nobody";

    @TempDir Path directory;

    private SimulatedServer server;

    @BeforeEach
    void startServer() {
        server = SimulatedServer.builder().start();
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void noCallGetsAnAnswerThatIsNotDocumented() throws Exception {
        Optional<Path> program = program();
        assumeThat(program)
                .as("skipped: no schemathesis; name one by -Dschemathesis=FILE")
                .isPresent();
        Path state = directory.resolve("state");
        Path config =
                Files.writeString(
                        directory.resolve("agent.yaml"),
                        """
                        targets: { node: { url: "%s" } }
                        schedules: { full: { do: full, cron: "0 0 0 1 1 ? 2099" } }
                        state-directory: "%s"
                        log-directory: "%s"
                        http: { port: 0, token: %s }
                        """
                                .formatted(server.uri(), state, directory.resolve("log"), TOKEN));
        try (AgentProcess agent =
                AgentProcess.start(directory, "run", "--config", config.toString())) {
            await().atMost(SOON).until(() -> AgentAddress.read(state).isPresent());
            URI url = AgentAddress.read(state).orElseThrow().url();
            Path output = directory.resolve("schemathesis.txt");
            List<String> command = new ArrayList<>();
            command.add(program.get().toString());
            command.addAll(
                    List.of(
                            "--config-file",
                            Path.of("src/test/resources/schemathesis.toml")
                                    .toAbsolutePath()
                                    .toString(),
                            "run",
                            url + "/api/v1/openapi.json",
                            "--origin",
                            url.toString(),
                            "--header",
                            "Authorization: Bearer " + TOKEN,
                            "--max-examples",
                            System.getProperty("examples-of-calls", "25"),
                            "--seed",
                            "20261123",
                            "--request-timeout",
                            "30",
                            "--continue-on-failure",
                            "--no-color"));
            Process fuzz =
                    new ProcessBuilder(command)
                            .directory(directory.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            try {
                assertThat(fuzz.waitFor(300, TimeUnit.SECONDS)).as(read(output)).isTrue();
            } finally {
                fuzz.destroyForcibly();
            }

            assertThat(fuzz.exitValue()).as(read(output)).isZero();
            assertThat(read(output)).contains("Operations:");
            assertThat(agent.errors()).doesNotContain("not foreseen");
        }
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Path> program() {
        String named = System.getProperty("schemathesis", "");
        return (named.isEmpty()
                        ? Stream.of(System.getenv("PATH").split(":"))
                                .map(folder -> Path.of(folder, "schemathesis"))
                        : Stream.of(Path.of(named)))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
