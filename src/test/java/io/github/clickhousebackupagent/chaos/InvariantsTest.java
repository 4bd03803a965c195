package io.github.clickhousebackupagent.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.sandbox.RecordedCall;
import io.github.clickhousebackupagent.sandbox.RecordedOperation;
import io.github.clickhousebackupagent.sandbox.SimulatedBackup;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** That the proof under chaos can fail: one story a rule in which it is broken. */
class InvariantsTest {

    private static final Optional<String> NONE = Optional.empty();

    private final Story story = new Story();

    @Test
    void aFullAndADiffBreakNothing() {
        story.backup("1", "FULL", "").backup("2", "DIFF", "FULL");

        assertThat(Invariants.always(story.now(), Optional.of("FULL"))).isEmpty();
        assertThat(Invariants.atTheEnd(story.now())).isEmpty();
    }

    @Test
    void rule1_markerOfABackupThatWasNeverProven() {
        story.backup("1", "FULL", "").remote("OTHER", "", "").marker("OTHER");

        assertThat(Invariants.always(story.now(), NONE))
                .singleElement()
                .asString()
                .contains("rule 1", "OTHER", "never proven");
    }

    @Test
    void rule1_tornMarker() {
        story.backup("1", "FULL", "").marker("FU");

        assertThat(Invariants.always(story.now(), NONE))
                .anyMatch(why -> why.contains("the marker holds 'FU'"));
    }

    @Test
    void rule1_emptyMarker() {
        story.backup("1", "FULL", "").marker("");

        assertThat(Invariants.always(story.now(), NONE))
                .anyMatch(why -> why.contains("the marker holds ''"));
    }

    @Test
    void rule1_markerOfABackupWhoseBaseIsBroken() {
        story.backup("1", "FULL", "").backup("2", "DIFF", "FULL").remote("FULL", "", "broken");

        assertThat(Invariants.always(story.now(), NONE))
                .singleElement()
                .asString()
                .contains("rule 1", "names DIFF", "FULL is broken");
    }

    @Test
    void rule1_markerOfABackupThatIsNotOnRemoteStorage() {
        story.backup("1", "FULL", "").remoteWithout("FULL");

        assertThat(Invariants.always(story.now(), NONE))
                .singleElement()
                .asString()
                .contains("rule 1", "FULL is not on remote storage");
    }

    @Test
    void rule1_markerThatGoesBack() {
        story.backup("1", "FULL", "").backup("2", "DIFF", "FULL").marker("FULL");

        assertThat(Invariants.always(story.now(), Optional.of("DIFF")))
                .singleElement()
                .asString()
                .contains("rule 1", "went back from DIFF to FULL");
    }

    @Test
    void rule1_markerThatWasMovedBackAndForth() {
        story.backup("1", "FULL", "").backup("2", "DIFF", "FULL");
        story.event("3", JournalEvent.MARKER_MOVED, "backup", "FULL");

        assertThat(Invariants.always(story.now(), NONE))
                .singleElement()
                .asString()
                .contains("rule 1", "moved back from DIFF to FULL");
    }

    @Test
    void rule1_markerThatVanishes() {
        story.backup("1", "FULL", "").noMarker();

        assertThat(Invariants.always(story.now(), Optional.of("FULL")))
                .singleElement()
                .asString()
                .contains("rule 1", "is gone");
    }

    @Test
    void rule1_markerThatStaysBehindTheLastProof() {
        story.backup("1", "FULL", "").backup("2", "DIFF", "FULL").marker("FULL");

        assertThat(Invariants.atTheEnd(story.now()))
                .singleElement()
                .asString()
                .contains("rule 1", "is FULL, and should be DIFF");
    }

    @Test
    void rule2_runWithoutAnOutcome() {
        story.backup("1", "FULL", "").event("2", JournalEvent.BEGUN, "kind", "diff");

        assertThat(Invariants.always(story.now(), NONE)).isEmpty();
        assertThat(Invariants.unfinished(story.now().journal())).containsExactly("2");
        assertThat(Invariants.atTheEnd(story.now()))
                .containsExactly("rule 2: run 2 has no outcome");
    }

