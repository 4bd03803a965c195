package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.config.First;
import io.github.clickhousebackupagent.config.Overlap;
import io.github.clickhousebackupagent.config.ScheduleConfig;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.marker.Markers;
import io.github.clickhousebackupagent.internal.order.Order;
import io.github.clickhousebackupagent.internal.order.Orders;
import io.github.clickhousebackupagent.internal.schedule.CronException;
import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What schedules ask for when they fire, what they missed, and what of that may join the queue of
 * its target. Thread-safe.
 */
public final class Schedules {

    private static final Logger LOG = LogManager.getLogger(Schedules.class);

    /** Between two fires of a schedule and the moment at which they are counted. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ssXXX");

    /** The runs that a target has, oldest first: the first may be at work, the others wait. */
    private record Present(List<RunRequest> waiting, List<RunRequest> atWork) {}

    /** So many wishes wait for a target at most; each is in the journal, and in memory. */
    public static final int MOST_WISHES = 100;

    /** What destroys and was in no queue for that long is not done: things are not as they were. */
    private static final Duration AGREED = Duration.ofHours(1);

    /** No schedule can have this name. */
    private static final String BY_HAND = "~";

    private final AgentConfig config;
    private final Clock clock;
    private final Journals journals;
    private final News news;
    private final Handover handover;
    private final Markers markers;
    private final Withdrawals withdrawals;
    private final Map<String, Present> present = new HashMap<>();
    private final Set<String> mine = new HashSet<>();
    private final Set<String> takenUp = new HashSet<>();

    /** What is over, and waits all the same by a journal that could not be written. */
    private final Set<String> over = new HashSet<>();

    Schedules(AgentConfig config, Clock clock, Journals journals, News news, Handover handover) {
        this.config = config;
        this.clock = clock;
        this.journals = journals;
        this.news = news;
        this.handover = handover;
        this.markers = new Markers(config);
        this.withdrawals = new Withdrawals(config, news);
    }

    /**
     * Returns what is to be done at a target before its schedules fire: what was cut off, what had
     * joined the queue of an agent that is no more, and for each schedule the last of the runs that
     * were missed since, if that is not too late. What is not made is told as missed.
     */
    public synchronized List<RunRequest> takeUp(String target) {
        List<RunRequest> requests = new ArrayList<>();
        try {
            Set<String> before = journals.look(target, TargetState::armed);
            if (!journals.look(target, TargetState::unfinished).isEmpty()) {
                requests.add(RunRequest.goOn(target));
            }
            requests.addAll(handedOver(target));
            Map<String, JournalEvent> waiting = new LinkedHashMap<>();
            for (JournalEvent event : journals.look(target, TargetState::waiting)) {
                if (mine.contains(event.run())) {
                    continue; // A schedule fired already.
                }
                String of =
                        event.detail("schedule") == null
                                ? BY_HAND + event.run()
                                : event.detail("schedule");
                JournalEvent older = waiting.put(of, event);
                if (older != null) {
                    miss(target, older, "another run of the schedule takes its place");
                }
            }
            config.schedules()
                    .forEach(
                            (name, schedule) -> {
                                if (isOf(name, target)) {
                                    requests.addAll(
                                            due(
                                                            name,
                                                            target,
                                                            clock.instant(),
                                                            false,
                                                            waiting.remove(name))
                                                    .stream()
                                                    .toList());
                                }
                            });
            waiting.forEach((name, event) -> takeUp(name, target, event).ifPresent(requests::add));
            for (String name : journals.look(target, TargetState::armed)) {
                if (!isOf(name, target)) {
                    disarm(name, target);
                    withdrawals.schedule(name, target);
                }
            }
            if (requests.isEmpty()) {
                first(target, before).ifPresent(requests::add);
            }
        } catch (JournalException e) {
            LOG.error("{}: what was left unfinished is not known: {}", target, e.getMessage());
        }
        if (takenUp.add(target) && takenUp.containsAll(config.targets().keySet())) {
            if (handover.since() == null) {
                abandonOthers();
                withdrawals.tellTargets();
            }
            withdrawals.tellSchedules();
        }
        return requests;
    }

