package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.PauseRequest;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an agent leaves out while it is paused from outside, and only that. */
class PauseTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String OFTEN =
            "schedules: { often: { do: full, cron: \"* * * * * ?\", overlap: wait } }";

    @TempDir Path directory;

    private SimulatedServer server;

    @BeforeEach
    void startServer() {
        server = SandboxAgent.server().start();
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void aRunningAgentAsksForNothingFromThePauseOnAndGoesOnWhenItIsResumed() {
        try (SandboxAgent running = SandboxAgent.start(directory, server, OFTEN)) {
            await().atMost(SOON).until(() -> !successes(running).isEmpty());
            try (SandboxAgent command = SandboxAgent.start(directory, server, "")) {
                assertThat(command.agent().pause(all("new disks")).changed()).isTrue();
                assertThat(command.agent().pause(all(null)).changed()).isFalse();
                Instant paused = paused(running);
                await().atMost(SOON).until(() -> running.log().contains("is left out"));
                assertThat(running.log()).contains("by operator: new disks");
                assertThat(requestedAfter(running, paused)).isEmpty();

                assertThat(command.agent().resume(all(null)).changed()).isTrue();
            }
            int before = successes(running).size();
            await().atMost(SOON).until(() -> successes(running).size() > before);
            assertThat(running.results(SandboxAgent.TARGET))
                    .as("the pause is not told as missed")
                    .extracting(RunResult::outcome)
                    .doesNotContain(Outcome.MISSED);
        }
    }

    @Test
    void aPauseHoldsAfterARestartAndRunsByHandAreMade() {
        try (SandboxAgent first = SandboxAgent.start(directory, server, OFTEN)) {
            await().atMost(SOON).until(() -> !successes(first).isEmpty());
            first.agent().pause(new PauseRequest(SandboxAgent.TARGET, "often", null, "operator"));
        }
        try (SandboxAgent second = SandboxAgent.start(directory, server, OFTEN)) {
            int lines = second.log().split("is left out", -1).length;
            await().atMost(SOON).until(() -> second.log().split("is left out", -1).length > lines);
            assertThat(requestedAfter(second, paused(second))).isEmpty();

            assertThat(second.full().outcome()).isEqualTo(Outcome.SUCCESS);
        }
    }

    private static PauseRequest all(String reason) {
        return new PauseRequest(SandboxAgent.TARGET, null, reason, "operator");
    }

    private static List<RunResult> successes(SandboxAgent agent) {
        return agent.results(SandboxAgent.TARGET).stream()
                .filter(result -> result.outcome() == Outcome.SUCCESS)
                .toList();
    }

    private static Instant paused(SandboxAgent agent) {
        return agent.journal().stream()
                .filter(event -> event.event().equals(JournalEvent.PAUSED))
                .findFirst()
                .orElseThrow()
                .time();
    }

    private static List<JournalEvent> requestedAfter(SandboxAgent agent, Instant time) {
        return agent.journal().stream()
                .filter(event -> event.event().equals(JournalEvent.REQUESTED))
                .filter(event -> event.time().isAfter(time.plusMillis(200)))
                .toList();
    }
}