    @Test
    void rule2_runThatWasOnlyRequested() {
        story.event("1", "requested", "schedule", "full");

        assertThat(Invariants.atTheEnd(story.now()))
                .containsExactly("rule 2: run 1 has no outcome");
    }

    @Test
    void rule2_runWithTwoOutcomes() {
        story.backup("1", "FULL", "").event("1", JournalEvent.ENDED, "outcome", "interrupted");

        assertThat(Invariants.always(story.now(), NONE))
                .containsExactly("rule 2: run 1 has 'ended' after its outcome");
    }

    @Test
    void rule2_successThatIsNotProven() {
        story.event("1", JournalEvent.BEGUN, "kind", "full");
        story.event("1", JournalEvent.ENDED, "outcome", "success");

        assertThat(Invariants.atTheEnd(story.now()))
                .containsExactly("rule 2: run 1 is a success, with null proven and null marked");
    }

    @Test
    void rule3_callThatWasNotAnnounced() {
        story.call("/backup/create", "name=FULL", 201);
        story.call("/backup/upload/FULL", "", 200);

        assertThat(Invariants.always(story.now(), NONE))
                .containsExactly(
                        "rule 3: 'create FULL' was asked for and never announced",
                        "rule 3: 'upload FULL' was asked for and never announced");
    }

    @Test
    void rule3_callThatWasSentAgainBlindly() {
        story.announce("1", "upload", "FULL");
        story.call("/backup/upload/FULL", "", 0);
        story.call("/backup/upload/FULL", "", 200);

        assertThat(Invariants.always(story.now(), NONE))
                .containsExactly(
                        "rule 3: 'upload FULL' was asked for 2 times and announced 1 times");
    }

    @Test
    void rule3_whatWasRefusedAsBusyMayBeAskedForAgain() {
        story.announce("1", "upload", "FULL");
        story.call("/backup/upload/FULL", "", 423);
        story.call("/backup/upload/FULL", "", 200);

        assertThat(Invariants.always(story.now(), NONE)).isEmpty();
    }

    @Test
    void rule3_proofThatIsForgotten() {
        story.backup("1", "FULL", "");
        story.event("2", JournalEvent.BEGUN, "kind", "full");
        story.event("2", JournalEvent.PROVEN, "backup", "NEXT").remote("NEXT", "", "");
        story.event("2", JournalEvent.ENDED, "outcome", "interrupted");

        assertThat(Invariants.atTheEnd(story.now()))
                .contains("rule 3: run 2 has proven NEXT, and is interrupted");
    }

    @Test
    void rule4_operationThatIsBegunWhileAnotherRuns() {
        story.operation("upload", "A", 10, 20, "success").operation("create", "B", 15, 18, "error");

        assertThat(Invariants.always(story.now(), NONE))
                .singleElement()
                .asString()
                .contains("rule 4", "'create B' was begun", "'upload A' was not over");
    }

    @Test
    void rule4_operationThatIsBegunWhileTheServerResumesAnUpload() {
        story.operation("upload", "--resumable=1 A", 10, 0, "in progress")
                .operation("create", "B", 15, 18, "success");

        assertThat(Invariants.always(story.now(), NONE))
                .singleElement()
                .asString()
                .contains("rule 4", "'create B' was begun", "still runs");
    }

    @Test
    void rule4_whatTheServerResumesIsNotTheAgentsDoing() {
        story.operation("create", "B", 10, 18, "success")
                .operation("upload", "--resumable=1 A", 15, 20, "success")
                .operation("create", "C", 20, 25, "success");

        assertThat(Invariants.always(story.now(), NONE)).isEmpty();
    }

    @Test
    void rule4_twoRunsAtWorkAtOnce() {
        story.event("1", JournalEvent.BASE_CHOSEN, "backup", "A");
        story.event("2", JournalEvent.BEGUN, "kind", "diff");
        story.event("2", JournalEvent.ENDED, "outcome", "skipped");
        assertThat(Invariants.always(story.now(), NONE)).isEmpty();

        story.event("3", JournalEvent.BASE_CHOSEN, "backup", "B");
        assertThat(Invariants.always(story.now(), NONE))
                .containsExactly("rule 4: the runs [1, 3] were at work at once");
    }