    /** Returns the requests that the routes before an edit left. */
    private List<RunRequest> handedOver(String target) {
        return handover.take(target).stream()
                .filter(request -> request.schedule() == null || isOf(request.schedule(), target))
                .filter(request -> request.run() == null || mine.add(request.run()))
                .toList();
    }

    /**
     * Returns the wishes for a target that wait by its journal and are in no queue: where that
     * could not be read at the start, or not be written when they were taken in. They are to join
     * the queue now, as they would be in the way of others until the next start.
     *
     * @throws JournalException if the journal cannot be read, or written
     */
    public synchronized List<RunRequest> leftOut(String target) {
        if (!takenUp.contains(target)) {
            return List.of(); // The start takes them up.
        }
        List<RunRequest> requests = new ArrayList<>(handedOver(target));
        for (JournalEvent event : journals.look(target, TargetState::waiting)) {
            if (mine.contains(event.run()) || over.contains(event.run())) {
                continue;
            }
            String schedule = event.detail("schedule");
            if (schedule == null) {
                takeUp(BY_HAND + event.run(), target, event).ifPresent(requests::add);
            } else if (isOf(schedule, target)) {
                Instant now = clock.instant();
                Duration within = within(config.schedules().get(schedule), now);
                goOn(schedule, target, event, within, now).ifPresent(requests::add);
            } else {
                takeUp(schedule, target, event);
            }
        }
        return requests;
    }

