package io.github.clickhousebackupagent.internal.notice;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.event.Notice;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.RunResult;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people are told, and what they are spared. */
class NoticesTest {

    private static final Duration DAY = Duration.ofHours(24);

    @TempDir Path directory;

    private Instant now = Instant.parse("2026-11-22T20:30:00Z");
    private int runs;
    private Notices notices = fresh();

    private Notices fresh() {
        return new Notices(this::journal, DAY);
    }

    private Journal journal(String target) {
        return new Journal(directory.resolve(target).resolve(Journal.FILE_NAME));
    }

    /** Has a run begun and ended in the journal, without telling anybody. */
    private RunResult write(String target, String kind, String outcome) {
        String run = "run-" + ++runs;
        JournalEvent begun =
                new JournalEvent(
                        now, run, JournalEvent.BEGUN, Map.of("kind", kind, "schedule", "hourly"));
        JournalEvent ended =
                new JournalEvent(
                        now.plusSeconds(60),
                        run,
                        JournalEvent.ENDED,
                        Map.of("outcome", outcome, "stage", "create", "reason", "why " + runs));
        journal(target).append(begun, ended);
        return RunHistory.result(List.of(begun, ended), target);
    }

    private Optional<Notice> end(String target, String kind, String outcome) {
        return notices.ended(write(target, kind, outcome));
    }

    private void hourPasses() {
        now = now.plus(Duration.ofHours(1));
    }

    private static String said(Optional<Notice> notice) {
        return notice.map(n -> n.level() + " " + n.state() + " " + n.trouble()).orElse("nothing");
    }

    @Test
    void tenHourlyFailuresAreOneMessageAndTheirEndIsAnother() {
        List<Notice> told = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            end("a", "diff", "failed").ifPresent(told::add);
            hourPasses();
        }
        end("a", "diff", "success").ifPresent(told::add);