    @Test
    void upload_provenBackupThatIsAskedForAgain() {
        story.backup("1", "FULL", "");
        story.announce("1", "upload", "FULL").call("/backup/upload/FULL", "", 200);

        assertThat(Invariants.always(story.now(), NONE))
                .anyMatch(why -> why.startsWith("upload: FULL was asked for again"));
    }

    @Test
    void upload_provenBackupThatWasUploadedTwice() {
        story.backup("1", "FULL", "").uploaded("FULL", 2);

        assertThat(Invariants.always(story.now(), NONE))
                .containsExactly("upload: FULL is proven, and was uploaded 2 times");
    }

    @Test
    void name_thatIsUsedTwice() {
        story.operation("create", "A", 10, 12, "success")
                .operation("create", "A", 13, 15, "success");

        assertThat(Invariants.always(story.now(), NONE))
                .containsExactly("name: A was created, and then again");
    }

    @Test
    void name_ofACreateThatWasCutOffMayBeUsedAgain() {
        story.operation("create", "A", 10, 12, "killed")
                .operation("create", "A", 13, 15, "success");

        assertThat(Invariants.always(story.now(), NONE)).isEmpty();
    }

    /** What happened, made up line by line; a line a second. */
    private static final class Story {
        private final List<JournalEvent> journal = new ArrayList<>();
        private final List<RecordedCall> calls = new ArrayList<>();
        private final List<RecordedOperation> operations = new ArrayList<>();
        private final Map<String, SimulatedBackup> remote = new LinkedHashMap<>();
        private final Map<String, Integer> uploads = new HashMap<>();
        private Optional<String> marker = Optional.empty();
        private int seconds = 1000;

        /** A whole run that is a success. */
        Story backup(String run, String name, String base) {
            event(run, JournalEvent.BEGUN, "kind", "full");
            event(run, JournalEvent.BASE_CHOSEN, "backup", name);
            announce(run, "create", name).call("/backup/create", "name=" + name, 201);
            operation("create", name, seconds, seconds + 1, "success");
            announce(run, "upload", name).call("/backup/upload/" + name, "", 200);
            operation("upload", name, seconds, seconds + 1, "success");
            remote(name, base, "").uploaded(name, 1);
            event(run, JournalEvent.PROVEN, "backup", name);
            event(run, JournalEvent.MARKER_ANNOUNCED, "backup", name);
            marker(name).event(run, JournalEvent.MARKER_MOVED, "backup", name);
            return event(run, JournalEvent.ENDED, "outcome", "success");
        }

        Story event(String run, String event, String key, String value) {
            journal.add(new JournalEvent(next(), run, event, Map.of(key, value)));
            return this;
        }

        Story announce(String run, String operation, String name) {
            journal.add(
                    new JournalEvent(
                            next(),
                            run,
                            JournalEvent.OPERATION_ANNOUNCED,
                            Map.of("operation", operation, "backup", name)));
            return this;
        }

        Story call(String path, String query, int status) {
            calls.add(new RecordedCall(next(), "POST", path, query, status));
            return this;
        }

        Story operation(String operation, String rest, int start, int finish, String status) {
            operations.add(
                    new RecordedOperation(
                            operation,
                            rest.replaceFirst(".* ", ""),
                            operation + " " + rest,
                            "",
                            Instant.ofEpochSecond(start),
                            finish == 0
                                    ? Optional.empty()
                                    : Optional.of(Instant.ofEpochSecond(finish)),
                            status,
                            ""));
            return this;
        }

        Story remote(String name, String base, String broken) {
            remote.put(name, new SimulatedBackup(name, Instant.EPOCH, base, 1, broken));
            return this;
        }

        Story remoteWithout(String name) {
            remote.remove(name);
            return this;
        }

        Story uploaded(String name, int times) {
            uploads.put(name, times);
            return this;
        }

        Story marker(String content) {
            marker = Optional.of(content);
            return this;
        }

        Story noMarker() {
            marker = Optional.empty();
            return this;
        }

        private Instant next() {
            return Instant.ofEpochSecond(seconds++);
        }

        Observation now() {
            return new Observation(
                    "node1",
                    marker,
                    journal,
                    calls,
                    operations,
                    List.copyOf(remote.values()),
                    uploads);
        }
    }
}