    /** Ends what is left at targets that were taken out while no agent ran. */
    private void abandonOthers() {
        if (!Files.isDirectory(config.stateDirectory())) {
            return; // Nothing was ever written there.
        }
        try (Stream<Path> folders = Files.list(config.stateDirectory())) {
            for (Path folder : folders.toList()) {
                String target = folder.getFileName().toString();
                if (!config.targets().containsKey(target) && mayHaveAJournal(folder)) {
                    abandonOther(target);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.error("Targets that were taken out are not known: {}", e.getMessage());
        }
    }

    /** Of a folder that cannot be looked into nobody knows, but by its name. */
    private static boolean mayHaveAJournal(Path folder) {
        return Files.isDirectory(folder)
                && AgentConfig.isName(folder.getFileName().toString())
                && !Files.notExists(folder.resolve(Journal.FILE_NAME));
    }

    private void abandonOther(String target) {
        try {
            boolean left =
                    journals.look(
                            target,
                            state -> !state.armed().isEmpty() || !state.waiting().isEmpty());
            if (left) {
                abandon(target);
            }
        } catch (JournalException e) {
            withdrawals.target(target); // It may have promised backups.
            LOG.error("{}: what was left unfinished is not ended: {}", target, e.getMessage());
        }
    }

    /** Somebody was told that it would be made, or its schedule is no more. */
    private Optional<RunRequest> takeUp(String name, String target, JournalEvent left) {
        if (!name.startsWith(BY_HAND)) {
            miss(target, left, "there is no schedule " + name + " for it now");
            return Optional.empty();
        }
        Run asked = Replay.of(target, List.of(left));
        if (asked.kind() == null || asked.order() == null && !asked.kind().makesBackup()) {
            miss(target, left, "the journal does not say what was wanted");
            return Optional.empty();
        }
        boolean late = Duration.between(left.time(), clock.instant()).compareTo(AGREED) > 0;
        if (late && asked.order() != null && asked.order().destroys()) {
            miss(
                    target,
                    left,
                    "it was asked for more than %s ago, and what was agreed to was agreed to as things were then; ask for it again if it is still wanted"
                            .formatted(Durations.format(AGREED)));
            return Optional.empty();
        }
        mine.add(left.run());
        return Optional.of(
                new RunRequest(left.run(), target, asked.kind(), asked.order(), null, null));
    }

    /**
     * What came of a wish.
     *
     * @param request what is to join the queue now; null: nothing
     * @param run id of the run that it becomes or, asked for with the same key, has become; null:
     *     none
     * @param busy id of the run that is in its way; null: none is
     * @param other whether something else was asked for with the same key
     * @param full whether too many others wait
     */
    public record Asked(RunRequest request, String run, String busy, boolean other, boolean full) {

        private static Asked accepted(RunRequest request) {
            return new Asked(request, request.run(), null, false, false);
        }

        private static Asked again(String run) {
            return new Asked(null, run, null, false, false);
        }

        private static Asked busyWith(String run) {
            return new Asked(null, null, run, false, false);
        }

        private static Asked otherThanBefore() {
            return new Asked(null, null, null, true, false);
        }

        private static Asked tooMany() {
            return new Asked(null, null, null, false, true);
        }
    }

    /**
     * Takes in a wish, and writes it down, so that it is done also if the agent is stopped before
     * its turn.
     *
     * @param order what is wanted in detail; null for a backup
     * @param by who asks
     * @param key with which the same wish can come twice; null: none
     * @param waits whether it is to wait while anything else is at work on the target
     * @throws JournalException if it cannot be written down
     */
    public synchronized Asked ask(
            String target, RunKind kind, Order order, String by, String key, boolean waits) {
        Map<String, Object> wanted = order == null ? null : Orders.toMap(order);
        if (key != null) {
            Optional<TargetState.Keyed> before = journals.look(target, state -> state.keyed(key));
            if (before.isPresent()) {
                return before.get().isOf(kind.word(), wanted)
                        ? Asked.again(before.get().run())
                        : Asked.otherThanBefore();
            }
        }
        Optional<String> busy = waits ? Optional.empty() : busyWith(target);
        if (busy.isPresent()) {
            return Asked.busyWith(busy.get());
        }
        long wishes =
                journals.look(target, TargetState::waiting).stream()
                        .filter(event -> event.detail("schedule") == null)
                        .count();
        if (wishes >= MOST_WISHES) {
            return Asked.tooMany();
        }
        RunRequest request =
                new RunRequest(RunIds.next(clock.instant()), target, kind, order, null, null);
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("kind", kind.word());
        details.put("order", wanted);
        details.put("by", by);
        details.put("key", key);
        journals.write(target, journals.event(request.run(), JournalEvent.REQUESTED, details));
        mine.add(request.run());
        return Asked.accepted(request);
    }

    /**
     * Returns the run that a target is busy with, or that waits for it; empty: it is free. What the
     * journal says holds, as that is what callers are told: a run may be over while its turn is
     * not, and be taken in before it joins the queue. Only what was asked for by a command or by an
     * embedding application is in no journal before its turn. What was cut off is in nobody's way
     * while nobody is at it: it goes on in the turn of whatever comes next.
     */
    private Optional<String> busyWith(String target) {
        Optional<String> cutOff =
                journals.look(target, TargetState::unfinished).stream()
                        .map(events -> events.get(0).run())
                        .findFirst();
        Optional<String> written =
                cutOff.filter(run -> isSomebodyAt(target))
                        .or(
                                () ->
                                        waiting(target).stream()
                                                .filter(run -> !over.contains(run))
                                                .findFirst());
        return written.or(
                () ->
                        Optional.ofNullable(present.get(target)).stream()
                                .flatMap(
                                        there ->
                                                Stream.concat(
                                                        there.atWork().stream(),
                                                        there.waiting().stream()))
                                .filter(request -> !request.onlyGoesOn())
                                .map(request -> request.run() == null ? "" : request.run())
                                .filter(run -> !journals.look(target, state -> state.hasEnded(run)))
                                .findFirst());
    }

    private boolean isSomebodyAt(String target) {
        Present there = present.get(target);
        boolean here = there != null && !(there.waiting().isEmpty() && there.atWork().isEmpty());
        // Nothing of this process has the lock then, nor takes it meanwhile: it would have to join.
        return here || StateDirectory.isAtWork(config.stateDirectory(target));
    }

    private boolean isOf(String schedule, String target) {
        ScheduleConfig what = config.schedules().get(schedule);
        return what != null && config.isFor(what, target);
    }

    /** Returns the requests that wait in the queues, oldest first for each target. */
    synchronized List<RunRequest> waiting() {
        return present.values().stream()
                .flatMap(there -> there.waiting().stream())
                .filter(request -> !request.onlyGoesOn())
                .toList();
    }

    /** Returns the requests that have left their queue and were not given back. */
    synchronized List<RunRequest> atWork() {
        return present.values().stream()
                .flatMap(there -> there.atWork().stream())
                .filter(request -> !request.onlyGoesOn())
                .toList();
    }

    /**
     * Ends what waits for a target that is no longer in the configuration; {@link #tellWithdrawn}
     * tells of it, where it had backups or was promised any.
     *
     * @throws JournalException if its journal cannot be read or written; it is told of all the same
     */
    public synchronized void abandon(String target) {
        String why = "the target was taken out of the configuration";
        if (wasPromised(target)) {
            withdrawals.target(target);
        }
        journals.look(target, TargetState::waiting).forEach(event -> miss(target, event, why));
        for (String name : journals.look(target, TargetState::armed)) {
            disarm(name, target);
        }
    }

    private boolean wasPromised(String target) {
        try {
            return !journals.look(target, TargetState::armed).isEmpty()
                    || journals.standing(target).lastProven().isPresent();
        } catch (JournalException e) {
            withdrawals.target(target); // What cannot be read counts as promised.
            throw e;
        }
    }

    /** Tells of the targets that were abandoned, all of them at once. */
    public synchronized void tellWithdrawn() {
        withdrawals.tellTargets();
    }

    /**
     * Returns a request for each target of a schedule that fires.
     *
     * @param fireTime the time that it was to fire at; a schedule with two triggers, for days of
     *     the month and of the week, asks once where both fire
     */
    public synchronized List<RunRequest> requests(String schedule, Date fireTime) {
        List<RunRequest> requests = new ArrayList<>();
        for (String target : config.targetsOf(config.schedules().get(schedule))) {
            try {
                due(schedule, target, fireTime.toInstant(), true, null).ifPresent(requests::add);
            } catch (JournalException e) {
                // When it was due last is not known: too many backups are better than none.
                LOG.error("{}: {}", target, e.getMessage());
                requests.add(request(null, schedule, target, fireTime.toInstant()));
            }
        }
        return requests;
    }

    /**
     * Returns the request that a schedule has at a moment, if it has any.
     *
     * @param fires whether it fires at this moment, or the agent starts
     * @param left what had joined the queue of an agent that is no more; null: nothing
     */
    private Optional<RunRequest> due(
            String schedule, String target, Instant now, boolean fires, JournalEvent left) {
        ScheduleConfig what = config.schedules().get(schedule);
        CronSchedule cron = cron(what.cron(), what.zone());
        Optional<TargetState.Armed> armed = journals.look(target, state -> state.armed(schedule));
        Optional<Instant> last = journals.look(target, state -> state.lastDue(schedule));
        boolean changed = armed.filter(before -> isOf(before, cron)).isEmpty();
        Optional<Pause> pause =
                journals.look(target, state -> state.pause(schedule))
                        .filter(there -> !there.since().isAfter(now));
        // Nothing is missed from the pause on; it is in force anew when that ends.
        Instant until = pause.map(Pause::since).filter(now::isAfter).orElse(now);
        // What was promised until now is what the schedule was until now.
        CronSchedule promised =
                armed.filter(before -> changed).map(before -> read(before, cron)).orElse(cron);
        MissedRuns missed =
                armed.map(before -> latest(before.since(), last, now))
                        .map(after -> MissedRuns.between(promised, after, until))
                        .orElse(MissedRuns.NONE);
        Duration within = fires ? what.catchUp().within() : within(what, now);
        if (pause.isPresent()) {
            tellMissed(
                    schedule, target, missed, "nothing is made up for, as the schedule is paused");
            if (fires) {
                leaveOut(schedule, target, pause.get(), now);
            }
            return left == null ? Optional.empty() : goOn(schedule, target, left, within, now);
        }
        if (changed) {
            arm(schedule, target, cron);
            if (fires) {
                tellMissed(schedule, target, missed, "the next one is made now");
                return Optional.of(join(request(null, schedule, target, now)));
            }
        }
        if (missed.isCaughtUp(within, now)) {
            tellMissed(schedule, target, missed.butTheLast(promised), "the last one is made now");
            if (left != null) {
                miss(target, left, "a later run of the schedule takes its place");
            }
            return Optional.of(join(request(null, schedule, target, missed.last())));
        }
        tellMissed(schedule, target, missed, "it is too late to make the last one");
        return left == null ? Optional.empty() : goOn(schedule, target, left, within, now);
    }

    /**
     * Returns the request for the first backup of a target, where a schedule is to make it now:
     * one, and a FULL where several are to.
     *
     * @param before the schedules that the target had before: an edit starts nothing for those
     */
    private Optional<RunRequest> first(String target, Set<String> before) {
        if (markers.exists(target)) {
            return Optional.empty();
        }
        return config.schedules().entrySet().stream()
                .filter(one -> one.getValue().first() == First.AT_START)
                .filter(one -> isOf(one.getKey(), target))
                .filter(one -> handover.since() == null || !before.contains(one.getKey()))
                .map(Map.Entry::getKey)
                .filter(name -> journals.look(target, state -> state.pause(name)).isEmpty())
                .min(Comparator.comparing(name -> config.schedules().get(name).kind()))
                .map(name -> join(request(null, name, target, clock.instant())));
    }

    /** What falls due while the routes are exchanged is made whatever the schedule says of that. */
    private Duration within(ScheduleConfig schedule, Instant now) {
        Duration within = schedule.catchUp().within();
        Instant since = handover.since();
        if (since == null) {
            return within;
        }
        Duration gone = Duration.between(since, now).plus(SLACK);
        return gone.compareTo(within) > 0 ? gone : within;
    }

    private void leaveOut(String schedule, String target, Pause pause, Instant due) {
        Run.Draft draft = new Run.Draft();
        draft.id = ""; // There is none, and the journal says why.
        draft.target = target;
        draft.kind = RunKind.of(config.schedules().get(schedule).kind());
        draft.schedule = schedule;
        news.tell(
                listener ->
                        listener.noted(
                                draft.run(),
                                "the run due at %s is left out, as %s is paused since %s %s"
                                        .formatted(
                                                spoken(due),
                                                pause.schedule() == null
                                                        ? "target " + target
                                                        : "schedule " + schedule,
                                                spoken(pause.since()),
                                                pause.told())));
    }

    private Optional<RunRequest> goOn(
            String schedule, String target, JournalEvent left, Duration within, Instant now) {
        Instant due = TargetState.due(left).orElse(left.time());
        if (Duration.between(due, now).compareTo(within) > 0) {
            miss(target, left, "it is too late to make it");
            return Optional.empty();
        }
        mine.add(left.run());
        return Optional.of(request(left.run(), schedule, target, due));
    }

    /** A clock that was put back must not keep a schedule from being due. */
    private static Instant latest(Instant since, Optional<Instant> last, Instant now) {
        Instant latest = last.filter(due -> due.isAfter(since)).orElse(since);
        return latest.isAfter(now) ? now.minusMillis(1) : latest;
    }

    private CronSchedule cron(String text, ZoneId zone) {
        return CronSchedule.parse(text, zone == null ? config.zone() : zone);
    }

    private static boolean isOf(TargetState.Armed before, CronSchedule cron) {
        return cron.text().equals(before.cron()) && cron.zone().getId().equals(before.zone());
    }

    private static CronSchedule read(TargetState.Armed before, CronSchedule now) {
        try {
            return CronSchedule.parse(before.cron(), ZoneId.of(before.zone()));
        } catch (CronException | DateTimeException | NullPointerException e) {
            LOG.warn("The journal has a schedule that cannot be read: {}", before);
            return now;
        }
    }

    private void arm(String schedule, String target, CronSchedule cron) {
        journals.write(
                target,
                journals.event(
                        null,
                        JournalEvent.ARMED,
                        Map.of(
                                "schedule",
                                schedule,
                                "cron",
                                cron.text(),
                                "zone",
                                cron.zone().getId())));
    }

    /** Where it comes back one day, it has missed nothing meanwhile. */
    private void disarm(String schedule, String target) {
        journals.write(
                target, journals.event(null, JournalEvent.DISARMED, Map.of("schedule", schedule)));
    }

    private RunRequest request(String run, String schedule, String target, Instant due) {
        return RunRequest.bySchedule(
                run == null ? RunIds.next(clock.instant()) : run,
                target,
                config.schedules().get(schedule).kind(),
                schedule,
                due);
    }

    /** Writes down that a request was made, before it waits for its turn. */
    private RunRequest join(RunRequest request) {
        journals.write(request.target(), requested(request));
        mine.add(request.run());
        return request;
    }

    private JournalEvent requested(RunRequest request) {
        return journals.event(
                request.run(),
                JournalEvent.REQUESTED,
                Map.of(
                        "schedule",
                        request.schedule(),
                        "kind",
                        request.kind().word(),
                        "due",
                        request.due().toString()));
    }

    private void miss(String target, JournalEvent requested, String why) {
        Instant due = TargetState.due(requested).orElse(requested.time());
        Run run = Replay.of(target, List.of(requested));
        RunResult result =
                missed(run, "the run due at %s was not made: %s".formatted(spoken(due), why));
        journals.write(target, journals.event(run.id(), JournalEvent.ENDED, Runs.details(result)));
        news.tell(listener -> listener.ended(result));
    }

    private void tellMissed(String schedule, String target, MissedRuns missed, String what) {
        if (missed.count() == 0) {
            return;
        }
        RunRequest request = request(null, schedule, target, missed.last());
        JournalEvent requested = requested(request);
        String many = missed.count() == MissedRuns.MOST ? "at least " : "";
        RunResult result =
                missed(
                        Replay.of(target, List.of(requested)),
                        missed.count() == 1
                                ? "the run due at %s was not made, as the agent was not running; %s"
                                        .formatted(spoken(missed.last()), what)
                                : "%s%d runs due from %s to %s were not made, as the agent was not running; %s"
                                        .formatted(
                                                many,
                                                missed.count(),
                                                spoken(missed.first()),
                                                spoken(missed.last()),
                                                what));
        Map<String, Object> details = new LinkedHashMap<>(Runs.details(result));
        details.put("missed", missed.count());
        journals.write(
                target, requested, journals.event(request.run(), JournalEvent.ENDED, details));
        news.tell(listener -> listener.ended(result));
    }

    private RunResult missed(Run run, String reason) {
        return new RunResult(
                run.id(),
                run.target(),
                run.kind(),
                run.schedule(),
                null,
                null,
                Outcome.MISSED,
                Stage.BEGIN,
                reason,
                RunResult.Failure.OPERATION,
                run.startedAt(),
                clock.instant(),
                null,
                null,
                null);
    }

    private String spoken(Instant time) {
        return TIME.format(time.atZone(config.zone() == null ? ZoneOffset.UTC : config.zone()));
    }

    /**
     * Lets a request join the queue of its target, unless its schedule does not want it to.
     *
     * @return why it may not join; null: it has
     */
    public synchronized String refusal(RunRequest request) {
        Present there =
                present.computeIfAbsent(
                        request.target(),
                        target -> new Present(new ArrayList<>(), new ArrayList<>()));
        String schedule = request.schedule();
        if (schedule != null) {
            if (there.waiting().stream().anyMatch(other -> schedule.equals(other.schedule()))) {
                return "the run of schedule %s before this one still waits for %s"
                        .formatted(schedule, request.target());
            }
            boolean busy =
                    Stream.concat(there.waiting().stream(), there.atWork().stream())
                            // What goes on is no reason to skip: at the start that would be what
                            // was missed, of which was just said that it is made.
                            .anyMatch(other -> !other.onlyGoesOn());
            ScheduleConfig what = config.schedules().get(schedule);
            if (busy && what != null && what.overlap() == Overlap.SKIP) {
                return "another run is at work on " + request.target();
            }
        }
        there.waiting().add(request);
        return null;
    }

    /** A request has left the queue, and is worked on. */
    public synchronized void taken(RunRequest request) {
        Present there = present.get(request.target());
        if (there != null && there.waiting().remove(request)) {
            there.atWork().add(request);
        }
    }

    /** A request was worked on, or turned away. */
    public synchronized void done(RunRequest request) {
        if (mine.remove(request.run()) && isSaidToWait(request)) {
            over.add(request.run());
        }
        Present there = present.get(request.target());
        if (there != null) {
            there.atWork().remove(request);
        }
    }

    private boolean isSaidToWait(RunRequest request) {
        try {
            return waiting(request.target()).contains(request.run());
        } catch (JournalException e) {
            LOG.error("{}: {}", request.target(), e.getMessage());
            return true; // Nothing is done twice because of that.
        }
    }

    private List<String> waiting(String target) {
        return journals.look(target, TargetState::waiting).stream().map(JournalEvent::run).toList();
    }
}
