package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.api.ApiException;
import io.github.clickhousebackupagent.api.OperationStatus;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.config.Overlap;
import io.github.clickhousebackupagent.event.RunInterruptedException;
import io.github.clickhousebackupagent.event.RunSkippedException;
import io.github.clickhousebackupagent.event.RunSuspendedException;
import io.github.clickhousebackupagent.internal.chain.ProofException;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.journal.JournalLine;
import io.github.clickhousebackupagent.internal.marker.Markers;
import io.github.clickhousebackupagent.internal.order.Order;
import io.github.clickhousebackupagent.internal.order.Orders;
import io.github.clickhousebackupagent.internal.run.RunResult.Failure;
import io.github.clickhousebackupagent.internal.waiting.Backoff;
import io.github.clickhousebackupagent.internal.waiting.CallbackAddress;
import io.github.clickhousebackupagent.internal.waiting.Callbacks;
import io.github.clickhousebackupagent.internal.waiting.Patience;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The beginning and the end of runs, each a method that a route calls. A step takes the run as it
 * stands and returns it as it then stands. Thread-safe: the runs of one target follow each other,
 * those of many go on side by side.
 */
public final class Runs {

    /** How many of the runs of a target that are over are in memory. */
    public static final int RECENT = TargetHistory.RECENT;

    private static final Logger LOG = LogManager.getLogger(Runs.class);

    /** So much may a clock have been put back since a run got its id. */
    private static final Duration CLOCK = Duration.ofDays(1);

    /** No run waits for its turn for longer. */
    private static final Duration TURN_LIMIT = Duration.ofDays(8);