        assertThat(told).hasSize(2);
        Notice first = told.get(0);
        assertThat(said(Optional.of(first))).isEqualTo("error new failed");
        assertThat(first.title()).isEqualTo("a: DIFF failed");
        assertThat(first.text()).isEqualTo("why 1");
        assertThat(first.cause().schedule()).isEqualTo("hourly");
        Notice last = told.get(1);
        // Who wants errors only, wants to hear of their end.
        assertThat(said(Optional.of(last))).isEqualTo("error recovered failed");
        assertThat(last.title())
                .isEqualTo("a: DIFF works again, after 10 h 0 min (10 times failed)");
        assertThat(last.lastedMillis()).isEqualTo(Duration.ofHours(10).toMillis());
        assertThat(last.since()).isEqualTo(Instant.parse("2026-11-22T20:31:00Z"));
        assertThat(first.id()).isNotEqualTo(last.id());
    }

    /** Who reads "401 times failed" looks for a fault that is not there. */
    @Test
    void whatAJournalSaysBeforeItFailsIsCountedOnce() throws Exception {
        for (int i = 0; i < 1_000; i++) { // Some blocks of what is read at a time.
            write("a", "diff", "failed");
        }
        Path file = journal("a").file();
        long whole = Files.size(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {'\n'}), whole + 50_000_000);
        }
        for (int i = 0; i < 3; i++) {
            JournalEvent lost =
                    new JournalEvent(
                            now,
                            "lost-" + i,
                            JournalEvent.ENDED,
                            Map.of("outcome", "failed", "stage", "create", "kind", "diff"));
            notices.ended(RunHistory.result(List.of(lost), "a"));
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(whole);
        }

        assertThat(end("a", "diff", "success"))
                .hasValueSatisfying(
                        notice -> assertThat(notice.title()).contains("(1000 times failed)"));
    }

    @Test
    void whatIsOverBeginsAnew() {
        assertThat(said(end("a", "diff", "failed"))).isEqualTo("error new failed");
        assertThat(said(end("a", "diff", "success"))).isEqualTo("error recovered failed");
        assertThat(said(end("a", "diff", "success"))).isEqualTo("info single null");
        assertThat(said(end("a", "diff", "failed"))).isEqualTo("error new failed");
    }

    @Test
    void aFailingDiffHidesNoFailingFullAndAFullMendsNoDiff() {
        assertThat(said(end("a", "diff", "failed"))).isEqualTo("error new failed");
        assertThat(said(end("a", "full", "failed"))).isEqualTo("error new failed");
        assertThat(said(end("a", "full", "success"))).isEqualTo("error recovered failed");
        assertThat(said(end("a", "diff", "failed"))).isEqualTo("nothing");
        assertThat(said(end("a", "diff", "success"))).isEqualTo("error recovered failed");
    }

    @Test
    void aFailureOfOneTargetHidesNothingOfAnother() {
        assertThat(said(end("a", "diff", "failed"))).isEqualTo("error new failed");
        assertThat(said(end("b", "diff", "failed"))).isEqualTo("error new failed");
        assertThat(said(end("b", "diff", "success"))).isEqualTo("error recovered failed");
        assertThat(said(end("a", "diff", "failed"))).isEqualTo("nothing");
    }

    @Test
    void aTroubleThatLastsIsToldEachDaySinceWhenAndHowOften() {
        List<Notice> told = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            end("a", "full", "failed").ifPresent(told::add);
            hourPasses();
        }

        assertThat(told).extracting(Notice::state).containsExactly("new", "lasting", "lasting");
        assertThat(told.get(1).title())
                .isEqualTo("a: FULL still fails, 25 times since 2026-11-22T20:31:00Z");
        assertThat(told.get(2).count()).isEqualTo(49);
        assertThat(told.get(2).time()).isEqualTo(told.get(0).time().plus(DAY).plus(DAY));
    }

    @Test
    void aRestartInTheMiddleOfATroubleSendsNothingTwice() {
        List<Notice> told = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            notices = fresh();
            end("a", "diff", "failed").ifPresent(told::add);
            hourPasses();
        }
        notices = fresh();
        end("a", "diff", "success").ifPresent(told::add);

        assertThat(told)
                .extracting(Notice::state)
                .containsExactly("new", "lasting", "lasting", "recovered");
        assertThat(told.get(3).count()).isEqualTo(50);
    }

    @Test
    void whatAnotherProcessToldIsNotToldAgain() {
        assertThat(said(end("a", "full", "failed"))).isEqualTo("error new failed");
        Notices command = fresh();
        assertThat(said(command.ended(write("a", "full", "success"))))
                .isEqualTo("error recovered failed");
        assertThat(said(end("a", "full", "success"))).isEqualTo("info single null");
    }

    @Test
    void runsThatEndAtTheSameTimeAreToldEachWhoeverReadsTheJournalFirst() {
        RunResult skipped = write("a", "diff", "skipped");
        RunResult failed = write("a", "full", "failed");

        assertThat(said(notices.ended(failed))).isEqualTo("error new failed");
        assertThat(said(notices.ended(skipped))).isEqualTo("info new skipped");
    }

    @Test
    void skippedNowAndThenIsAsWantedAndSkippedForADayIsNot() {
        assertThat(said(end("a", "diff", "skipped"))).isEqualTo("info new skipped");
        assertThat(said(end("a", "diff", "success"))).isEqualTo("info single null");
        List<String> told = new ArrayList<>();
        for (int i = 0; i < 26; i++) {
            end("a", "diff", "skipped").ifPresent(n -> told.add(said(Optional.of(n))));
            hourPasses();
        }
        assertThat(told).containsExactly("info new skipped", "warning lasting skipped");
        assertThat(said(end("a", "diff", "success"))).isEqualTo("warning recovered skipped");
    }

    @Test
    void aFailureInterruptedOrNotIsOneTrouble() {
        Optional<Notice> first = end("a", "full", "interrupted");
        assertThat(said(first)).isEqualTo("error new failed");
        assertThat(first.orElseThrow().title()).isEqualTo("a: FULL interrupted");
        assertThat(said(end("a", "full", "failed"))).isEqualTo("nothing");
    }

    @Test
    void whatWasMissedAndWhatSomebodyOrderedIsToldEachTime() {
        assertThat(said(end("a", "diff", "missed"))).isEqualTo("warning single missed");
        assertThat(said(end("a", "diff", "missed"))).isEqualTo("warning single missed");
        assertThat(said(end("a", "restore", "failed"))).isEqualTo("error single failed");
        assertThat(said(end("a", "restore", "failed"))).isEqualTo("error single failed");
        assertThat(said(end("a", "diff", "success"))).isEqualTo("info single null");
    }

    @Test
    void aJournalThatIsReplacedIsReadAnew() throws Exception {
        end("a", "full", "failed");
        end("a", "full", "failed");
        Files.delete(directory.resolve("a").resolve(Journal.FILE_NAME));
        assertThat(said(end("a", "full", "failed"))).isEqualTo("error new failed");
    }

    @Test
    void whatIsNotInTheJournalIsToldAllTheSame() {
        RunResult failed = write("elsewhere", "full", "failed");
        RunResult lost =
                new RunResult(
                        "lost",
                        "a",
                        failed.kind(),
                        null,
                        null,
                        null,
                        failed.outcome(),
                        failed.stage(),
                        "the disk is full",
                        failed.failure(),
                        now,
                        now,
                        null,
                        null,
                        null);
        assertThat(said(notices.ended(lost))).isEqualTo("error new failed");
    }

    @Test
    void aClockThatWasAheadMutesNoReminderUntilItsDayHasCome() {
        Instant real = now;
        now = real.plus(Duration.ofDays(365));
        assertThat(said(end("a", "diff", "failed"))).isEqualTo("error new failed");
        now = real;
        List<Notice> told = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            end("a", "diff", "failed").ifPresent(told::add);
            hourPasses();
        }
        end("a", "diff", "success").ifPresent(told::add);

        assertThat(told)
                .extracting(Notice::state)
                .containsExactly("lasting", "lasting", "recovered");
        assertThat(told).allMatch(notice -> notice.lastedMillis() >= 0);
        assertThat(told).allMatch(notice -> !notice.since().isAfter(notice.time()));
    }

    @Test
    void theEndOfATroubleOfTheFutureHasNotLastedForLessThanNothing() {
        Instant real = now;
        now = real.plus(Duration.ofDays(365));
        end("a", "diff", "failed");
        now = real;

        Notice over = end("a", "diff", "success").orElseThrow();

        assertThat(over.state()).isEqualTo("recovered");
        assertThat(over.lastedMillis()).isZero();
    }
}
