package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Stage;
import io.github.clickhousebackupagent.sandbox.Damage;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Journal and marker on a disk that is full, read-only or damaged: the run says so in one line with
 * the name of the file, nothing is lost, and the next one works once that is mended.
 */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class FilesTest {

    private static final String JOURNAL = "state/node/runs.jsonl";
    private static final String MARKER = "log/.node_last_backup";

    @TempDir Path directory;

    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final List<RunResult> outcomes = new CopyOnWriteArrayList<>();
    private volatile Step proven = () -> {};

    private final RunListener listener =
            new RunListener() {
                @Override
                public void warned(Run run, String warning) {
                    warnings.add(warning);
                }

                @Override
                public void ended(RunResult result) {
                    outcomes.add(result);
                }

                @Override
                public void proven(Run run) {
                    try {
                        proven.take();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }
            };

    /** What happens to a file in the middle of a run. */
    private interface Step {
        void take() throws Exception;
    }

    // The journal.

    @Test
    void aFullDiskFailsTheRunThatCannotBeWrittenDownAndNoOther() throws Exception {
        try (Tmpfs disk = Tmpfs.at(directory.resolve("state"));
                SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            assertSuccess(agent.full());
            disk.fill();

            // What is left of the journal's last page takes a few more events.
            RunResult last = agent.full();
            for (int i = 0; i < 20 && last.outcome() == Outcome.SUCCESS; i++) {
                last = agent.full();
            }

            assertFailed(last, "runs.jsonl: cannot be written: ", "No space left on device");
            outcomes.clear();
            assertThat(agent.full().outcome()).as("while it is full").isEqualTo(Outcome.FAILED);
            assertThat(outcomes)
                    .as("each is told once")
                    .extracting(RunResult::run)
                    .doesNotHaveDuplicates();
            assertThat(server.operations())
                    .as("nothing is asked for that is not written down")
                    .hasSize(announced(agent));

            disk.free();
            RunResult full = agent.full();
            assertSuccess(full);
            assertThat(agent.marker()).isEqualTo(full.backup());
            assertThat(withoutOutcome(agent)).isEmpty();
        }
    }

    @Test
    void aReadOnlyJournalFailsTheRunBeforeAnythingIsAskedFor() throws Exception {
        try (Tmpfs disk = Tmpfs.at(directory.resolve("state"));
                SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            String before = success(agent.full());
            disk.readOnly();

            RunResult diff = agent.diff();

            assertFailed(diff, "state/node", "Read-only file system");
            assertThat(Calls.posts(server)).hasSize(2);

            disk.writable();
            assertThat(agent.marker()).isEqualTo(before);
            assertThat(assertSuccess(agent.diff()).base()).isEqualTo(before);
        }
    }

    @Test
    void aDiskThatBecomesReadOnlyInMidRunLosesNoBackup() throws Exception {
        try (Tmpfs disk = Tmpfs.at(directory.resolve("state"));
                SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            String before = success(agent.full());
            proven = disk::readOnly;

            RunResult cut = agent.diff();

            assertFailed(cut, "runs.jsonl: cannot be written: ", "Read-only file system");
            assertThat(agent.marker()).isEqualTo(before);

            proven = () -> {};
            disk.writable();
            RunResult diff = assertSuccess(agent.diff());
            assertThat(diff.base())
                    .as("the one that was cut off has come to its end first")
                    .isEqualTo(cut.backup());
            assertThat(withoutOutcome(agent)).isEmpty();
            assertThat(server.completeUploads(cut.backup())).isEqualTo(1);
        }
    }

    @Test
    void aFileInThePlaceOfTheFolderIsToldByName() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            Path folder = directory.resolve("state/node");
            Files.createDirectories(folder.getParent());
            Files.createFile(folder);

            assertFailed(agent.full(), "state/node", "");
            assertThat(Calls.posts(server)).isEmpty();

            Files.delete(folder);
            assertSuccess(agent.full());
        }
    }

    @Test
    void aTornLastLineHidesNoOtherAndIsNoRun() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start()) {
            String before;
            try (SandboxAgent agent = start(server)) {
                before = success(agent.full());
            }
            Files.writeString(
                    directory.resolve(JOURNAL),
                    "{\"time\":\"2026-11-22T12:00:00Z\",\"run\":\"torn\",\"event\":\"begu",
                    StandardOpenOption.APPEND);

            try (SandboxAgent agent = start(server)) {
                assertThat(assertSuccess(agent.diff()).base()).isEqualTo(before);
                assertThat(agent.results("node"))
                        .extracting(RunResult::outcome)
                        .containsExactly(Outcome.SUCCESS, Outcome.SUCCESS);
            }
        }
    }

    @Test
    void aDamagedLineInTheMiddleHidesNoOther() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start()) {
            try (SandboxAgent agent = start(server)) {
                assertSuccess(agent.full());
                assertSuccess(agent.diff());
            }
            damage(JournalEvent.BASE_CHOSEN);

            try (SandboxAgent agent = start(server)) {
                assertSuccess(agent.diff());
                assertThat(agent.results("node"))
                        .extracting(RunResult::outcome)
                        .containsExactly(Outcome.SUCCESS, Outcome.SUCCESS, Outcome.SUCCESS);
            }
        }
    }

    @Test
    void aRunWhoseOutcomeWasDamagedGetsItAgainAndNoSecondBackup() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start()) {
            String full;
            try (SandboxAgent agent = start(server)) {
                full = success(agent.full());
            }
            damage(JournalEvent.ENDED);

            try (SandboxAgent agent = start(server)) {
                assertThat(assertSuccess(agent.diff()).base()).isEqualTo(full);
                assertThat(agent.results("node"))
                        .extracting(RunResult::outcome)
                        .containsExactly(Outcome.SUCCESS, Outcome.SUCCESS);
                assertThat(server.completeUploads(full)).isEqualTo(1);
                assertThat(Calls.posts(server)).hasSize(4);
            }
        }
    }

    // The marker.

    static Stream<byte[]> rubbish() {
        byte[] binary = new byte[300];
        for (int i = 0; i < binary.length; i++) {
            binary[i] = (byte) i;
        }
        return Stream.of(
                binary,
                "FULL_A\nFULL_B\nFULL_C\n".getBytes(StandardCharsets.UTF_8),
                "x".repeat(10_000).getBytes(StandardCharsets.UTF_8),
                "../../etc/passwd?a=b&callback=http://x".getBytes(StandardCharsets.UTF_8),
                "FULL_CH_BK_2020-01-01_00-00-00".getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @MethodSource("rubbish")
    void aMarkerThatNamesNoBackupIsFoundAgain(byte[] content) throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            String full = success(agent.full());
            Files.write(directory.resolve(MARKER), content);

            RunResult diff = assertSuccess(agent.diff());

            assertThat(diff.base()).isEqualTo(full);
            assertThat(agent.marker()).isEqualTo(diff.backup());
            assertThat(warnings)
                    .singleElement()
                    .asString()
                    .startsWith("the marker names ")
                    .endsWith(
                            ", which is not in the remote list; "
                                    + full
                                    + ", the newest whole backup in the remote list, takes its place")
                    .hasSizeLessThan(500)
                    .matches("[\\x20-\\x7e]*");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"empty", "gone"})
    void aMarkerThatWasLostIsFoundAgain(String how) throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            assertSuccess(agent.full());
            String newest = success(agent.full());
            lose(how);

            RunResult diff = assertSuccess(agent.diff());

            assertThat(diff.base()).isEqualTo(newest);
            assertThat(agent.marker()).isEqualTo(diff.backup());
            assertThat(warnings)
                    .containsExactly(
                            "there is no marker; "
                                    + newest
                                    + ", the newest whole backup in the remote list, takes its place");
        }
    }

    @Test
    void withTheJournalLostTooTheMarkerIsFoundByTheNames() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start()) {
            String newest;
            try (SandboxAgent agent = start(server)) {
                assertSuccess(agent.full());
            }
            // The names of a FULL and a DIFF in one second would not tell which is newer.
            Clock later = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(1));
            try (SandboxAgent agent = SandboxAgent.start(directory, server, "", later, listener)) {
                newest = success(agent.diff());
                server.damage(success(agent.diff()), Damage.BROKEN);
            }
            lose("gone");
            Files.delete(directory.resolve(JOURNAL));

            try (SandboxAgent agent = start(server)) {
                assertThat(assertSuccess(agent.diff()).base())
                        .as("the newest that is whole")
                        .isEqualTo(newest);
            }
        }
    }

    @Test
    void theBackupOfAnotherTargetIsNoBase() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            String ours = success(agent.full());
            lose("gone");
            String shared =
                    """
                    {"name":"%s","created":"","size":9,"location":"remote","required":"","desc":"tar"}
                    {"name":"FULL_CH_BK_2099-01-01_00-00-00","created":"","size":9,"location":"remote",\
                    "required":"","desc":"tar"}
                    """
                            .formatted(ours);
            server.faults().answer("/backup/list", 1, 200, "text/plain", shared);

            assertThat(assertSuccess(agent.diff()).base()).isEqualTo(ours);
        }
    }

    @Test
    void withoutMarkerAndRemoteBackupsADiffIsUploadedCompleteAndSaysSo() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            server.damage(success(agent.full()), Damage.ABSENT);
            lose("gone");

            RunResult diff = assertSuccess(agent.diff());

            assertThat(diff.base()).isNull();
            assertThat(warnings)
                    .singleElement()
                    .asString()
                    .contains("No base: ")
                    .endsWith("it is uploaded complete");
        }
    }

    @Test
    void aMarkerThatCannotBeReadIsNotTakenForNone() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            String full = success(agent.full());
            Path marker = directory.resolve(MARKER);
            Files.delete(marker);
            Files.createDirectory(marker);

            RunResult diff = agent.diff();

            assertFailed(diff, MARKER + ": cannot be read", "");
            assertThat(Calls.posts(server)).hasSize(2);

            Files.delete(marker);
            assertThat(assertSuccess(agent.diff()).base()).isEqualTo(full);
        }
    }

    @Test
    void aMarkerThatCannotBeWrittenStaysAsItWas() throws Exception {
        try (Tmpfs disk = Tmpfs.at(directory.resolve("log"));
                SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            String before = success(agent.full());
            proven = disk::readOnly;

            RunResult diff = agent.diff();

            assertFailed(diff, MARKER, "Read-only file system");
            assertThat(diff.stage()).isEqualTo(Stage.MOVE_MARKER);

            proven = () -> {};
            disk.writable();
            assertThat(agent.marker()).isEqualTo(before);
            RunResult next = assertSuccess(agent.diff());
            assertThat(agent.marker()).isEqualTo(next.backup());
        }
    }

    @Test
    void aMarkerOnAFullDiskStaysAsItWas() throws Exception {
        try (Tmpfs disk = Tmpfs.at(directory.resolve("log"));
                SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            String before = success(agent.full());
            proven = disk::fill;

            RunResult diff = agent.diff();

            assertFailed(diff, MARKER, "No space left on device");
            assertThat(diff.stage()).isEqualTo(Stage.MOVE_MARKER);
            assertThat(agent.marker()).isEqualTo(before);

            proven = () -> {};
            disk.free();
            RunResult next = assertSuccess(agent.diff());
            assertThat(agent.marker()).isEqualTo(next.backup());
        }
    }

    @Test
    void aFolderInThePlaceOfTheMarkerIsToldAndLeftAlone() throws Exception {
        try (SimulatedServer server = SandboxAgent.server().start();
                SandboxAgent agent = start(server)) {
            Path marker = directory.resolve(MARKER);
            proven =
                    () -> {
                        Files.createDirectory(marker);
                        Files.createFile(marker.resolve("mine"));
                    };

            RunResult full = agent.full();

            assertFailed(full, MARKER, "");
            assertThat(full.stage()).isEqualTo(Stage.MOVE_MARKER);
            assertThat(marker.resolve("mine")).exists();

            proven = () -> {};
            Files.delete(marker.resolve("mine"));
            Files.delete(marker);
            assertSuccess(agent.full());
        }
    }

    private SandboxAgent start(SimulatedServer server) {
        return SandboxAgent.start(directory, server, "", listener);
    }

    private void lose(String how) throws IOException {
        if (how.equals("empty")) {
            Files.writeString(directory.resolve(MARKER), "");
        } else {
            Files.delete(directory.resolve(MARKER));
        }
    }

    /** Makes rubbish of the first line of an event. */
    private void damage(String event) throws IOException {
        Path journal = directory.resolve(JOURNAL);
        List<String> lines = new ArrayList<>(Files.readAllLines(journal));
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains("\"event\":\"" + event + "\"")) {
                lines.set(i, "\u0000".repeat(20) + lines.get(i).substring(20, 60));
                Files.writeString(journal, String.join("\n", lines) + "\n");
                return;
            }
        }
        throw new AssertionError("no event " + event);
    }

    private static int announced(SandboxAgent agent) {
        return (int)
                agent.journal().stream()
                        .filter(e -> e.event().equals(JournalEvent.OPERATION_ANNOUNCED))
                        .count();
    }

    private static Set<String> withoutOutcome(SandboxAgent agent) {
        Set<String> open = new HashSet<>();
        for (JournalEvent event : agent.journal()) {
            if (event.event().equals(JournalEvent.ENDED)) {
                open.remove(event.run());
            } else if (event.run() != null) {
                open.add(event.run());
            }
        }
        return open;
    }

    private static String success(RunResult result) {
        return assertSuccess(result).backup();
    }

    private static RunResult assertSuccess(RunResult result) {
        assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.SUCCESS);
        return result;
    }

    /** It failed, and says so in one line that names the file. */
    private static void assertFailed(RunResult result, String file, String reason) {
        assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.FAILED);
        assertThat(result.reason())
                .contains(file, reason)
                .doesNotContain("\n")
                .doesNotContain("org.apache");
    }
}
