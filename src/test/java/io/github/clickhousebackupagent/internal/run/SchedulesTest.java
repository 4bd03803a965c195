package io.github.clickhousebackupagent.internal.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.config.ScheduleConfig;
import io.github.clickhousebackupagent.config.TargetConfig;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchedulesTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir Path directory;

    private final List<RunResult> told = new ArrayList<>();
    private final List<String> noted = new ArrayList<>();
    private final List<String> withdrawn = new ArrayList<>();
    private Instant now = NOON;

    @Test
    void eachTargetIsAskedFor() {
        Schedules schedules = agent();

        assertThat(schedules.requests("all", Date.from(NOON)))
                .extracting(RunRequest::target)
                .containsExactly("a", "b", "c");
        assertThat(schedules.requests("some", Date.from(NOON)))
                .extracting(
                        RunRequest::target, RunRequest::kind, RunRequest::schedule, RunRequest::due)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("b", RunKind.DIFF, "some", NOON),
                        org.assertj.core.groups.Tuple.tuple("c", RunKind.DIFF, "some", NOON));
        assertThat(told).isEmpty();
    }

    @Test
    void whatWasTakenOutWhileNoAgentRanIsToldAtTheStartOnce() {
        Schedules before = agent();
        List.of("a", "b", "c").forEach(before::takeUp);
        assertThat(withdrawn).isEmpty();

        Schedules after = agentWithout("some");
        after.takeUp("a");
        after.takeUp("b");
        assertThat(withdrawn).as("all of it at once").isEmpty();
        after.takeUp("c");
        assertThat(withdrawn).containsExactly("2 targets: schedule some makes no more backups");

        Schedules fewer = agentWithout("some", Set.of("a"));
        fewer.takeUp("a");
        assertThat(withdrawn)
                .hasSize(2)
                .last()
                .isEqualTo("2 targets: taken out of the configuration, no more backups");

        agentWithout("some", Set.of("a")).takeUp("a");
        assertThat(withdrawn).as("it was told").hasSize(2);
    }

    @Test
    void twoTriggersOfOneScheduleAtOneTimeMakeOneBackup() {
        Schedules schedules = agent();

        assertThat(schedules.requests("all", Date.from(NOON))).isNotEmpty();
        assertThat(schedules.requests("all", Date.from(NOON))).isEmpty();
        assertThat(schedules.requests("some", Date.from(NOON))).isNotEmpty();
        assertThat(schedules.requests("all", Date.from(hours(1)))).isNotEmpty();
    }

    @Test
    void aScheduleWhoseRunStillWaitsIsTurnedAway() {
        Schedules schedules = agent();
        RunRequest request = request("a", BackupKind.FULL, "all");

        assertThat(schedules.refusal(request)).isNull();
        assertThat(schedules.refusal(request))
                .isEqualTo("the run of schedule all before this one still waits for a");
        schedules.taken(request);
        assertThat(schedules.refusal(request)).isNull();
    }

    @Test
    void aFullWaitsBehindWhatIsAtWorkAndADiffIsSkipped() {
        Schedules schedules = agent();
        RunRequest byHand = RunRequest.byHand("b", BackupKind.FULL);
        schedules.refusal(byHand);
        schedules.taken(byHand);

        assertThat(schedules.refusal(request("b", BackupKind.FULL, "all"))).isNull();
        assertThat(schedules.refusal(request("b", BackupKind.DIFF, "some")))
                .isEqualTo("another run is at work on b");
    }

    @Test
    void whatGoesOnIsNoReasonToSkipWhatWasMissed() {
        Schedules schedules = agent();
        schedules.refusal(RunRequest.goOn("b"));

        assertThat(schedules.refusal(request("b", BackupKind.DIFF, "some"))).isNull();
    }

    @Test
    void onceWhatWasAtWorkIsDoneADiffMayJoin() {
        Schedules schedules = agent();
        RunRequest byHand = RunRequest.byHand("b", BackupKind.FULL);
        schedules.refusal(byHand);
        schedules.taken(byHand);
        schedules.done(byHand);

        assertThat(schedules.refusal(request("b", BackupKind.DIFF, "some"))).isNull();
    }

    @Test
    void otherTargetsAndOtherSchedulesAreNotTurnedAway() {
        Schedules schedules = agent();
        schedules.refusal(request("a", BackupKind.FULL, "all"));

        assertThat(schedules.refusal(request("b", BackupKind.FULL, "all"))).isNull();
        assertThat(schedules.refusal(request("a", BackupKind.FULL, "never"))).isNull();
    }

    @Test
    void whoeverAsksByHandIsNeverTurnedAway() {
        Schedules schedules = agent();
        RunRequest byHand = RunRequest.byHand("a", BackupKind.FULL);

        assertThat(schedules.refusal(byHand)).isNull();
        assertThat(schedules.refusal(byHand)).isNull();
        schedules.taken(byHand);
        assertThat(schedules.refusal(byHand)).isNull();
    }

    /** The first has not joined the queue when the second comes: a route is in between. */
    @Test
    void ofTwoWishesInOneMomentThatDoNotWaitOneIsTakenIn() {
        Schedules schedules = agent();

        Schedules.Asked first = ask(schedules, "a", null, false);
        Schedules.Asked second = ask(schedules, "a", null, false);

        assertThat(first.request()).isNotNull();
        assertThat(second.request()).isNull();
        assertThat(second.busy()).isEqualTo(first.run());
        assertThat(ask(schedules, "b", null, false).run()).isNotNull();
        assertThat(ask(schedules, "a", null, true).run()).isNotNull();
    }

    /** What a run has ended as is told before its turn is given to the next. */
    @Test
    void aTargetIsFreeAsSoonAsTheRunIsToldToHaveEnded() {
        Schedules schedules = agent();
        RunRequest first = ask(schedules, "a", null, false).request();
        schedules.refusal(first);
        schedules.taken(first);
        write("a", new JournalEvent(now, first.run(), JournalEvent.BEGUN, Map.of("kind", "full")));
        assertThat(ask(schedules, "a", null, false).busy()).isEqualTo(first.run());

        write("a", new JournalEvent(now, first.run(), JournalEvent.ENDED, Map.of()));

        assertThat(ask(schedules, "a", null, false).busy()).isNull();
    }

    @Test
    void whatWaitsOfACommandIsInTheWayToo() {
        Schedules schedules = agent();
        RunRequest byHand = RunRequest.byHand("a", BackupKind.FULL);
        schedules.refusal(byHand);

        assertThat(ask(schedules, "a", null, false).busy()).isEqualTo(byHand.run());
    }

    /** A caller in a loop would fill the disk, and the memory at each start. */
    @Test
    void noMoreWishesWaitThanAnybodyNeeds() {
        Schedules schedules = agent();
        for (int i = 0; i < Schedules.MOST_WISHES; i++) {
            assertThat(ask(schedules, "a", "key-" + i, true).request()).isNotNull();
        }
        Instant before = now;

        Schedules.Asked refused = ask(schedules, "a", "one-more", true);

        assertThat(refused.full()).isTrue();
        assertThat(refused.request()).isNull();
        assertThat(refused.run()).isNull();
        assertThat(ask(schedules, "a", "key-7", true).run()).as("asked again").isNotNull();
        assertThat(ask(schedules, "b", null, true).request()).as("another target").isNotNull();
        String over = ask(schedules, "a", "key-0", true).run();
        write("a", new JournalEvent(before, over, JournalEvent.BEGUN, Map.of("kind", "full")));
        assertThat(ask(schedules, "a", "one-more", true).request()).isNotNull();
    }

    /** A hundred of them are known for each target, and an order may be as large as a body. */
    @Test
    void aLargeOrderIsKnownAgainAndNotKept() {
        List<String> tables = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            tables.add("shop." + "a".repeat(900) + i);
        }
        RestoreOrder order = new RestoreOrder("B", null, tables, null, null, null, null, null);
        Schedules schedules = agent();
        String run = schedules.ask("a", RunKind.RESTORE, order, "me", "key", true).run();

        Optional<TargetState.Keyed> kept =
                new Journals(config(""), clock()).look("a", state -> state.keyed("key"));
        assertThat(kept)
                .hasValueSatisfying(keyed -> assertThat(keyed.toString()).hasSizeLessThan(200));
        assertThat(agent().ask("a", RunKind.RESTORE, order, "me", "key", true).run())
                .isEqualTo(run);
        tables.set(0, "shop.b");
        RestoreOrder other = new RestoreOrder("B", null, tables, null, null, null, null, null);
        assertThat(agent().ask("a", RunKind.RESTORE, other, "me", "key", true).other()).isTrue();
        assertThat(agent().ask("a", RunKind.DELETE, null, "me", "key", true).other()).isTrue();
    }

    private Schedules.Asked ask(Schedules schedules, String target, String key, boolean waits) {
        now = now.plusMillis(1);
        return schedules.ask(target, RunKind.FULL, null, "somebody", key, waits);
    }

    private void write(String target, JournalEvent event) {
        new Journals(config(""), clock()).write(target, event);
    }

    @Test
    void aScheduleThatIsNewHasMissedNothing() {
        assertThat(agent().takeUp("a")).isEmpty();
        assertThat(told).isEmpty();
    }

    @Test
    void aTargetWithoutABackupGetsOneAtTheStart() {
        assertThat(agent(", first: at-start").takeUp("a"))
                .singleElement()
                .satisfies(
                        request -> {
                            assertThat(request.schedule()).isEqualTo("never");
                            assertThat(request.kind()).isEqualTo(RunKind.FULL);
                            assertThat(request.due()).isEqualTo(NOON);
                        });
        assertThat(told).isEmpty();
    }

    @Test
    void theFirstBackupThatWasNotMadeBeforeTheAgentWentDownIsMadeOnce() {
        RunRequest before = agent(", first: at-start").takeUp("a").get(0);
        now = NOON.plusSeconds(60);

        assertThat(agent(", first: at-start").takeUp("a")).containsExactly(before);
    }

    @Test
    void ofSeveralSchedulesThatAreToMakeTheFirstBackupOneMakesAFull() {
        String both =
                ", first: at-start }\n  also: { do: diff, cron: 0 2 * * *, targets: [ a ], first: at-start"
                        + " }\n  more: { do: full, cron: 0 3 * * *, targets: [ a ], first: at-start";
        assertThat(agent(both).takeUp("a"))
                .singleElement()
                .satisfies(request -> assertThat(request.kind()).isEqualTo(RunKind.FULL));
    }

    @Test
    void aFirstBackupIsNotMadeBesideOneThatWasMissed() {
        agent("").takeUp("a");
        now = NOON.plus(Duration.ofHours(3));
        assertThat(agent(", first: at-start").takeUp("a"))
                .singleElement()
                .satisfies(request -> assertThat(request.schedule()).isEqualTo("all"));
    }

    @Test
    void aFirstBackupThatWaitedForTooLongIsMadeAllTheSame() {
        String late = ", first: at-start, catch-up: never";
        RunRequest before = agent(late).takeUp("a").get(0);
        now = NOON.plusSeconds(60);

        assertThat(agent(late).takeUp("a"))
                .singleElement()
                .satisfies(request -> assertThat(request.run()).isNotEqualTo(before.run()));
        assertThat(told).extracting(RunResult::run).containsExactly(before.run());
    }

    @Test
    void aTargetThatHasABackupGetsNoOtherAtTheStart() throws IOException {
        Files.writeString(directory.resolve(".a_last_backup"), "FULL_CH_BK_2026-01-01_00-00-00");

        assertThat(agent(", first: at-start").takeUp("a")).isEmpty();
    }

    @Test
    void aFirstBackupThatFailedIsNotMadeAgainByEachEdit() {
        RunRequest first = agent(", first: at-start").takeUp("a").get(0);
        new Journals(config(""), clock())
                .write(
                        "a",
                        new JournalEvent(
                                NOON,
                                first.run(),
                                JournalEvent.ENDED,
                                Map.of("outcome", "failed")));
        Handover edit = new Handover();
        edit.accept(new Handover.Left(now, Map.of(), List.of()));

        assertThat(agent(config(", first: at-start"), edit).takeUp("a")).isEmpty();
        assertThat(agent(", first: at-start").takeUp("a")).as("at the next start").hasSize(1);
    }

    @Test
    void ofTheRunsThatWereMissedTheLastIsMadeAndTheOthersAreTold() {
        agent().takeUp("a");
        now = hours(5);

        List<RunRequest> requests = agent().takeUp("a");

        assertThat(requests)
                .filteredOn(request -> request.schedule().equals("all"))
                .singleElement()
                .satisfies(request -> assertThat(request.due()).isEqualTo(hours(5)));
        assertThat(told)
                .filteredOn(result -> result.schedule().equals("all"))
                .singleElement()
                .satisfies(
                        result -> {
                            assertThat(result.outcome()).isEqualTo(Outcome.MISSED);
                            assertThat(result.reason())
                                    .startsWith("4 runs due from 2026-11-22 13:00:00Z to ")
                                    .contains("16:00:00Z were not made")
                                    .endsWith("the last one is made now");
                        });
    }

    @Test
    void aScheduleThatWasNeverDueBeforeTheAgentWentDownMissesItsRunToo() {
        agent().takeUp("a");
        now = NOON.plus(Duration.ofDays(10));

        agent().takeUp("a");

        assertThat(told)
                .filteredOn(result -> result.schedule().equals("never"))
                .singleElement()
                .satisfies(
                        result ->
                                assertThat(result.reason())
                                        .startsWith("10 runs due from ")
                                        .endsWith("it is too late to make the last one"));
    }

    @Test
    void aScheduleThatMissedMoreThanCanBeCountedMakesItsNextRun() {
        agent().takeUp("a");
        now = NOON.plus(Duration.ofDays(2 * 365));

        List<RunRequest> requests = agent().takeUp("a");

        assertThat(requests)
                .filteredOn(request -> request.schedule().equals("all"))
                .singleElement()
                .satisfies(request -> assertThat(request.due()).isEqualTo(now));
        assertThat(told)
                .filteredOn(result -> result.schedule().equals("all"))
                .singleElement()
                .satisfies(
                        result ->
                                assertThat(result.reason())
                                        .startsWith("at least 10000 runs due from ")
                                        .contains(" to 2028-11-21 11:00:00Z were"));
        Instant next = now.plus(Duration.ofHours(1));
        assertThat(agent().requests("all", Date.from(next)))
                .filteredOn(request -> request.target().equals("a"))
                .hasSize(1);
    }

    @Test
    void aScheduleThatWasTakenOutForAWhileHasMissedNothing() {
        agent().takeUp("a");
        now = hours(30);
        agentWithout("never").takeUp("a");
        now = hours(24 * 10);
        told.clear();

        agent().takeUp("a");

        assertThat(told).filteredOn(result -> result.schedule().equals("never")).isEmpty();
    }

    @Test
    void whatWasMissedIsToldOnce() {
        agent().takeUp("a");
        now = hours(5);
        agent().takeUp("a");
        told.clear();

        assertThat(agent().takeUp("a")).as("the run that nobody took from the queue").hasSize(1);
        assertThat(told).isEmpty();
    }

    @Test
    void whatIsMissedWhileTheMachineSleepsIsToldWhenItFiresAgain() {
        Schedules schedules = agent();
        schedules.takeUp("a");
        schedules.requests("all", Date.from(hours(1)));
        now = hours(4).plusSeconds(90);

        List<RunRequest> requests = schedules.requests("all", Date.from(now));

        assertThat(requests.get(0).due()).isEqualTo(hours(4));
        assertThat(told).hasSize(3);
        assertThat(told.get(0).reason()).startsWith("2 runs due from 2026-11-22 14:00:00Z");
    }

    @Test
    void aRunThatHadJoinedTheQueueOfAKilledAgentIsMadeUnderItsOwnId() {
        RunRequest queued = agent().requests("never", Date.from(NOON)).get(0);
        now = NOON.plusSeconds(60);

        assertThat(agent(", catch-up: 1h").takeUp("a")).containsExactly(queued);
        assertThat(told).isEmpty();
    }

    @Test
    void aRunThatHadJoinedTheQueueLongAgoIsMissed() {
        RunRequest queued = agent().requests("never", Date.from(NOON)).get(0);
        now = NOON.plusSeconds(60);

        assertThat(agent().takeUp("a")).isEmpty();
        assertThat(told)
                .singleElement()
                .satisfies(
                        result -> {
                            assertThat(result.run()).isEqualTo(queued.run());
                            assertThat(result.outcome()).isEqualTo(Outcome.MISSED);
                            assertThat(result.reason())
                                    .isEqualTo(
                                            "the run due at 2026-11-22 12:00:00Z was not made: it is too late to make it");
                        });
    }

    @Test
    void aRunWhoseScheduleIsGoneIsMissed() {
        new Journals(config(""), clock())
                .write(
                        "a",
                        new JournalEvent(
                                NOON,
                                "r1",
                                JournalEvent.REQUESTED,
                                Map.of(
                                        "schedule",
                                        "gone",
                                        "kind",
                                        "full",
                                        "due",
                                        NOON.toString())));

        assertThat(agent().takeUp("a")).isEmpty();
        assertThat(told).singleElement().extracting(RunResult::run).isEqualTo("r1");
        assertThat(told.get(0).reason()).endsWith("there is no schedule gone for it now");
    }

    @Test
    void whatACronExpressionPromisedIsMissedEvenIfItWasChangedMeanwhile() {
        agent().takeUp("a");
        now = NOON.plus(Duration.ofHours(30));

        agent(", zone: Asia/Tokyo, catch-up: never").takeUp("a");

        assertThat(told)
                .filteredOn(result -> result.schedule().equals("never"))
                .singleElement()
                .satisfies(
                        result ->
                                assertThat(result.reason())
                                        .startsWith("the run due at 2026-11-23 01:00:00Z"));
    }

    @Test
    void aClockThatWasPutBackStopsNoSchedule() {
        Schedules schedules = agent();
        schedules.requests("all", Date.from(hours(1000)));

        assertThat(schedules.requests("all", Date.from(hours(1)))).hasSize(3);
    }

    @Test
    void whatWasCutOffGoesOnFirst() {
        new Journals(config(""), clock())
                .write(
                        "a",
                        new JournalEvent(NOON, "r1", JournalEvent.BEGUN, Map.of("kind", "full")));
        agent().takeUp("a");
        now = hours(1);

        List<RunRequest> requests = agent().takeUp("a");

        assertThat(requests).hasSize(2);
        assertThat(requests.get(0).onlyGoesOn()).isTrue();
        assertThat(requests.get(1).schedule()).isEqualTo("all");
    }

    /** It was promised, and would be in the way of others until the next start. */
    @Test
    void aWishThatCouldNotBeTakenUpAtTheStartJoinsTheQueueWhenSomebodyAsks() throws IOException {
        String run = ask(agent(), "a", "key", true).run();
        Schedules after = agent();
        long whole = damage("a");
        assertThat(after.takeUp("a")).isEmpty();
        mend("a", whole);

        assertThat(after.leftOut("a")).extracting(RunRequest::run).containsExactly(run);

        assertThat(after.leftOut("a")).as("once").isEmpty();
        assertThat(ask(after, "a", "key", true).run()).isEqualTo(run);
        assertThat(ask(after, "a", null, false).busy()).isEqualTo(run);
    }

    @Test
    void whatTheStartIsStillToTakeUpIsNotTakenUpTwice() {
        String run = ask(agent(), "a", "key", true).run();
        Schedules after = agent();

        assertThat(after.leftOut("a")).isEmpty();
        assertThat(after.takeUp("a")).extracting(RunRequest::run).contains(run);
        assertThat(after.leftOut("a")).isEmpty();
    }

    /** Its end was told; that it is not in the journal must not make it again, nor block others. */
    @Test
    void aRunWhoseEndCouldNotBeWrittenIsNeitherMadeAgainNorInTheWay() {
        Schedules schedules = agent();
        schedules.takeUp("a");
        RunRequest request = ask(schedules, "a", null, false).request();
        schedules.refusal(request);
        schedules.taken(request);
        schedules.done(request);

        assertThat(schedules.leftOut("a")).isEmpty();
        assertThat(ask(schedules, "a", null, false).busy()).isNull();
    }

    /** After a command was ended in the middle of an upload, on a target without schedules. */
    @Test
    void whatACommandLeftCutOffIsInNobodysWay() {
        write("a", new JournalEvent(now, "cut-off", JournalEvent.BEGUN, Map.of("kind", "full")));
        write("b", new JournalEvent(now, "cut-off", JournalEvent.BEGUN, Map.of("kind", "full")));
        Schedules schedules = agent();
        FileLocks command = new FileLocks(config("")::stateDirectory);
        command.take("a");
        assertThat(ask(schedules, "a", null, false).busy()).isEqualTo("cut-off");
        command.release("a");
        schedules.refusal(RunRequest.goOn("b"));
        assertThat(ask(schedules, "b", null, false).busy())
                .as("it is gone on with")
                .isEqualTo("cut-off");

        assertThat(ask(schedules, "a", null, false).request()).isNotNull();
    }

    /** The agent was stopped, the operator restored by hand, and a week of rows has come since. */
    @Test
    void whatDestroysIsNotDoneWhenAnAgentStartsLongAfterItWasAgreedTo() {
        Schedules before = agent();
        RestoreOrder replace = restore(RestoreOrder.Content.ALL, RestoreOrder.Existing.REPLACE);
        RestoreOrder append = restore(RestoreOrder.Content.DATA, RestoreOrder.Existing.APPEND);
        RestoreOrder refuse = restore(RestoreOrder.Content.ALL, RestoreOrder.Existing.REFUSE);
        DeleteOrder delete = new DeleteOrder(Place.REMOTE, List.of("B"), false);
        List<String> destroying =
                List.of(
                        before.ask("a", RunKind.RESTORE, replace, "me", null, true).run(),
                        before.ask("a", RunKind.RESTORE, append, "me", null, true).run(),
                        before.ask("a", RunKind.DELETE, delete, "me", null, true).run());
        String other = before.ask("a", RunKind.RESTORE, refuse, "me", null, true).run();
        String backup = ask(before, "a", null, true).run();

        now = NOON.plus(Duration.ofMinutes(59));
        assertThat(agent().takeUp("a"))
                .extracting(RunRequest::run)
                .containsAll(destroying)
                .contains(other, backup);
        assertThat(told).isEmpty();

        now = NOON.plus(Duration.ofDays(7));
        assertThat(byHand(agent().takeUp("a"))).containsExactly(other, backup);
        assertThat(told)
                .filteredOn(result -> result.schedule() == null)
                .allSatisfy(
                        result -> {
                            assertThat(result.outcome()).isEqualTo(Outcome.MISSED);
                            assertThat(result.reason())
                                    .contains("it was asked for more than 1h ago");
                        })
                .extracting(RunResult::run)
                .containsExactlyElementsOf(destroying);
        told.clear();
        assertThat(byHand(agent().takeUp("a"))).containsExactly(other, backup);
        assertThat(told).as("once").isEmpty();
    }

    private static List<String> byHand(List<RunRequest> requests) {
        return requests.stream()
                .filter(request -> request.schedule() == null)
                .map(RunRequest::run)
                .toList();
    }

    private static RestoreOrder restore(
            RestoreOrder.Content content, RestoreOrder.Existing existing) {
        return new RestoreOrder("B", null, null, content, null, null, existing, null);
    }

    /** It would be made when the target comes back one day. */
    @Test
    void aWishForATargetWithoutSchedulesThatWasTakenOutIsEnded() {
        String run = ask(agent(), "b", null, true).run();

        agentWithout("some", Set.of("a")).takeUp("a");

        assertThat(told)
                .singleElement()
                .satisfies(
                        result -> {
                            assertThat(result.run()).isEqualTo(run);
                            assertThat(result.outcome()).isEqualTo(Outcome.MISSED);
                            assertThat(result.reason())
                                    .endsWith("the target was taken out of the configuration");
                        });
        assertThat(withdrawn).as("it was promised no backups").isEmpty();
    }

    @Test
    void aJournalThatCannotBeReadHidesNoTargetThatWasTakenOut() throws IOException {
        Schedules before = agent();
        List.of("a", "b", "c").forEach(before::takeUp);
        damage("b");
        damage("c");

        agentWithout("some", Set.of("a")).takeUp("a");

        assertThat(withdrawn)
                .containsExactly("2 targets: taken out of the configuration, no more backups");
    }

    @Test
    void aTargetThatAnEditTookOutIsToldAlthoughItsJournalCannotBeRead() throws IOException {
        Schedules before = agent();
        List.of("a", "b", "c").forEach(before::takeUp);
        damage("b");
        Schedules after = agentWithout("some", Set.of("a", "c"));

        assertThatThrownBy(() -> after.abandon("b")).isInstanceOf(JournalException.class);
        after.tellWithdrawn();

        assertThat(withdrawn).containsExactly("b: taken out of the configuration, no more backups");
    }

    /** Has a journal end in what is no line, and returns how long it was. */
    private long damage(String target) throws IOException {
        Path file = new Journals(config(""), clock()).of(target).file();
        long whole = Files.size(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {'\n'}), whole + 50_000_000);
        }
        return whole;
    }

    private void mend(String target, long whole) throws IOException {
        Path file = new Journals(config(""), clock()).of(target).file();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(whole);
        }
    }

    @Test
    void aPausedScheduleAsksForNothingAndSaysSoEachTime() {
        Schedules schedules = agent();
        schedules.requests("all", Date.from(hours(1)));
        pause("a", "all");

        assertThat(schedules.requests("all", Date.from(hours(2))))
                .as("the others go on")
                .extracting(RunRequest::target)
                .containsExactly("b", "c");
        assertThat(schedules.requests("never", Date.from(hours(2)))).hasSize(1);
        assertThat(noted)
                .containsExactly(
                        "a: the run due at 2026-11-22 14:00:00Z is left out, as schedule all is"
                                + " paused since 2026-11-22 12:00:00Z by operator: new disks");
        schedules.requests("all", Date.from(hours(3)));
        assertThat(noted).hasSize(2);
        assertThat(told).isEmpty();
    }

    @Test
    void aPausedTargetAsksForNothing() {
        Schedules schedules = agent();
        pause("a", null);

        assertThat(schedules.requests("all", Date.from(hours(1))))
                .extracting(RunRequest::target)
                .containsExactly("b", "c");
        assertThat(schedules.requests("never", Date.from(hours(1)))).isEmpty();
        assertThat(noted).hasSize(2).allMatch(note -> note.contains("as target a is paused"));
    }

    @Test
    void aPauseSurvivesARestartAndNothingIsMissedOrMadeUpForMeanwhile() {
        agent().takeUp("a");
        pause("a", null);
        now = hours(30);

        assertThat(agent().takeUp("a")).isEmpty();
        assertThat(agent().requests("never", Date.from(now))).isEmpty();
        assertThat(told).isEmpty();
    }

    @Test
    void whatWasPausedMakesNothingUpWhenItIsResumed() {
        Schedules running = agent();
        running.takeUp("a");
        pause("a", null);
        now = hours(30);
        resume("a", null);
        now = hours(30).plusSeconds(60);

        assertThat(agent().takeUp("a")).isEmpty();
        assertThat(told).isEmpty();
        assertThat(running.requests("all", Date.from(hours(31))))
                .filteredOn(request -> request.target().equals("a"))
                .singleElement()
                .satisfies(request -> assertThat(request.due()).isEqualTo(hours(31)));
        assertThat(told).filteredOn(result -> result.target().equals("a")).isEmpty();
    }

    @Test
    void whatIsMissedAfterAPauseIsToldAsBefore() {
        agent().takeUp("a");
        pause("a", "all");
        now = hours(30);
        resume("a", "all");
        now = hours(33);

        assertThat(agent().takeUp("a"))
                .filteredOn(request -> request.schedule().equals("all"))
                .singleElement()
                .satisfies(request -> assertThat(request.due()).isEqualTo(hours(33)));
        assertThat(told)
                .filteredOn(result -> result.schedule().equals("all"))
                .singleElement()
                .satisfies(
                        result ->
                                assertThat(result.reason())
                                        .startsWith("2 runs due from 2026-11-23 19:00:00Z"));
    }

    @Test
    void whatWasMissedBeforeThePauseIsTold() {
        agent().takeUp("a");
        now = hours(2).plusSeconds(1);
        pause("a", "all");
        now = hours(5);

        assertThat(agent().takeUp("a")).isEmpty();
        agent().takeUp("a");

        assertThat(told)
                .as("once")
                .singleElement()
                .satisfies(
                        result ->
                                assertThat(result.reason())
                                        .startsWith("2 runs due from 2026-11-22 13:00:00Z to ")
                                        .contains("14:00:00Z were not made")
                                        .endsWith(
                                                "nothing is made up for, as the schedule is paused"));
    }

    @Test
    void aRunThatHadJoinedTheQueueBeforeThePauseIsStillMade() {
        RunRequest queued =
                agent().requests("all", Date.from(NOON)).stream()
                        .filter(request -> request.target().equals("a"))
                        .findFirst()
                        .orElseThrow();
        now = NOON.plusSeconds(60);
        pause("a", null);

        assertThat(agent().takeUp("a")).containsExactly(queued);
    }

    @Test
    void whatWasCutOffGoesOnAlthoughItsTargetIsPaused() {
        new Journals(config(""), clock())
                .write(
                        "a",
                        new JournalEvent(NOON, "r1", JournalEvent.BEGUN, Map.of("kind", "full")));
        pause("a", null);

        assertThat(agent().takeUp("a"))
                .singleElement()
                .satisfies(request -> assertThat(request.onlyGoesOn()).isTrue());
    }

    @Test
    void aRunThatWasDueBeforeThePauseWasWrittenIsMade() {
        Schedules schedules = agent();
        now = hours(1).plusMillis(5);
        pause("a", null);

        assertThat(schedules.requests("never", Date.from(hours(1)))).hasSize(1);
    }

    @Test
    void pausingTwiceKeepsTheFirstAndResumingTwiceChangesNothing() {
        Pauses.Change first = pause("a", "all");
        now = hours(1);
        Pauses.Change second = pause("a", "all");
        pause("a", null);
        Pauses.Change resumed = resume("a", "all");
        Pauses.Change again = resume("a", "all");

        assertThat(first.changed()).isTrue();
        assertThat(second.changed()).isFalse();
        assertThat(second.pause()).isEqualTo(new Pause("all", NOON, "operator", "new disks"));
        assertThat(resumed.changed()).isTrue();
        assertThat(resumed.remaining()).extracting(Pause::schedule).containsExactly((String) null);
        assertThat(again.changed()).isFalse();
        assertThat(again.pause()).isNull();
    }

    /** As a command does: another process, with journals of its own. */
    private Pauses.Change pause(String target, String schedule) {
        return new Pauses(new Journals(config(""), clock()))
                .pause(new PauseRequest(target, schedule, "new disks", "operator"));
    }

    private Pauses.Change resume(String target, String schedule) {
        return new Pauses(new Journals(config(""), clock()))
                .resume(new PauseRequest(target, schedule, null, "operator"));
    }

    /** An agent that has just been started, on the state folder of those before it. */
    private Schedules agent() {
        return agent(", catch-up: never");
    }

    private Schedules agent(String ofNever) {
        return agent(config(ofNever));
    }

    /** The same without a schedule. */
    private Schedules agentWithout(String schedule) {
        return agentWithout(schedule, config("").targets().keySet());
    }

    private Schedules agentWithout(String schedule, Set<String> targets) {
        AgentConfig all = config("");
        Map<String, ScheduleConfig> others = new LinkedHashMap<>(all.schedules());
        others.remove(schedule);
        Map<String, TargetConfig> some = new LinkedHashMap<>(all.targets());
        some.keySet().retainAll(targets);
        return agent(
                new AgentConfig(
                        some,
                        all.groups(),
                        others,
                        all.backup(),
                        all.limits(),
                        all.retry(),
                        all.http(),
                        all.traces(),
                        all.logDirectory(),
                        all.stateDirectory(),
                        all.zone(),
                        all.parallelRuns()));
    }

    private Schedules agent(AgentConfig config) {
        return agent(config, new Handover());
    }

    private Schedules agent(AgentConfig config, Handover handover) {
        RunListener listener =
                new RunListener() {
                    @Override
                    public void ended(RunResult result) {
                        told.add(result);
                    }

                    @Override
                    public void withdrawn(Run what, String title, String text) {
                        withdrawn.add(title);
                    }

                    @Override
                    public void noted(Run run, String what) {
                        noted.add(run.target() + ": " + what);
                    }
                };
        return new Schedules(
                config,
                clock(),
                new Journals(config, clock()),
                new News(List.of(listener)),
                handover);
    }

    private Clock clock() {
        return new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now;
            }
        };
    }

    private AgentConfig config(String ofNever) {
        return new ConfigLoader(Map.<String, String>of()::get, clock())
                .parse(
                        "t",
                        """
                        targets:
                          a: { url: "http://a:1" }
                          b: { url: "http://b:1" }
                          c: { url: "http://c:1" }
                        groups: { shard: [ b, c ] }
                        schedules:
                          all: { do: full, cron: 0 * * * * }
                          some: { do: diff, cron: 0 * * * *, targets: [ shard ] }
                          never: { do: full, cron: 0 1 * * *, targets: [ a ]%s }
                        zone: UTC
                        state-directory: "%s"
                        log-directory: "%s"
                        """
                                .formatted(ofNever, directory, directory));
    }

    private static Instant hours(int later) {
        return NOON.plus(Duration.ofHours(later));
    }

    private static RunRequest request(String target, BackupKind kind, String schedule) {
        return RunRequest.bySchedule("r", target, kind, schedule, NOON);
    }
}
