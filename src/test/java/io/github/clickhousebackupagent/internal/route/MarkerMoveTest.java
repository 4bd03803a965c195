package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.run.BackupRuns;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Stage;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The marker is whole at every moment. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class MarkerMoveTest {

    @TempDir Path directory;

    @Test
    void whoeverReadsTheMarkerWhileItIsMovedFindsTheOldOrTheNewOne() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            move(agent, 0);
            Set<String> seen = ConcurrentHashMap.newKeySet();
            AtomicInteger reads = new AtomicInteger();
            AtomicBoolean moving = new AtomicBoolean(true);
            CompletableFuture<Void> reader =
                    CompletableFuture.runAsync(
                            () -> {
                                while (moving.get()) {
                                    seen.add(read(agent.markerFile()));
                                    reads.incrementAndGet();
                                }
                            });

            for (int i = 1; i <= 50; i++) {
                move(agent, i);
            }
            moving.set(false);
            reader.join();

            assertThat(agent.marker()).isEqualTo("FULL_50");
            assertThat(seen).allMatch(text -> text.matches("FULL_[0-9]+"));
            assertThat(reads.get()).isGreaterThan(50);
        }
    }

    @Test
    void aMarkerThatCannotBeMovedFailsTheRunAndLeavesNoHalfOne() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            CompletableFuture<RunResult> full;
            try (var upload = server.faults().hold("upload")) {
                full = CompletableFuture.supplyAsync(agent::full);
                await().until(() -> Calls.uploads(server).size() == 1);
                // A folder cannot be replaced by a file: as good as a disk that refuses.
                Files.createDirectories(agent.markerFile().resolve("x"));
            }

            RunResult result = full.get(30, TimeUnit.SECONDS);
            assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(result.stage()).isEqualTo(Stage.MOVE_MARKER);
            assertThat(result.failure()).isEqualTo(RunResult.Failure.OPERATION);
            assertThat(result.reason()).doesNotContain("no answer from");
            assertThat(agent.markerFile()).isDirectory();
        }
    }

    private static void move(SandboxAgent agent, int number) {
        Run run = BackupRuns.proven(SandboxAgent.TARGET, "FULL_" + number);
        agent.agent()
                .context()
                .createProducerTemplate()
                .send("direct:move-marker", exchange -> exchange.setProperty("run", run));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "absent: " + e;
        }
    }
}
