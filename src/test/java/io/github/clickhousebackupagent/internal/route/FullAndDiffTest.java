package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedBackup;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is made, on which base. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class FullAndDiffTest {

    @TempDir Path directory;

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void aFullAndTwoDiffsAreAChainOfThree(ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            RunResult full = agent.full();
            RunResult first = agent.diff();
            RunResult second = agent.diff();

            assertThat(full.outcome()).as("%s", full).isEqualTo(Outcome.SUCCESS);
            assertThat(first.outcome()).as("%s", first).isEqualTo(Outcome.SUCCESS);
            assertThat(second.outcome()).as("%s", second).isEqualTo(Outcome.SUCCESS);
            assertThat(first.base()).isEqualTo(full.backup());
            assertThat(second.base()).isEqualTo(first.backup());
            assertThat(second.chainLength()).isEqualTo(3);
            assertThat(second.size()).isPositive();
            assertThat(agent.marker()).isEqualTo(second.backup());
            assertThat(server.remote())
                    .extracting(SimulatedBackup::name, SimulatedBackup::required)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple(full.backup(), ""),
                            org.assertj.core.groups.Tuple.tuple(first.backup(), full.backup()),
                            org.assertj.core.groups.Tuple.tuple(second.backup(), first.backup()));
        }
    }

    @Test
    void aDiffWithoutMarkerIsUploadedCompleteWithAWarning() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            RunResult diff = agent.diff();

            assertThat(diff.outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(diff.kind()).isEqualTo(RunKind.DIFF);
            assertThat(diff.base()).isNull();
            assertThat(Calls.posts(server))
                    .containsExactly(
                            "POST /backup/create?name=" + diff.backup(),
                            "POST /backup/upload/" + diff.backup());
            assertThat(agent.marker()).isEqualTo(diff.backup());
            assertThat(agent.log()).contains("[WARNING]").contains("take a FULL first");
        }
    }

    @Test
    void aDiffWithoutMarkerMayBecomeAFull() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.start(
                                directory, server, "backup: { when-no-base: promote-to-full }")) {
            RunResult diff = agent.diff();

            assertThat(diff.outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(diff.kind()).isEqualTo(RunKind.FULL);
            assertThat(diff.backup()).startsWith("FULL_CH_BK_");
            assertThat(agent.diff().base()).isEqualTo(diff.backup());
        }
    }

    @Test
    void aDiffWithoutMarkerMayFailBeforeAnythingIsCreated() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.start(directory, server, "backup: { when-no-base: fail }")) {
            RunResult diff = agent.diff();

            assertThat(diff.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(diff.reason()).contains("take a FULL first");
            assertThat(Calls.posts(server)).isEmpty();
            assertThat(agent.markerFile()).doesNotExist();
        }
    }

    @Test
    void aBaseThatSomebodyDeletedIsNotBuiltOn() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            Files.writeString(agent.markerFile(), "FULL_CH_BK_2020-01-01_00-00-00");

            RunResult diff = agent.diff();

            assertThat(diff.outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(diff.base()).isNull();
            assertThat(agent.log())
                    .contains("(is the storage within reach?); it is uploaded complete");
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void aBaseThatIsNoLongerLocalIsTakenFromRemoteStorage(ServerVersion version) {
        try (SimulatedServer server = SandboxAgent.server().version(version).keepLocal(-1).start();
                SandboxAgent agent = SandboxAgent.start(directory, server, "")) {
            RunResult full = agent.full();
            RunResult diff = agent.diff();

            assertThat(diff.outcome()).as("%s", diff).isEqualTo(Outcome.SUCCESS);
            assertThat(diff.base()).isEqualTo(full.backup());
            assertThat(Calls.uploads(server))
                    .last()
                    .isEqualTo(
                            "POST /backup/upload/"
                                    + diff.backup()
                                    + "?diff-from-remote="
                                    + full.backup());
        }
    }

    @Test
    void everyDiffOnTheLastFullNeedsTwoBackupsOnly() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.start(directory, server, "backup: { base: last-full }")) {
            RunResult full = agent.full();
            agent.diff();
            RunResult second = agent.diff();

            assertThat(second.base()).isEqualTo(full.backup());
            assertThat(second.chainLength()).isEqualTo(2);
        }
    }

    @Test
    void aChainThatIsLongEnoughEndsWithAFull() {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.start(directory, server, "backup: { max-chain-length: 2 }")) {
            agent.full();
            assertThat(agent.diff().kind()).isEqualTo(RunKind.DIFF);

            RunResult third = agent.diff();

            assertThat(third.kind()).isEqualTo(RunKind.FULL);
            assertThat(third.backup()).startsWith("FULL_CH_BK_");
            assertThat(agent.log()).contains("more than max-chain-length 2: it becomes a FULL");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void noBackupIsMadeUnderANameThatIsTaken(int used) {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent =
                        SandboxAgent.start(
                                directory,
                                server,
                                "",
                                java.time.Clock.fixed(
                                        java.time.Instant.parse("2026-11-22T12:00:00Z"),
                                        java.time.ZoneOffset.UTC))) {
            for (int i = 0; i < used; i++) {
                agent.full();
            }

            assertThat(agent.full().backup()).isEqualTo("FULL_CH_BK_2026-11-22_12-00-0" + used);
        }
    }
}