    private static final int REMEMBERED = 1000;
    private static final Duration AT_ONCE = Duration.ofMinutes(1);
    private static final Backoff TURN = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(10));

    private final AgentConfig config;
    private final Clock clock;
    private final Markers markers;
    private final Callbacks callbacks;
    private final CallbackAddress callbackAddress;
    private final News news;
    private final Journals journals;
    private final FileLocks locks;
    private final Handover handover;

    /** The last runs that were begun or ended here. */
    private final Set<String> known =
            Collections.synchronizedSet(
                    Collections.newSetFromMap(
                            new LinkedHashMap<>() {
                                @Override
                                protected boolean removeEldestEntry(
                                        Map.Entry<String, Boolean> eldest) {
                                    return size() > REMEMBERED;
                                }
                            }));

    /** Runs that are not over, or go on with other routes: callback token by id. */
    private final Map<String, String> atWork = new ConcurrentHashMap<>();

    private final Queue<RunRequest> notBegun = new ConcurrentLinkedQueue<>();
    private final Set<String> deletions = new HashSet<>();

    Runs(
            AgentConfig config,
            Clock clock,
            Callbacks callbacks,
            CallbackAddress callbackAddress,
            Journals journals,
            News news,
            Handover handover) {
        this.config = config;
        this.clock = clock;
        this.markers = new Markers(config);
        this.callbacks = callbacks;
        this.callbackAddress = callbackAddress;
        this.journals = journals;
        this.news = news;
        this.locks = new FileLocks(config::stateDirectory);
        this.handover = handover;
    }

    /** Returns the journal of a target. */
    public Journal journal(String target) {
        return journals.of(target);
    }

    /**
     * Returns how a target stands, as its journal tells it; of its backups, the latest ones.
     *
     * @throws JournalException if it cannot be read
     */
    public Standing standing(String target) {
        return journals.standing(target);
    }

    /**
     * Returns the runs of a target that ended last, the latest first. They are in memory.
     *
     * @param most how many at most; no more than {@link #RECENT} are there
     * @throws JournalException if its journal cannot be read
     */
    public List<RunResult> recent(String target, int most) {
        List<RunResult> recent = journals.recent(target);
        return recent.subList(0, Math.min(most, recent.size()));
    }

    /**
     * Looks in the journal of a target for the runs that ended last.
     *
     * @throws JournalException if it cannot be read
     */
    public void latest(String target, LatestRuns into) {
        LatestRuns.Backwards lines = into.of(target);
        journals.of(target).backwards(into.until(), lines::accept);
        lines.end();
    }

    /**
     * Returns the events of a run, the oldest first; empty: it is not one of this target. Of more
     * than {@value RunEvents#MOST} the first {@value RunEvents#FIRST} and the last ones.
     *
     * @param inTime is called again and again, and throws when it takes too long
     * @throws JournalException if the journal cannot be read
     */
    public List<JournalEvent> events(String target, String run, Runnable inTime) {
        byte[] id = run.getBytes(StandardCharsets.UTF_8);
        Optional<Instant> began = RunIds.time(run);
        // It has its id from right before its first event, but for one that waited for its turn.
        Instant from = began.map(time -> time.minus(CLOCK)).orElse(Instant.MIN);
        Instant until = began.map(time -> time.plus(TURN_LIMIT)).orElse(Instant.MAX);
        AtomicBoolean there = new AtomicBoolean();
        journals.of(target)
                .between(
                        from,
                        until,
                        line -> {
                            inTime.run();
                            there.set(there.get() || line.contains(id));
                            return !there.get();
                        });
        RunEvents events = new RunEvents();
        if (there.get()) {
            journals.of(target)
                    .between(from, Instant.MAX, line -> add(line, run, id, events, inTime));
        }
        return events.told();
    }

    /** Returns whether there may be more of the run. */
    private static boolean add(
            JournalLine line, String run, byte[] id, RunEvents events, Runnable inTime) {
        inTime.run();
        if (!line.contains(id)) {
            return true;
        }
        Optional<JournalEvent> event = line.event().filter(one -> run.equals(one.run()));
        event.ifPresent(one -> events.add(one, line.size()));
        return event.filter(one -> JournalEvent.ENDED.equals(one.event())).isEmpty();
    }

    /**
     * Returns how a run ended; empty: it is not one of this target that is over.
     *
     * @param inTime is called again and again, and throws when it takes too long
     * @throws JournalException if the journal cannot be read
     */
    public Optional<RunResult> over(String target, String run, Runnable inTime) {
        return Optional.of(events(target, run, inTime))
                .filter(RunHistory::isOver)
                .map(events -> RunHistory.result(events, target));
    }

    /**
     * Returns what there is to count and to measure of a target.
     *
     * @throws JournalException if its journal cannot be read
     */
    public TargetFigures figures(String target) {
        return journals.figures(target);
    }

    /** Returns the events that asked for runs at a target which have not had their turn. */
    public List<JournalEvent> waiting(String target) {
        return journals.look(target, TargetState::waiting);
    }

    /** Returns the run that a request is to become, which has not begun. */
    public Run prepare(RunRequest request) {
        Instant now = clock.instant();
        Run.Draft draft = new Run.Draft();
        draft.id = request.run() == null ? RunIds.next(now) : request.run();
        draft.target = request.target();
        draft.kind = request.kind();
        draft.order = request.order();
        draft.backup = request.order() == null ? null : request.order().backup();
        draft.schedule = request.schedule();
        draft.due = request.due();
        draft.startedAt = now;
        draft.stageStartedAt = now;
        return draft.run();
    }

    /**
     * Tries to have the target for this run alone, over all processes on this machine. Waits a
     * little where that fails.
     *
     * @return the run, locked if it has its turn now
     * @throws RunSkippedException if another process is at work on the target, and the run is not
     *     to wait or has waited long enough
     * @throws RunSuspendedException if the agent stops
     * @throws UncheckedIOException if the target cannot be locked
     */
    public Run takeTurn(Run run) {
        if (callbacks.closed()) {
            throw new RunSuspendedException(callbacks.why() + " before it was its turn");
        }
        if (locks.take(run.target())) {
            return run.with(
                    draft -> {
                        draft.locked = true;
                        draft.patience = null;
                        draft.startedAt = clock.instant();
                    });
        }
        String holder = "another agent or command is at work on " + run.target();
        boolean onlyGoesOn = run.kind() == null;
        boolean waits =
                onlyGoesOn
                        || isPromised(run)
                        || run.schedule() != null
                                && config.schedules().containsKey(run.schedule())
                                && config.schedules().get(run.schedule()).overlap() == Overlap.WAIT;
        if (!waits) {
            throw new RunSkippedException(holder);
        }
        Instant now = clock.instant();
        Duration limit = config.limits().busy();
        Patience patience = Patience.after(run.patience(), now);
        if (patience.isOver(limit, now)) {
            throw new RunSkippedException(holder + ", since " + Durations.format(limit));
        }
        if (patience.tries() == 1) {
            news.tell(listener -> listener.warned(run, holder + "; it waits for its turn"));
        }
        callbacks.sleep(TURN.pause(patience.tries()));
        return run.with(patience);
    }

    /** Gives the target back. */
    public void leave(String target) {
        locks.release(target);
    }

    /**
     * Returns the runs that were cut off by the end of the agent or command that they were in, the
     * oldest first. To be called by whoever has the target for itself.
     *
     * @throws JournalException if the journal cannot be read: then nothing new may be begun
     */
    public List<Run> unfinished(String target) {
        return journals.look(target, TargetState::unfinished).stream()
                .map(events -> Replay.of(target, events))
                .map(run -> run.with(draft -> draft.locked = true))
                .toList();
    }

    /**
     * Begins a run, or goes on with one that was cut off.
     *
     * @throws RunSuspendedException if the agent stops
     * @throws RunInterruptedException if it cannot go on
     * @throws RefusedException if what was ordered is nothing that may be done
     * @throws JournalException if it cannot be written down
     */
    public Run begin(Run prepared) {
        synchronized (deletions) {
            if (callbacks.closed()) {
                throw new RunSuspendedException(callbacks.why() + " before it began");
            }
            if (prepared.kind() == RunKind.DELETE) {
                deletions.add(prepared.id());
            }
        }
        if (prepared.resumed()) {
            return reachable(resume(prepared));
        }
        // Whoever took it in has looked, unless that was an agent of before.
        Optional.ofNullable(prepared.order())
                .flatMap(Order::fault)
                .ifPresent(
                        fault -> {
                            throw new RefusedException(List.of(fault.told()));
                        });
        journals.write(prepared.target(), begun(prepared));
        Run begun = reachable(prepared.with(draft -> draft.begun = true));
        news.tell(listener -> listener.begun(begun));
        return begun;
    }

    private Run reachable(Run run) {
        String before = handover.token(run.id());
        String token = before == null || before.isEmpty() ? null : before;
        if (token == null) {
            token = callbacks.open(run.target());
        } else {
            callbacks.open(run.target(), token);
        }
        String opened = token;
        atWork.put(run.id(), opened);
        known.add(run.id());
        String url =
                callbackAddress
                        .towards(config.targets().get(run.target()).url())
                        .map(address -> address + opened)
                        .orElse(null);
        Run reachable =
                run.with(
                        draft -> {
                            draft.callbackToken = opened;
                            draft.callbackUrl = url;
                        });
        Optional<String> calledAt = journals.look(run.target(), TargetState::calledAt);
        if (url != null && calledAt.filter(reachable.callbackAddress()::equals).isPresent()) {
            callbacks.callsBack(run.target());
        }
        return reachable;
    }

    private Run resume(Run run) {
        journals.write(run, JournalEvent.RESUMED, Map.of("stage", run.stage().word()));
        if (run.kind() == null || run.order() == null && !run.kind().makesBackup()) {
            throw new RunInterruptedException("the journal does not say what it was to do");
        }
        // An edit is over in a moment: whoever agreed to it is still there, and things as they
        // were.
        boolean atOnce = handover.token(run.id()) != null;
        boolean nothingAsked = run.stage().isBeforeChanges();
        if (nothingAsked && nobodyWaits(run) && !atOnce) {
            throw new RunInterruptedException(
                    "the command ended before the server was asked for anything");
        }
        if (run.kind() == RunKind.DELETE) {
            // What was agreed to was agreed to as things were then.
            throw new RunInterruptedException(
                    "the deletion was cut off when %d of %d backups were still there; those are left, but for one that the server may be at"
                            .formatted(run.left().size(), run.delete().names().size()));
        }
        boolean destroys = run.kind() == RunKind.RESTORE && run.order().destroys();
        // Hours may pass until it has its turn, and what was agreed to was agreed to as things
        // were.
        boolean agreed =
                atOnce
                        && Duration.between(handover.since(), clock.instant()).compareTo(AT_ONCE)
                                < 0;
        if (destroys && !agreed && !(run.stage() == Stage.RESTORE && run.operation() != null)) {
            throw new RunInterruptedException(
                    "the restore was cut off before it was begun; the tables are as they were, and what was agreed to was agreed to as they were then");
        }
        boolean looksAtMarker = !nothingAsked && run.kind().makesBackup();
        String marker = looksAtMarker ? markers.read(run.target()).orElse(null) : null;
        boolean movedByOthers =
                marker != null && !marker.equals(run.marker()) && !marker.equals(run.backup());
        if (movedByOthers) {
            throw new RunInterruptedException(
                    "the marker was moved to " + marker + " in the meantime");
        }
        news.tell(listener -> listener.resumed(run));
        if (run.operation() == null || !run.operation().inProgress()) {
            return run;
        }
        // It may have ended meanwhile: the server is asked before the limit is looked at.
        return run.with(run.operation().as(OperationStatus.IN_DOUBT));
    }

    /** Returns the run in a stage; one that was cut off in that stage is left as it stands. */
    public Run enter(Run run, Stage stage) {
        if (run.stage() == stage) {
            return run;
        }
        Run entered = run.at(stage, clock.instant());
        news.tell(listener -> listener.entered(entered));
        return entered;
    }

    /** Ends a run with success. */
    public RunResult succeed(Run run) {
        return end(run, Outcome.SUCCESS, null, null);
    }

    /** Ends a run that was not begun, as it would have been in the way of another. */
    public RunResult skip(Run run, Exception reason) {
        return end(run, Outcome.SKIPPED, Failure.BUSY, Causes.telling(reason).getMessage());
    }

    /** Ends a request as skipped that may not join the queue. */
    public RunResult turnAway(RunRequest request, String reason) {
        return end(prepare(request), Outcome.SKIPPED, Failure.BUSY, reason);
    }

    /** Ends a run that was cut off and cannot go on. */
    public RunResult interrupt(Run run, Exception reason) {
        return end(
                run, Outcome.INTERRUPTED, Failure.OPERATION, Causes.telling(reason).getMessage());
    }

    /** Ends a run with failure. */
    public RunResult fail(Run run, Exception reason) {
        Exception telling = Causes.telling(reason);
        return end(run, Outcome.FAILED, failure(telling), explain(run, telling));
    }

    /**
     * Leaves a run as it stands, as the agent stops: the next start goes on with it. One that was
     * asked for by hand and has asked the server for nothing ends here: whoever wanted it is gone.
     */
    public RunResult suspend(Run run, Exception reason) {
        String why = Causes.telling(reason).getMessage();
        boolean edited = callbacks.edited();
        if (edited && run.kind() != null && !run.begun()) {
            notBegun.add(
                    new RunRequest(
                            run.id(),
                            run.target(),
                            run.kind(),
                            run.order(),
                            run.schedule(),
                            run.due()));
            return result(run, Outcome.INTERRUPTED, Failure.OPERATION, why);
        }
        boolean nobodyThere = run.stage().isBeforeChanges() && nobodyWaits(run);
        if (run.kind() != null && nobodyThere && !edited) {
            return end(run, Outcome.INTERRUPTED, Failure.OPERATION, why);
        }
        closeCallbacks(run);
        if (journals.closed()) {
            return result(run, Outcome.INTERRUPTED, Failure.OPERATION, why);
        }
        if (run.begun()) {
            try {
                journals.write(
                        run,
                        JournalEvent.SUSPENDED,
                        Map.of("stage", run.stage().word(), "reason", why));
            } catch (JournalException e) {
                // The journal says all the same that it is not over.
                LOG.error("That run {} was suspended is not in the journal", run.id(), e);
            }
            news.tell(listener -> listener.suspended(run, why, edited));
        }
        return result(run, Outcome.INTERRUPTED, Failure.OPERATION, why);
    }

    /** Whoever asked by a command has gone with it; to others a run was promised. */
    private boolean nobodyWaits(Run run) {
        return run.schedule() == null && !isPromised(run);
    }

    /** Somebody asked for it, and was answered that it is made. */
    private boolean isPromised(Run run) {
        return run.schedule() == null
                && journals.look(run.target(), state -> state.isPromised(run.id()));
    }

    private RunResult end(Run run, Outcome outcome, Failure failure, String reason) {
        RunResult result = result(run, outcome, failure, reason);
        closeCallbacks(run);
        known.add(run.id());
        atWork.remove(run.id());
        handover.ended(run.id());
        synchronized (deletions) {
            deletions.remove(run.id());
        }
        if (journals.closed()) {
            LOG.info("{}: what run {} came to does not count: {}", run.target(), run.id(), reason);
            return result;
        }
        if (run.kind() == null && !run.resumed()) {
            // It was only to go on with what was cut off, which is another run.
            LOG.warn("{}: what was cut off does not go on: {}", run.target(), reason);
            return result;
        }
        JournalEvent ended = journals.event(run.id(), JournalEvent.ENDED, details(result));
        try {
            if (run.begun()) {
                journals.write(run.target(), ended);
            } else {
                // At once: another process must not find a run that nobody works on.
                journals.write(run.target(), begun(run), ended);
            }
        } catch (JournalException e) {
            // What happened has happened, and somebody must hear of it: told below all the same.
            LOG.error("The outcome of run {} is not in the journal: {}", run.id(), e.getMessage());
        }
        news.tell(listener -> listener.ending(run));
        news.tell(listener -> listener.ended(result));
        return result;
    }

    /**
     * Lets the runs come to a stop where they can go on at once with other routes.
     *
     * @return false if one of them must end before, and none was stopped: a deletion, as what is
     *     left of it would have to be agreed to again
     */
    public boolean stopForEdit() {
        synchronized (deletions) {
            if (!deletions.isEmpty()) {
                return false;
            }
            callbacks.closeForEdit();
            return true;
        }
    }

    /**
     * Returns the runs that are not over, those too that wait for an answer and could not be
     * stopped: callback token by id.
     */
    Map<String, String> atWork() {
        return Map.copyOf(atWork);
    }

    /** Returns whether a run was begun or ended here, not too many runs ago. */
    boolean hasBegun(String run) {
        return known.contains(run);
    }

    /** Returns the requests that had left the queue, and have not begun. */
    List<RunRequest> notBegun() {
        return List.copyOf(notBegun);
    }

    /** What is still at work here has no effect any more, and no target to itself. */
    public void close() {
        journals.close();
        locks.releaseAll();
    }

    /**
     * Ends what is unfinished at a target that is no longer in the configuration.
     *
     * @throws JournalException if its journal cannot be read or written
     */
    public void abandon(String target) {
        if (!locks.take(target)) {
            LOG.warn(
                    "{}: another agent or command is at work there, and ends what it began",
                    target);
            return;
        }
        try {
            for (RunRequest request : handover.take(target)) {
                if (request.schedule() == null && !request.onlyGoesOn()) {
                    end(
                            prepare(request),
                            Outcome.INTERRUPTED,
                            Failure.OPERATION,
                            "the target was taken out of the configuration");
                }
            }
            for (Run run : unfinished(target)) {
                end(
                        run,
                        Outcome.INTERRUPTED,
                        Failure.OPERATION,
                        "the target was taken out of the configuration; the server goes on with what it does");
            }
        } finally {
            locks.release(target);
        }
    }

    private void closeCallbacks(Run run) {
        if (run.callbackToken() != null) {
            callbacks.close(run.callbackToken());
        }
    }

    private JournalEvent begun(Run run) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("target", run.target());
        details.put("kind", run.kind().word());
        details.put("schedule", run.schedule());
        details.put("due", run.due() == null ? null : run.due().toString());
        details.put("order", run.order() == null ? null : Orders.toMap(run.order()));
        return journals.event(run.id(), JournalEvent.BEGUN, details);
    }

    private RunResult result(Run run, Outcome outcome, Failure failure, String reason) {
        return new RunResult(
                run.id(),
                run.target(),
                run.kind(),
                run.schedule(),
                run.order() == null ? run.backup() : run.order().backup(),
                run.base() == null ? null : run.base().name(),
                outcome,
                run.stage(),
                reason,
                failure,
                run.startedAt(),
                clock.instant(),
                run.proof() == null ? null : run.proof().size(),
                run.proof() == null ? null : run.proof().chainLength(),
                run.summary());
    }

    static Map<String, Object> details(RunResult result) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("outcome", result.outcome().word());
        details.put("stage", result.stage().word());
        details.put("reason", result.reason());
        details.put("summary", result.summary());
        details.put("failure", result.failure() == null ? null : result.failure().word());
        return details;
    }

    private static Failure failure(Exception reason) {
        if (reason instanceof ApiException api) {
            return api.kind() == ApiException.Kind.LOCKED ? Failure.BUSY : Failure.OPERATION;
        }
        if (Causes.isOfNetwork(reason)) {
            return Failure.UNREACHABLE;
        }
        if (reason instanceof RefusedException) {
            return Failure.REFUSED;
        }
        return reason instanceof ProofException ? Failure.NOT_PROVEN : Failure.OPERATION;
    }

    private String explain(Run run, Exception reason) {
        return Causes.explain(reason, config.targets().get(run.target()).url());
    }

    /** Tells the listeners what the API answered. */
    public void answered(Run run, String target, String call, int status, String body) {
        news.tell(listener -> listener.answered(run, target, call, status, body));
    }
}
