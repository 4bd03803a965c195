package io.github.clickhousebackupagent.internal.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.Stage;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a probe says of a target, from what agents and commands have left in its files. */
class StatusesTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final String HOURLY = "hourly: { do: diff, cron: 0 * * * * }";

    @TempDir Path directory;

    private String schedules = HOURLY;
    private Instant now = NOON.plusSeconds(120);

    @Test
    void aBackupThatWasMadeWhenItWasDueIsOk() throws Exception {
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        Files.createDirectories(directory.resolve("log"));
        Files.writeString(directory.resolve("log/.node_last_backup"), "D1");

        TargetStatus status = status();

        assertThat(status.verdict()).isEqualTo(Verdict.OK);
        assertThat(status.proven()).isEqualTo("D1");
        assertThat(status.marker()).isEqualTo("D1");
        assertThat(status.asOf()).as("when its run began").isEqualTo(NOON);
        assertThat(status.age()).isEqualTo(Duration.ofSeconds(120));
        assertThat(status.next()).isEqualTo(NOON.plus(Duration.ofHours(1)));
        assertThat(status.last().outcome()).isEqualTo(Outcome.SUCCESS);
        assertThat(status.now()).isNull();
    }

    @Test
    void aBackupThatIsOverdueIsSeenAtOnceAndOneThatIsOverdueTwiceIsLate() {
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        now = NOON.plus(Duration.ofHours(1)).plusSeconds(1);
        assertThat(status().verdict()).isEqualTo(Verdict.BEHIND);

        now = NOON.plus(Duration.ofHours(2)).minusSeconds(1);
        assertThat(status().verdict()).isEqualTo(Verdict.BEHIND);

        now = NOON.plus(Duration.ofHours(2));
        assertThat(status().verdict()).isEqualTo(Verdict.LATE);
    }

    @Test
    void aRunThatFailedIsNoBackup() {
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        begin("r2", "diff", NOON.plusSeconds(3600));
        end("r2", "failed", "the disk is full", NOON.plusSeconds(3700));
        now = NOON.plus(Duration.ofHours(2)).plusSeconds(1);

        TargetStatus status = status();

        assertThat(status.verdict()).isEqualTo(Verdict.LATE);
        assertThat(status.proven()).isEqualTo("D1");
        assertThat(status.last().reason()).isEqualTo("the disk is full");
    }

    @Test
    void twoSchedulesThatAreDueAtOneMomentAreOneBackupThatIsDue() {
        schedules = HOURLY + "\n  also: { do: full, cron: 0 * * * * }";
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        now = NOON.plus(Duration.ofHours(1)).plusSeconds(1);

        assertThat(status().verdict()).isEqualTo(Verdict.BEHIND);
    }

    @Test
    void whatFallsDueDuringALongBackupIsNotLateByIt() throws Exception {
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        begin("r2", "full", NOON.plus(Duration.ofHours(1)));
        now = NOON.plus(Duration.ofHours(5));

        try (FileChannel lock = lock()) {
            TargetStatus status = status();
            assertThat(status.verdict()).as("it is at work").isEqualTo(Verdict.BEHIND);
            assertThat(status.now().cutOff()).isFalse();
        }
        assertThat(status().verdict()).as("nobody is at work").isEqualTo(Verdict.LATE);
        assertThat(status().now().cutOff()).isTrue();

        begin("r3", "restore", NOON.plus(Duration.ofHours(1)));
        end("r2", "failed", "killed", NOON.plus(Duration.ofHours(2)));
        try (FileChannel lock = lock()) {
            assertThat(status().now().kind()).isEqualTo(RunKind.RESTORE);
            assertThat(status().verdict()).as("a restore makes none").isEqualTo(Verdict.LATE);
        }
    }

    @Test
    void aBackupThatTookLongIsOkWhenItIsDoneAndAsOldAsItsBeginning() {
        backup("r1", "full", "F1", NOON, NOON.plus(Duration.ofHours(5)).plusSeconds(60));
        now = NOON.plus(Duration.ofHours(5)).plusSeconds(120);

        assertThat(status().verdict()).isEqualTo(Verdict.OK);
        assertThat(status().age()).isEqualTo(Duration.ofHours(5).plusSeconds(120));
        assertThat(status().isOlderThan(Duration.ofHours(5))).isTrue();
        assertThat(status().isOlderThan(Duration.ofHours(6))).isFalse();
    }

    @Test
    void aBackupOfHalfASecondAgoIsOlderThanAMillisecond() throws Exception {
        backup("r1", "full", "F1", NOON, NOON.plusMillis(400));
        now = NOON.plusMillis(500);

        assertThat(status().isOlderThan(Duration.ofMillis(1))).isTrue();
        assertThat(status().isOlderThan(Duration.ofMillis(500))).isFalse();
        assertThat(json().get("ageSeconds").toString()).isEqualTo("0");
    }

    @Test
    void withoutAnyProvenBackupItIsNeverAndTooOldForAnyAge() {
        begin("r1", "full", NOON);
        end("r1", "failed", "no", NOON.plusSeconds(1));

        assertThat(status().verdict()).isEqualTo(Verdict.NEVER);
        assertThat(status().age()).isNull();
        assertThat(status().isOlderThan(Duration.ofDays(999))).isTrue();
    }

    @Test
    void whereNothingWasEverWrittenThereIsAnAnswerToo() {
        TargetStatus status = status();

        assertThat(status.verdict()).isEqualTo(Verdict.NEVER);
        assertThat(status.last()).isNull();
        assertThat(directory.resolve("state")).as("asking makes nothing").doesNotExist();
    }

    @Test
    void aTargetWithoutSchedulesPromisesNothing() {
        schedules = "";
        backup("r1", "full", "F1", NOON.minus(Duration.ofDays(9)), NOON);

        assertThat(status().verdict()).isEqualTo(Verdict.UNSCHEDULED);
        assertThat(status().next()).isNull();
    }

    @Test
    void whatIsPausedIsNotLate() {
        schedules = HOURLY + "\n  daily: { do: full, cron: 0 3 * * * }";
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        write(
                NOON.plusSeconds(90),
                null,
                JournalEvent.PAUSED,
                "schedule",
                "hourly",
                "by",
                "operator");
        now = NOON.plus(Duration.ofHours(8));

        TargetStatus status = status();
        assertThat(status.verdict()).as("daily is due at 3").isEqualTo(Verdict.OK);
        assertThat(status.next()).isEqualTo("2026-11-23T03:00:00Z");
        assertThat(status.promises().get(0).pause().by()).isEqualTo("operator");

        write(now, null, JournalEvent.PAUSED, "reason", "new disks");
        assertThat(status().verdict()).isEqualTo(Verdict.PAUSED);
        assertThat(status().next()).isNull();
    }

    @Test
    void whatWasResumedOwesNothingForThePause() {
        write(NOON.minusSeconds(60), null, JournalEvent.ARMED, "schedule", "hourly", "cron", "x");
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        write(NOON.plusSeconds(90), null, JournalEvent.PAUSED);
        now = NOON.plus(Duration.ofHours(8)).plusSeconds(5);
        write(now, null, JournalEvent.UNPAUSED);

        assertThat(status().verdict()).isEqualTo(Verdict.OK);
        now = NOON.plus(Duration.ofHours(9));
        assertThat(status().verdict()).isEqualTo(Verdict.BEHIND);
    }

    @Test
    void aBackupThatIsBeingMadeIsToldWithItsStage() throws Exception {
        begin("r1", "full", NOON);
        write(NOON, "r1", JournalEvent.BASE_CHOSEN, "kind", "full", "backup", "F1");
        write(NOON, "r1", JournalEvent.OPERATION_ANNOUNCED, "operation", "create", "backup", "F1");

        try (FileChannel lock = lock()) {
            assertThat(status().now())
                    .isEqualTo(
                            new TargetStatus.Now(
                                    "r1", RunKind.FULL, Stage.CREATE, "F1", NOON, false));
        }
    }

    @Test
    void anAdoptedBackupCountsAndIsAsOldAsItIs() {
        begin("r1", "adopt", NOON);
        write(NOON, "r1", JournalEvent.PROVEN, "backup", "F1", "created", "2026-11-20T12:00:00Z");
        end("r1", "success", null, NOON.plusSeconds(1));

        assertThat(status().proven()).isEqualTo("F1");
        assertThat(status().asOf()).isEqualTo("2026-11-20T12:00:00Z");
    }

    @Test
    void aBackupOfOursThatIsAdoptedIsAsOldAsTheRunThatMadeIt() {
        backup("r1", "full", "F1", NOON.minusSeconds(9000), NOON.minusSeconds(8000));
        begin("r2", "adopt", NOON);
        write(NOON, "r2", JournalEvent.PROVEN, "backup", "F1");
        end("r2", "success", null, NOON.plusSeconds(1));

        assertThat(status().asOf()).isEqualTo(NOON.minusSeconds(9000));
        assertThat(status().verdict()).isEqualTo(Verdict.LATE);
    }

    @Test
    void anAdoptedBackupOfUnknownAgeIsNotTakenForANewOne() {
        begin("r1", "adopt", NOON);
        write(NOON, "r1", JournalEvent.PROVEN, "backup", "F1");
        end("r1", "success", null, NOON.plusSeconds(1));

        assertThat(status().proven()).isEqualTo("F1");
        assertThat(status().age()).isNull();
        assertThat(status().isOlderThan(Duration.ofDays(999))).isTrue();
    }

    @Test
    void adoptingAnOldBackupDoesNotMakeItFresh() {
        Instant old = NOON.minus(Duration.ofDays(30));
        backup("r1", "full", "F1", old, old.plusSeconds(60));
        begin("r2", "adopt", NOON.plusSeconds(60));
        write(NOON.plusSeconds(60), "r2", JournalEvent.PROVEN, "backup", "F1");
        end("r2", "success", null, NOON.plusSeconds(61));

        assertThat(status().verdict()).isEqualTo(Verdict.LATE);
    }

    @Test
    void aPauseOfASecondDoesNotMakeDataSafe() {
        Instant old = NOON.minus(Duration.ofDays(30));
        write(old, null, JournalEvent.ARMED, "schedule", "hourly", "cron", "x");
        backup("r1", "full", "F1", old, old.plusSeconds(60));
        write(NOON.minusSeconds(2), null, JournalEvent.PAUSED);
        write(NOON.minusSeconds(1), null, JournalEvent.UNPAUSED);

        assertThat(status().verdict()).isEqualTo(Verdict.LATE);
    }

    @Test
    void aBackupOfTheFutureIsNotFreshUntilThen() {
        Instant future = NOON.plus(Duration.ofDays(365));
        backup("r1", "full", "F1", future, future.plusSeconds(60));

        assertThat(status().verdict()).isEqualTo(Verdict.LATE);
        assertThat(status().isOlderThan(Duration.ofDays(999))).isTrue();
    }

    @Test
    void aBackupThatWasDeletedIsNoLastBackup() {
        backup("r1", "full", "F1", NOON.minusSeconds(9000), NOON.minusSeconds(8000));
        backup("r2", "full", "F2", NOON.minusSeconds(900), NOON.minusSeconds(800));
        begin("r3", "delete", NOON);
        delete("r3", "local", "F2", "success");
        assertThat(status().proven()).isEqualTo("F2");

        // Half of it may be gone.
        delete("r3", "remote", "F2", "error");
        end("r3", "success", null, NOON.plusSeconds(1));

        assertThat(status().proven()).isEqualTo("F1");
        assertThat(status().asOf()).isEqualTo(NOON.minusSeconds(9000));
    }

    private void delete(String run, String place, String backup, String status) {
        write(
                NOON,
                run,
                JournalEvent.OPERATION_ANNOUNCED,
                "operation",
                "delete",
                "backup",
                backup,
                "place",
                place);
        write(NOON, run, JournalEvent.OPERATION_ENDED, "operation", "delete", "status", status);
    }

    @Test
    void aRestoreIsTheLastRunAndNoBackup() {
        backup("r1", "full", "F1", NOON, NOON.plusSeconds(60));
        begin("r2", "restore", NOON.plusSeconds(70));
        write(NOON.plusSeconds(70), "r2", "restored", "backup", "F0");
        end("r2", "success", null, NOON.plusSeconds(80));

        assertThat(status().last().kind()).isEqualTo(RunKind.RESTORE);
        assertThat(status().proven()).isEqualTo("F1");
    }

    @Test
    void aJournalThatCannotBeReadIsToldByNameAndNotTakenForNever() throws Exception {
        Files.createDirectories(directory.resolve("state/node/runs.jsonl"));

        TargetStatus status = status();

        assertThat(status.readable()).isFalse();
        assertThat(status.verdict()).isNull();
        assertThat(status.error()).contains("runs.jsonl: cannot be read");
        assertThat(status.isOlderThan(Duration.ofDays(1))).isFalse();
    }

    @Test
    void whetherAnAgentRunsIsFoundOutWithoutDisturbingIt() throws Exception {
        assertThat(statuses().agentRuns()).isFalse();
        Files.createDirectories(directory.resolve("state"));
        try (FileChannel lock =
                FileChannel.open(
                        directory.resolve("state/lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE)) {
            assertThat(statuses().agentRuns()).isFalse();
            lock.lock();
            assertThat(statuses().agentRuns()).isTrue();
        }
    }

    @Test
    void theFirstOfItsKindThatHangsForMoreThanADayIsNoExcuseAnyMore() throws Exception {
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        begin("r2", "full", NOON.plus(Duration.ofHours(1)));
        Instant begun = NOON.plus(Duration.ofHours(1));

        try (FileChannel lock = lock()) {
            now = begun.plus(Duration.ofHours(24)).plus(Duration.ofMinutes(31));
            assertThat(status().verdict()).as("it may be a long one").isEqualTo(Verdict.BEHIND);
            assertThat(status().unsafe()).isNull();

            now = now.plusSeconds(1);
            assertThat(status().unsafe()).isEqualTo(new Unsafe(Unsafe.Why.HANGS, begun));
            now = begun.plus(Duration.ofHours(25));
            assertThat(status().verdict()).isEqualTo(Verdict.LATE);
            assertThat(status().unsafe()).isEqualTo(new Unsafe(Unsafe.Why.HANGS, begun));
            assertThat(sentence())
                    .isEqualTo(
                            "1 of 1 target is not safe: node (a run is at work since"
                                    + " 2026-11-22T13:00:00Z, last proven backup of"
                                    + " 2026-11-22T12:00:00Z).");
        }
    }

    @Test
    void aDiffThatHangsIsNotSafeLongerThanTheAlertsAllow() throws Exception {
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        begin("r2", "diff", NOON.plus(Duration.ofHours(1)));

        try (FileChannel lock = lock()) {
            // An hour that is promised, half an hour of slack, and half an hour to be at work.
            now = NOON.plusSeconds(60).plus(Duration.ofHours(2));
            assertThat(status().unsafe()).isNull();

            now = now.plusSeconds(1);
            assertThat(status().unsafe())
                    .isEqualTo(new Unsafe(Unsafe.Why.LATE, NOON.plus(Duration.ofHours(1))));
            now = NOON.plus(Duration.ofMinutes(150));
            assertThat(status().verdict()).isEqualTo(Verdict.LATE);
        }
    }

    @Test
    void aWeeklyFullOfTwoDaysBesideHourlyDiffsIsSafeAsLongAsTheAlertsAllow() throws Exception {
        backup("r1", "full", "F1", NOON.minus(Duration.ofHours(100)), NOON.minusSeconds(180000));
        backup("r2", "diff", "D1", NOON, NOON.plusSeconds(60));
        Instant begun = NOON.plus(Duration.ofHours(1));
        begin("r3", "full", begun);

        try (FileChannel lock = lock()) {
            now = begun.plus(Duration.ofHours(72));
            assertThat(status().unsafe()).isNull();

            now = now.plus(Duration.ofMinutes(31)).plusSeconds(1);
            assertThat(status().unsafe()).isEqualTo(new Unsafe(Unsafe.Why.HANGS, begun));
        }
    }

    @Test
    void aRunThatBeganInTheFutureExcusesNothing() throws Exception {
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        begin("r2", "diff", NOON.plus(Duration.ofDays(300)));
        now = NOON.plus(Duration.ofHours(2));

        try (FileChannel lock = lock()) {
            assertThat(status().verdict()).isEqualTo(Verdict.LATE);
            now = NOON.plusSeconds(120);
            assertThat(status().verdict()).as("nothing is due yet").isEqualTo(Verdict.OK);
        }
    }

    @Test
    void aWeeklyBackupThatDidNotComeIsNotSafeForAnotherWeek() {
        schedules = "weekly: { do: full, cron: 0 12 * * 0 }"; // NOON is a Sunday.
        backup("r1", "full", "F1", NOON, NOON.plusSeconds(60));
        Instant next = NOON.plus(Duration.ofDays(7));
        now = next.plus(Duration.ofHours(12)).plusSeconds(60);
        assertThat(status().verdict()).isEqualTo(Verdict.BEHIND);
        assertThat(status().unsafe()).as("half a day is the most").isNull();

        now = now.plusSeconds(1);

        assertThat(status().verdict()).isEqualTo(Verdict.BEHIND);
        assertThat(status().unsafe()).isEqualTo(new Unsafe(Unsafe.Why.LATE, next));
        assertThat(sentence())
                .isEqualTo(
                        "1 of 1 target is not safe: node (last proven backup of"
                                + " 2026-11-22T12:00:00Z, the next was due 2026-11-29T12:00:00Z).");
    }

    @Test
    void anHourlyBackupHasHalfAnHourMore() {
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        now = NOON.plus(Duration.ofMinutes(91));
        assertThat(status().unsafe()).isNull();

        now = now.plusSeconds(1);

        assertThat(status().verdict()).isEqualTo(Verdict.BEHIND);
        assertThat(status().unsafe())
                .isEqualTo(new Unsafe(Unsafe.Why.LATE, NOON.plus(Duration.ofHours(1))));
    }

    @Test
    void aTargetThatIsPausedIsNotSafeForLongerThanItsSchedulesPromise() {
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        write(NOON.plusSeconds(90), null, JournalEvent.PAUSED);
        now = NOON.plus(Duration.ofHours(1));
        assertThat(status().verdict()).isEqualTo(Verdict.PAUSED);
        assertThat(Safety.of(List.of(status())))
                .isEqualTo(
                        new Safety(
                                true,
                                "node is safe for now, and paused since 2026-11-22T12:01:30Z."));

        now = NOON.plus(Duration.ofDays(30));

        assertThat(status().verdict()).isEqualTo(Verdict.PAUSED);
        assertThat(status().unsafe())
                .isEqualTo(new Unsafe(Unsafe.Why.PAUSED, NOON.plusSeconds(90)));
        assertThat(sentence())
                .isEqualTo(
                        "1 of 1 target is not safe: node (paused since 2026-11-22T12:01:30Z, last"
                                + " proven backup of 2026-11-22T12:00:00Z).");
    }

    @Test
    void aPauseOfTheScheduleThatRunsOftenLeavesNoMonthForTheOther() {
        schedules = HOURLY + "\n  monthly: { do: full, cron: 0 3 1 * * }";
        backup("r1", "diff", "D1", NOON, NOON.plusSeconds(60));
        write(NOON.plusSeconds(90), null, JournalEvent.PAUSED, "schedule", "hourly");
        now = NOON.plus(Duration.ofHours(3));

        assertThat(status().verdict()).isEqualTo(Verdict.OK);
        assertThat(status().unsafe())
                .isEqualTo(new Unsafe(Unsafe.Why.PAUSED, NOON.plusSeconds(90)));
    }

    @Test
    void anEditOfTheScheduleDoesNotMakeOldDataSafe() {
        Instant old = NOON.minus(Duration.ofDays(30));
        backup("r1", "full", "F1", old, old.plusSeconds(60));
        write(NOON, null, JournalEvent.ARMED, "schedule", "hourly", "cron", "x");

        assertThat(status().verdict()).as("nothing was due since the edit").isEqualTo(Verdict.OK);
        assertThat(status().unsafe().why()).isEqualTo(Unsafe.Why.LATE);
    }

    @Test
    void aTargetWithoutSchedulesIsNotSafeAsNobodyPromisesAnotherBackup() {
        schedules = "";
        backup("r1", "full", "F1", NOON, NOON.plusSeconds(60));

        assertThat(status().unsafe()).isEqualTo(new Unsafe(Unsafe.Why.UNSCHEDULED, null));
        assertThat(sentence())
                .isEqualTo(
                        "1 of 1 target is not safe: node (no schedule, last proven backup of"
                                + " 2026-11-22T12:00:00Z).");
    }

    @Test
    void aBackupWhoseAgeNobodyKnowsIsNotSafe() {
        begin("r1", "adopt", NOON);
        write(NOON, "r1", JournalEvent.PROVEN, "backup", "F1");
        end("r1", "success", null, NOON.plusSeconds(1));
        assertThat(status().unsafe()).isEqualTo(new Unsafe(Unsafe.Why.UNKNOWN_AGE, null));

        Instant future = NOON.plus(Duration.ofDays(365));
        backup("r2", "full", "F2", future, future.plusSeconds(60));
        assertThat(status().unsafe()).isEqualTo(new Unsafe(Unsafe.Why.UNKNOWN_AGE, null));
        assertThat(json().has("ageSeconds")).isFalse();
    }

    @Test
    void whatFiresOnceOnlyPromisesNoAge() {
        schedules = "once: { do: full, cron: 0 0 0 1 1 ? 2099 }";
        backup("r1", "full", "F1", NOON.minus(Duration.ofDays(9)), NOON);

        assertThat(status().unsafe()).isNull();
    }

    private String sentence() {
        Safety safety = Safety.of(List.of(status()));
        assertThat(safety.safe()).isFalse();
        return safety.sentence();
    }

    private JsonNode json() {
        return JsonMapper.builder().addModule(new JavaTimeModule()).build().valueToTree(status());
    }

    private FileChannel lock() throws Exception {
        FileChannel channel =
                FileChannel.open(
                        directory.resolve("state/node/lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        channel.lock();
        return channel;
    }

    private TargetStatus status() {
        return statuses().of("node");
    }

    private Statuses statuses() {
        String yaml =
                """
                targets: { node: { url: "http://n:1" } }
                zone: UTC
                log-directory: "%s"
                state-directory: "%s"
                """
                        .formatted(directory.resolve("log"), directory.resolve("state"));
        AgentConfig config =
                new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC())
                        .parse(
                                "t",
                                schedules.isEmpty() ? yaml : yaml + "schedules:\n  " + schedules);
        return Statuses.ofFiles(config, Clock.fixed(now, ZoneOffset.UTC));
    }

    private void backup(String run, String kind, String name, Instant from, Instant to) {
        begin(run, kind, from);
        write(from, run, JournalEvent.BASE_CHOSEN, "kind", kind, "backup", name);
        write(to, run, JournalEvent.PROVEN, "backup", name, "size", "1", "chain-length", "1");
        end(run, "success", null, to);
    }

    private void begin(String run, String kind, Instant time) {
        write(time, run, JournalEvent.BEGUN, "kind", kind);
    }

    private void end(String run, String outcome, String reason, Instant time) {
        write(
                time,
                run,
                JournalEvent.ENDED,
                "outcome",
                outcome,
                "stage",
                "prove",
                "reason",
                reason);
    }

    private void write(Instant time, String run, String event, String... details) {
        Map<String, Object> map = new HashMap<>();
        for (int i = 0; i < details.length; i += 2) {
            map.put(details[i], details[i + 1]);
        }
        new Journal(directory.resolve("state/node/runs.jsonl"))
                .append(new JournalEvent(time, run, event, map));
    }
}
