package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedBackup;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;

/**
 * Wherever the journal was cut, and with whichever marker, while the server went on: the run ends
 * in one outcome, and the next backup is built on a marker that can be counted on.
 */
class CutJournalTest {

    private static final String PATIENT =
            """
            limits: { busy: 20s, outage: 20s, silence: 500ms, settle: 100ms, proof: 1s, stop: 5s }
            retry: { create: 1, upload: 1, pause: 10ms, longest-pause: 10ms }
            """;

    @Property(tries = 25)
    void theRunEndsInOneOutcomeWithAMarkerThatCanBeCountedOn(
            @ForAll ServerVersion version,
            @ForAll BackupKind kind,
            @ForAll boolean markerMoved,
            @ForAll @DoubleRange(min = 0, max = 1) double share)
            throws IOException {
        Path directory = Files.createTempDirectory("cut-journal");
        try (SimulatedServer server = SandboxAgent.server().version(version).start()) {
            Set<String> proven;
            try (SandboxAgent agent = SandboxAgent.start(directory, server, PATIENT)) {
                String before = agent.full().backup();
                long from = Files.size(journal(directory).file());
                agent.fire("node", kind);
                await().until(() -> agent.results("node").size() == 2);
                cut(directory, from, share);
                proven = named(journal(directory), JournalEvent.PROVEN);
                // The marker is moved before the journal says that it was.
                if (!markerMoved
                        && named(journal(directory), JournalEvent.MARKER_MOVED).size() < 2) {
                    Files.writeString(agent.markerFile(), before);
                }
            }

            try (SandboxAgent agent = SandboxAgent.start(directory, server, PATIENT)) {
                RunResult next = agent.diff();

                assertThat(next.outcome()).as("%s", next).isEqualTo(Outcome.SUCCESS);
                assertThat(agent.marker()).isEqualTo(next.backup());
                assertThat(agent.results("node"))
                        .extracting(RunResult::outcome)
                        .containsOnly(Outcome.SUCCESS);
                assertThat(journal(directory).runs().values())
                        .allSatisfy(
                                events ->
                                        assertThat(events)
                                                .extracting(JournalEvent::event)
                                                .containsOnlyOnce(JournalEvent.ENDED));
                assertThat(server.remote()).extracting(SimulatedBackup::name).contains(next.base());
                assertThat(proven)
                        .allSatisfy(name -> assertThat(server.completeUploads(name)).isEqualTo(1));
            }
        } finally {
            delete(directory);
        }
    }

    private static void cut(Path directory, long from, double share) throws IOException {
        Path file = journal(directory).file();
        byte[] whole = Files.readAllBytes(file);
        int length = (int) (from + Math.round((whole.length - from) * share));
        Files.write(file, Arrays.copyOf(whole, length));
        assertThat(Files.readString(file, StandardCharsets.UTF_8)).isNotEmpty();
    }

    private static Set<String> named(Journal journal, String event) {
        return journal.read().stream()
                .filter(written -> written.event().equals(event))
                .map(written -> written.detail("backup"))
                .collect(Collectors.toSet());
    }

    private static Journal journal(Path directory) {
        return new Journal(directory.resolve("state/node/runs.jsonl"));
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
