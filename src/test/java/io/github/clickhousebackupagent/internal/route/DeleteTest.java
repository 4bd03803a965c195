package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.api.ActionRow;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlan;
import io.github.clickhousebackupagent.internal.deletion.DeletionWish;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.order.AdoptOrder;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.RunResult.Failure;
import io.github.clickhousebackupagent.sandbox.Damage;
import io.github.clickhousebackupagent.sandbox.ServerVersion;
import io.github.clickhousebackupagent.sandbox.SimulatedBackup;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a deletion must not take with it, and that the marker never names what is gone. */
class DeleteTest {

    private static final String PATIENT =
            """
            limits: { call: 1s, busy: 20s, outage: 20s, silence: 500ms, settle: 200ms, proof: 1s, stop: 5s }
            retry: { create: 0, upload: 0, pause: 10ms, longest-pause: 10ms }
            """;

    private static final String SCHEDULED =
            PATIENT + "schedules: { yearly: { do: full, cron: '0 0 1 1 *' } }\n";

    @TempDir Path directory;

    private final List<RunResult> told = new CopyOnWriteArrayList<>();
    private final RunListener listener =
            new RunListener() {
                @Override
                public void ended(RunResult result) {
                    told.add(result);
                }
            };

    /** The plan was made, and then a schedule made a DIFF on what is to be deleted. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void aBaseOfABackupThatCameAfterThePlan(ServerVersion version) throws Exception {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String full = agent.full().backup();
            DeletionPlan plan =
                    agent.agent()
                            .plan(
                                    "node",
                                    new DeletionWish(
                                            Place.REMOTE, List.of(full), false, false, true));
            assertThat(plan.refused()).isFalse();
            String diff = agent.diff().backup();

            RunResult result = agent.run(RunKind.DELETE, plan.order());

            assertThat(result.failure()).as("%s", result).isEqualTo(Failure.REFUSED);
            assertThat(result.reason()).contains(full + " is needed by " + diff);
            assertThat(remote(server)).containsExactly(full, diff);
            assertThat(agent.marker()).isEqualTo(diff);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void theMarkerWithTheBackupThatItNames(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String full = agent.full().backup();
            String diff = agent.diff().backup();

            assertThat(agent.run(RunKind.DELETE, remote(false, diff)).failure())
                    .isEqualTo(Failure.REFUSED);
            RunResult one = agent.run(RunKind.DELETE, remote(true, diff));

            assertThat(one.outcome()).as("%s", one).isEqualTo(Outcome.SUCCESS);
            assertThat(one.summary())
                    .isEqualTo("1 backup deleted from remote; the marker names " + full + " now");
            assertThat(agent.marker()).isEqualTo(full);
            assertThat(remote(server)).containsExactly(full);

            RunResult all = agent.run(RunKind.DELETE, remote(true, full));

            assertThat(all.summary())
                    .isEqualTo("1 backup deleted from remote; there is no marker now");
            assertThat(agent.markerFile()).doesNotExist();
            assertThat(server.local()).isEmpty();
            assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
            // Whoever reads the journal is told the same.
            assertThat(agent.results("node"))
                    .filteredOn(r -> r.kind() == RunKind.DELETE && r.failure() == null)
                    .usingRecursiveFieldByFieldElementComparatorIgnoringFields(
                            "startedAt", "finishedAt")
                    .containsExactly(one, all);
        }
    }

    /** From a local copy a server uploads, at its next start, an empty shell under the old name. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void thatWhatIsDeletedStaysDeleted(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String full = agent.full().backup();
            String last = agent.full().backup();
            assertThat(agent.run(RunKind.DELETE, remote(true, full)).outcome())
                    .isEqualTo(Outcome.SUCCESS);

            server.kill();
            server.restart();

            // The connection of before is gone, which whoever asks by hand is told.
            await().until(() -> agent.full().outcome() == Outcome.SUCCESS);
            assertThat(remote(server)).doesNotContain(full).contains(last);
        }
    }

    /** An answer that is lost is no reason to delete, or to give up: the lists tell. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void nothingByAnAnswerThatIsLost(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String full = agent.full().backup();
            agent.full();
            server.faults().closeConnection("/backup/delete", 1);

            RunResult unseen = agent.run(RunKind.DELETE, remote(false, full));

            assertThat(unseen.outcome()).as("%s", unseen).isEqualTo(Outcome.SUCCESS);
            assertThat(remote(server)).doesNotContain(full);

            String next = agent.full().backup();
            agent.full();
            server.faults().halfAnswer("/backup/delete/remote", 1);
            RunResult done = agent.run(RunKind.DELETE, remote(false, next));
            assertThat(done.outcome()).as("%s", done).isEqualTo(Outcome.SUCCESS);
            assertThat(remote(server)).doesNotContain(next);
            assertThat(Calls.posts(server))
                    .filteredOn(c -> c.equals("POST /backup/delete/remote/" + next))
                    .hasSize(1);
        }
    }

    /** 2.4 says that there is nothing of the kind, when it cannot see the storage at all. */
    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void aDeletionThatTheServerOnlyClaimsToBeNeedless(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String full = agent.full().backup();
            String other = agent.full().backup();
            var hold = server.faults().hold("delete");
            var deletion = agent.later(RunKind.DELETE, remote(false, full));
            await().until(() -> announced("delete") > 0);
            server.faults().storageAway(true);
            hold.open();

            RunResult result = deletion.join();

            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.FAILED);
            server.faults().storageAway(false);
            assertThat(remote(server)).containsExactly(full, other);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void theRestOfADeletionThatWasCutOff(ServerVersion version) throws Exception {
        try (SimulatedServer server = server(version)) {
            String first;
            String second;
            String last;
            var hold = server.faults().hold("delete");
            try (SandboxAgent agent = scheduled(server)) {
                first = agent.full().backup();
                second = agent.full().backup();
                last = agent.full().backup();
                agent.later(RunKind.DELETE, remote(false, first, second));
                await().until(() -> announced("delete") > 0);
                kill(agent);
            }
            hold.open();
            told.clear();
            try (SandboxAgent agent = scheduled(server)) {
                await().atMost(Duration.ofSeconds(30)).until(() -> !told.isEmpty());

                RunResult result = told.get(0);
                assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.INTERRUPTED);
                assertThat(result.reason()).contains("2 of 2 backups were still there");
                assertThat(agent.marker()).isEqualTo(last);
                assertThat(remote(server)).contains(second, last);
                assertThat(agent.full().outcome()).isEqualTo(Outcome.SUCCESS);
                // Half of it may be gone, and the list shows it as whole all the same.
                Files.delete(agent.markerFile());
                assertThat(agent.diff().base()).isNotNull().isNotEqualTo(first);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void nothingWhileTheStorageIsOutOfReach(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String full = agent.full().backup();
            String last = agent.full().backup();
            server.faults().storageAway(true);

            RunResult result = agent.run(RunKind.DELETE, remote(false, full));

            server.faults().storageAway(false);
            assertThat(result.failure()).as("%s", result).isEqualTo(Failure.REFUSED);
            assertThat(remote(server)).containsExactly(full, last);
        }
    }

    @Test
    void whatAnUnfinishedRunIsAtWorkOn() throws Exception {
        try (SimulatedServer server = server(ServerVersion.V2_8);
                SandboxAgent agent = start(server)) {
            String full = agent.full().backup();
            var hold = server.faults().hold("upload");
            var diff = agent.later("node", BackupKind.DIFF);
            await().until(() -> announced("upload") == 2);

            DeletionPlan plan =
                    agent.agent()
                            .plan(
                                    "node",
                                    new DeletionWish(Place.LOCAL, List.of(), true, false, false));

            assertThat(plan.refusals())
                    .hasSize(2)
                    .allSatisfy(why -> assertThat(why).contains("in use by run", "(diff)"));
            hold.open();
            assertThat(diff.join().base()).isEqualTo(full);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void theMarkerToABackupThatIsNotWhole(ServerVersion version) {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String full = agent.full().backup();
            String diff = agent.diff().backup();

            RunResult wrong = agent.run(RunKind.ADOPT, new AdoptOrder("FULL_WRONG"));
            assertThat(wrong.failure()).as("%s", wrong).isEqualTo(Failure.NOT_PROVEN);
            assertThat(agent.marker()).isEqualTo(diff);

            server.damage(full, Damage.ABSENT);
            assertThat(agent.run(RunKind.ADOPT, new AdoptOrder(diff)).failure())
                    .isEqualTo(Failure.NOT_PROVEN);
            assertThat(agent.marker()).isEqualTo(diff);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void noTimeWithAMarkerThatWasLost(ServerVersion version) throws Exception {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server)) {
            String first = agent.full().backup();
            agent.full();
            Files.delete(agent.markerFile());

            RunResult adopted = agent.run(RunKind.ADOPT, new AdoptOrder(first));

            assertThat(adopted.outcome()).as("%s", adopted).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.marker()).isEqualTo(first);
            assertThat(agent.diff().base()).isEqualTo(first);
        }
    }

    @ParameterizedTest
    @EnumSource(ServerVersion.class)
    void theWordThatAnUploadWasKilled(ServerVersion version) throws Exception {
        try (SimulatedServer server = server(version);
                SandboxAgent agent = start(server);
                var hold = server.faults().hold("upload")) {
            var full = agent.later("node", BackupKind.FULL);
            await().until(() -> announced("upload") > 0 && !running(agent).isEmpty());

            for (ActionRow row : running(agent)) {
                agent.agent().kill("node", row.command());
            }

            RunResult result = full.join();
            assertThat(result.outcome()).as("%s", result).isEqualTo(Outcome.FAILED);
            assertThat(result.reason()).contains("it was cancelled");
            assertThat(agent.journal())
                    .filteredOn(e -> e.event().equals(JournalEvent.KILL_ANNOUNCED))
                    .singleElement()
                    .satisfies(e -> assertThat(e.detail("command")).startsWith("upload "));
        }
    }

    private static List<ActionRow> running(SandboxAgent agent) throws IOException {
        return agent.agent().activity("node").stream().filter(ActionRow::inProgress).toList();
    }

    private static DeleteOrder remote(boolean force, String... names) {
        return new DeleteOrder(Place.REMOTE, List.of(names), force);
    }

    private static List<String> remote(SimulatedServer server) {
        return server.remote().stream().map(SimulatedBackup::name).toList();
    }

    private SandboxAgent start(SimulatedServer server) {
        return SandboxAgent.start(directory, server, PATIENT, listener);
    }

    private SandboxAgent scheduled(SimulatedServer server) {
        return SandboxAgent.start(directory, server, SCHEDULED, listener);
    }

    private static SimulatedServer server(ServerVersion version) {
        return SandboxAgent.server().version(version).start();
    }

    private long announced(String operation) {
        return journal().read().stream()
                .filter(e -> e.event().equals(JournalEvent.OPERATION_ANNOUNCED))
                .filter(e -> operation.equals(e.detail("operation")))
                .count();
    }

    private Journal journal() {
        return new Journal(directory.resolve("state/node").resolve(Journal.FILE_NAME));
    }

    /** What is on disk is put back to what it was when it was killed. */
    private void kill(SandboxAgent agent) {
        try {
            byte[] journal = Files.readAllBytes(journal().file());
            agent.close();
            Files.write(journal().file(), journal);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
