package io.github.clickhousebackupagent.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.api.OperationStatus;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

/**
 * Whatever way runs took, and wherever the journal was cut: what is read from it never claims more
 * than was written, and never loses a run.
 */
class ReplayPropertiesTest {

    private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");

    private Path directory;

    @BeforeProperty
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory("replay");
    }

    @AfterProperty
    void deleteDirectory() throws IOException {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    @Property(tries = 500)
    void aCutJournalNeverSaysMoreThanWasWritten(
            @ForAll("journals") List<JournalEvent> written,
            @ForAll @DoubleRange(min = 0, max = 1) double share) {
        Cut cut = cut(written, share);

        TargetState state = new TargetState();
        cut.read().forEach(state::accept);

        assertThat(cut.read()).isEqualTo(written.subList(0, cut.read().size()));
        for (List<JournalEvent> events : state.unfinished()) {
            Run run = Replay.of("node", events);
            assertThat(events).extracting(JournalEvent::run).containsOnly(run.id());
            assertThat(run.proven()).isEqualTo(has(events, JournalEvent.PROVEN));
            if (run.created()) {
                assertThat(succeeded(events, "create")).isTrue();
            }
            if (run.uploaded()) {
                assertThat(succeeded(events, "upload")).isTrue();
            }
            if (run.operation() != null) {
                assertThat(run.operation().backup()).isEqualTo(run.backup());
            }
        }
    }

    @Property(tries = 500)
    void aCallThatMayHaveBeenMadeIsInDoubtAndNeverForgotten(
            @ForAll("journals") List<JournalEvent> written,
            @ForAll @DoubleRange(min = 0, max = 1) double share) {
        TargetState state = new TargetState();
        cut(written, share).read().forEach(state::accept);

        for (List<JournalEvent> events : state.unfinished()) {
            JournalEvent last = events.get(events.size() - 1);
            Run run = Replay.of("node", events);
            if (last.event().equals(JournalEvent.OPERATION_ANNOUNCED)) {
                assertThat(run.operation().status()).isEqualTo(OperationStatus.IN_DOUBT);
            }
            if (last.event().equals(JournalEvent.OPERATION_ACKNOWLEDGED)) {
                assertThat(run.operation().inProgress()).isTrue();
                assertThat(run.operation().id()).isEqualTo(last.detail("operation-id"));
            }
        }
    }

    @Property(tries = 500)
    void everyRunThatBeganAndDidNotEndIsUnfinishedAndNoOther(
            @ForAll("journals") List<JournalEvent> written,
            @ForAll @DoubleRange(min = 0, max = 1) double share) {
        Cut cut = cut(written, share);
        TargetState state = new TargetState();
        cut.read().forEach(state::accept);
        List<String> begun = runsWith(cut.read(), JournalEvent.BEGUN);
        List<String> requested = runsWith(cut.read(), JournalEvent.REQUESTED);
        List<String> ended = runsWith(cut.read(), JournalEvent.ENDED);
        requested.removeAll(begun);
        requested.removeAll(ended);
        begun.removeAll(ended);

        assertThat(state.unfinished())
                .extracting(e -> e.get(0).run())
                .containsExactlyElementsOf(begun);
        assertThat(state.waiting())
                .extracting(JournalEvent::run)
                .containsExactlyElementsOf(requested);
    }

    @Property(tries = 300)
    void aJournalThatIsReadInPiecesSaysTheSame(
            @ForAll("journals") List<JournalEvent> written,
            @ForAll @DoubleRange(min = 0, max = 1) double share) {
        Path file = directory.resolve("pieces");
        Journal journal = new Journal(file);
        int middle = (int) (written.size() * share);
        write(journal, written.subList(0, middle));
        Journal.Tail first = journal.readFrom(0);
        write(journal, written.subList(middle, written.size()));
        Journal.Tail second = journal.readFrom(first.end());

        List<JournalEvent> both = new ArrayList<>(first.events());
        both.addAll(second.events());
        assertThat(both).isEqualTo(written);
        delete(file);
    }

    @Property(tries = 300)
    void whatIsWrittenBehindATornLineIsNotLost(
            @ForAll("journals") List<JournalEvent> written,
            @ForAll @DoubleRange(min = 0, max = 1) double share) {
        Cut cut = cut(written, share);
        Journal journal = new Journal(cut.file());
        JournalEvent more = new JournalEvent(START, "more", JournalEvent.BEGUN, Map.of());

        journal.append(more);

        List<JournalEvent> expected = new ArrayList<>(cut.read());
        expected.add(more);
        assertThat(journal.read()).isEqualTo(expected);
    }

    private record Cut(Path file, List<JournalEvent> read) {}

    /** Writes a journal and cuts the file at any byte. */
    private Cut cut(List<JournalEvent> written, double share) {
        Path file = directory.resolve("cut");
        delete(file);
        Journal journal = new Journal(file);
        write(journal, written);
        try {
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(whole, (int) Math.round(whole.length * share)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Cut(file, journal.read());
    }

    private static void write(Journal journal, List<JournalEvent> events) {
        journal.append(events.toArray(JournalEvent[]::new));
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean has(List<JournalEvent> events, String event) {
        return events.stream().anyMatch(e -> e.event().equals(event));
    }

    private static boolean succeeded(List<JournalEvent> events, String operation) {
        return events.stream()
                .filter(e -> e.event().equals(JournalEvent.OPERATION_ENDED))
                .anyMatch(
                        e ->
                                operation.equals(e.detail("operation"))
                                        && "success".equals(e.detail("status")));
    }

    private static List<String> runsWith(List<JournalEvent> events, String event) {
        return new ArrayList<>(
                events.stream()
                        .filter(e -> e.event().equals(event))
                        .map(JournalEvent::run)
                        .toList());
    }

    @Provide
    Arbitrary<List<JournalEvent>> journals() {
        return Arbitraries.longs().map(seed -> new Way(new Random(seed)).journal());
    }

    /** Writes what an agent would write, with all the ways that a run can take. */
    private static final class Way {

        private final Random random;
        private final List<JournalEvent> events = new ArrayList<>();

        Way(Random random) {
            this.random = random;
        }

        List<JournalEvent> journal() {
            int runs = 1 + random.nextInt(4);
            for (int i = 0; i < runs; i++) {
                run("run-" + i, "BACKUP_" + i);
            }
            return events;
        }

        private void run(String run, String backup) {
            boolean scheduled = random.nextBoolean();
            if (scheduled) {
                add(
                        run,
                        JournalEvent.REQUESTED,
                        "schedule",
                        "s",
                        "kind",
                        "full",
                        "due",
                        START + "");
            }
            if (random.nextInt(8) == 0) {
                return;
            }
            add(run, JournalEvent.BEGUN, "kind", "full", "schedule", scheduled ? "s" : null);
            add(run, JournalEvent.BASE_CHOSEN, "kind", "diff", "backup", backup, "base", "BASE");
            String made = backup;
            for (int i = random.nextInt(3); i > 0; i--) {
                operation(run, "create", made, random.nextBoolean() ? "error" : Replay.LOST);
                made = made + "x";
                add(run, JournalEvent.RENAMED, "backup", made);
            }
            operation(run, "create", made, "success");
            if (random.nextInt(4) == 0) {
                operation(run, "upload", made, "error");
                made = made + "anew";
                add(run, JournalEvent.RENAMED, "backup", made);
                operation(run, "create", made, "success");
            }
            for (int i = random.nextInt(3); i > 0; i--) {
                operation(run, "upload", made, random.nextBoolean() ? "error" : Replay.LOST);
            }
            operation(run, "upload", made, "success");
            add(run, JournalEvent.PROVEN, "backup", made, "size", 5, "chain-length", 2);
            add(run, JournalEvent.MARKER_ANNOUNCED, "backup", made);
            add(run, JournalEvent.MARKER_MOVED, "backup", made);
            if (random.nextInt(8) != 0) {
                add(run, JournalEvent.ENDED, "outcome", "success", "stage", "move-marker");
            }
        }

        private void operation(String run, String verb, String backup, String status) {
            for (int refused = random.nextInt(2); refused >= 0; refused--) {
                add(run, JournalEvent.OPERATION_ANNOUNCED, "operation", verb, "backup", backup);
            }
            if (random.nextBoolean()) {
                add(
                        run,
                        JournalEvent.OPERATION_ACKNOWLEDGED,
                        "operation",
                        verb,
                        "operation-id",
                        random.nextBoolean() ? "id-" + events.size() : null);
            }
            if (random.nextInt(4) == 0) {
                add(run, JournalEvent.SUSPENDED, "stage", verb, "reason", "stopped Ä☃\n");
                add(run, JournalEvent.RESUMED, "stage", verb);
            }
            add(run, JournalEvent.OPERATION_ENDED, "operation", verb, "status", status);
        }

        private void add(String run, String event, Object... details) {
            Map<String, Object> map = new LinkedHashMap<>();
            for (int i = 0; i < details.length; i += 2) {
                map.put((String) details[i], details[i + 1]);
            }
            events.add(new JournalEvent(START.plusSeconds(events.size()), run, event, map));
        }
    }
}
