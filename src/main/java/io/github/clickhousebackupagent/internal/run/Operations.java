package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.api.Acknowledgement;
import io.github.clickhousebackupagent.api.ActionRow;
import io.github.clickhousebackupagent.api.ApiAnswers;
import io.github.clickhousebackupagent.api.ApiException;
import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.api.Operation;
import io.github.clickhousebackupagent.api.OperationStatus;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.config.LimitsConfig;
import io.github.clickhousebackupagent.config.WhenExceeded;
import io.github.clickhousebackupagent.event.RunSuspendedException;
import io.github.clickhousebackupagent.internal.chain.Backups;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.waiting.Backoff;
import io.github.clickhousebackupagent.internal.waiting.Callbacks;
import io.github.clickhousebackupagent.internal.waiting.Callbacks.Wake;
import io.github.clickhousebackupagent.internal.waiting.Pace;
import io.github.clickhousebackupagent.internal.waiting.Patience;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a server does for a run: asked for, followed, found out about after it was lost, tried
 * again. Each step is a method that a route calls with what the API answered; it takes the run as
 * it stands and returns it as it then stands. Thread-safe.
 *
 * <p>An operation is wanted, then in doubt from before it is asked for until the server's answer,
 * then in progress, then over. It is in doubt again when the server no longer knows of it. Nothing
 * is ever asked for while anything is in doubt or in progress.
 */
public final class Operations {

    private static final Backoff BUSY = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));

    /** How often a server is asked that shows no sign of an operation. */
    private static final int SETTLE_QUESTIONS = 5;

    private final AgentConfig config;
    private final Clock clock;
    private final Callbacks callbacks;
    private final BackupSteps steps;
    private final Journals journals;
    private final News news;
    private final ApiAnswers answers = new ApiAnswers();

    Operations(
            AgentConfig config,
            Clock clock,
            Callbacks callbacks,
            BackupSteps steps,
            Journals journals,
            News news) {
        this.config = config;
        this.clock = clock;
        this.callbacks = callbacks;
        this.steps = steps;
        this.journals = journals;
        this.news = news;
    }

    /** Returns the run with the operation of its stage, wanted if there is none yet. */
    public Run want(Run run) {
        return run.operation() != null ? run : run.with(fresh(run));
    }

    private Operation fresh(Run run) {
        return run.stage() == Stage.DELETE
                ? Operation.deletion(
                        "delete %s %s".formatted(run.deletesFrom(), run.backup()),
                        run.backup(),
                        clock.instant())
                : Operation.of(run.stage().word(), run.backup(), clock.instant());
    }

    /**
     * Takes in what the server does now, before an operation is asked for.
     *
     * @param rows what the server works on
     * @return the run, idle if the operation may be asked for, or is not to be asked for any more
     * @throws ApiException with {@link ApiException.Kind#LOCKED} if the server is busy for too long
     * @throws RunSuspendedException if the agent stops
     */
    public Run awaitIdle(Run run, List<ActionRow> rows) {
        boolean asked = run.tries() > 0;
        // What goes on before it was ever asked for is somebody else's.
        if (asked && run.operation().in(rows).isPresent()) {
            // A server that was restarted has begun it by itself.
            return follow(run, rows).with(draft -> draft.idle = true);
        }
        if (asked && rows.stream().anyMatch(row -> row.inProgress() && row.resumed())) {
            // It was restarted, and goes on with one upload after the other: ours may be next.
            return run.with(
                    draft -> {
                        draft.operation = run.operation().as(OperationStatus.IN_DOUBT);
                        draft.idle = true;
                    });
        }
        // A list is no hindrance, unless the server has just refused for it: while ClickHouse is
        // down, a list of 2.8 goes on until it is back.
        boolean refused = run.patience() != null;
        return answers.busyWith(rows, refused)
                .map(
                        command ->
                                waitForLock(
                                        run, "another operation is currently running: " + command))
                .orElseGet(() -> run.with(draft -> draft.idle = true));
    }

    private Run waitForLock(Run run, String what) {
        Instant now = clock.instant();
        Patience patience = Patience.after(run.patience(), now);
        Duration limit = config.limits().busy();
        if (patience.isOver(limit, now)) {
            throw new ApiException(
                    ApiException.Kind.LOCKED, what + ", after " + Durations.format(limit));
        }
        if (patience.tries() == 1) {
            news.tell(listener -> listener.warned(run, what + "; it waits"));
        }
        sleep(run, BUSY.pause(patience.tries()));
        return run.with(patience);
    }

    /**
     * Takes note of what the server has done under the same name before: it must not be taken for
     * what is about to be asked for.
     *
     * @param rows those with the backup's name
     */
    public Run remember(Run run, List<ActionRow> rows) {
        return run.with(run.operation().after(rows));
    }

    /**
     * Writes down that the operation is about to be asked for.
     *
     * @throws RunSuspendedException if the agent stops: nothing new is begun then
     */
    public Run announce(Run run) {
        if (callbacks.closed()) {
            throw new RunSuspendedException(
                    callbacks.why()
                            + " before the %s of %s"
                                    .formatted(run.operation().verb(), run.backup()));
        }
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("operation", run.operation().verb());
        details.put("backup", run.backup());
        if (run.stage() == Stage.UPLOAD && run.base().present()) {
            details.put("base", run.base().name());
            details.put("base-is-local", run.base().local());
        }
        if (run.stage() == Stage.DELETE) {
            details.put("place", run.deletesFrom());
        }
        if (run.operation().earlier() > 0) {
            details.put("earlier", run.operation().earlier());
        }
        journals.write(run, JournalEvent.OPERATION_ANNOUNCED, details);
        if (run.callbackUrl() != null && run.stage() != Stage.DELETE) {
            callbacks.expect(run.callbackToken());
        }
        return run.with(
                draft -> {
                    draft.operation = run.operation().announced(clock.instant());
                    draft.idle = false;
                    draft.tries++;
                });
    }

    /**
     * Takes in that the server has begun the operation.
     *
     * @throws ApiException if the answer acknowledges anything else
     */
    public Run acknowledged(Run run, Acknowledgement answer) {
        answers.acknowledges(run.operation().verb(), run.backup(), answer);
        if (run.stage() == Stage.DELETE) {
            // It answers when it is done.
            return ended(run, run.operation().as(OperationStatus.SUCCESS), "success");
        }
        Operation operation = run.operation().acknowledged(answer.operationId());
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("operation", operation.verb());
        details.put("operation-id", operation.id());
        journals.write(run, JournalEvent.OPERATION_ACKNOWLEDGED, details);
        Run started =
                run.with(
                        draft -> {
                            draft.operation = operation;
                            draft.patience = null;
                            draft.unacknowledged = null;
                            draft.quiet = null;
                        });
        news.tell(listener -> listener.operationStarted(started));
        return started;
    }

    /**
     * Takes in that there was no acknowledgement.
     *
     * @param reason why
     * @return the run, its operation still wanted if the server did not take it on, else in doubt
     * @throws Exception the reason, if trying again is no use
     */
    public Run notAcknowledged(Run run, Exception reason) throws Exception {
        Exception telling = Causes.telling(reason);
        Instant now = clock.instant();
        Patience unacknowledged = Patience.after(run.unacknowledged(), now);
        if (Causes.isOfConnecting(telling)) {
            // Nothing reached the server. The next question waits until it is back.
            if (unacknowledged.isOver(config.limits().outage(), now)) {
                throw telling;
            }
            sleep(run, BUSY.pause(unacknowledged.tries()));
            return run.with(
                    draft -> {
                        draft.operation = run.operation().as(OperationStatus.WANTED);
                        draft.unacknowledged = unacknowledged;
                    });
        }
        if (telling instanceof ApiException api) {
            if (api.kind() == ApiException.Kind.LOCKED) {
                return waitForLock(run, api.getMessage())
                        .with(
                                draft -> {
                                    draft.operation = run.operation().as(OperationStatus.WANTED);
                                    draft.unacknowledged = null;
                                });
            }
            if (!api.mayPass()) {
                throw telling;
            }
        } else if (!Causes.isOfNetwork(telling)) {
            throw telling;
        }
        String why = explain(run, telling);
        news.tell(
                listener ->
                        listener.warned(
                                run,
                                "whether the server took on the %s is not known (%s); it is found out"
                                        .formatted(run.operation().verb(), why)));
        return run.with(
                draft -> {
                    draft.operation = run.operation().ended(OperationStatus.IN_DOUBT, why);
                    draft.unacknowledged = unacknowledged;
                });
    }

    /**
     * Waits before the next question: until the pause is over or the server calls back.
     *
     * @return the run, to be killed if it has exceeded its limit
     * @throws RunSuspendedException if the agent stops
     * @throws OperationFailedException if the operation takes longer than its limit, and is not to
     *     be killed
     */
    public Run pause(Run run) {
        Operation operation = run.operation();
        Duration elapsed = Duration.between(operation.since(), clock.instant());
        LimitsConfig limits = config.limitsOf(run.target());
        Duration limit = limit(run, limits);
        if (elapsed.compareTo(limit) >= 0) {
            String late =
                    "the server still works on %s %s after the limit of %s"
                            .formatted(operation.verb(), run.backup(), Durations.format(limit));
            // A server marks a restore or a deletion as cancelled, and goes on with it all the
            // same.
            boolean canBeKilled = run.stage() != Stage.RESTORE && run.stage() != Stage.DELETE;
            if (limits.whenExceeded() == WhenExceeded.FAIL
                    || run.kill() == Kill.ASKED
                    || !canBeKilled) {
                throw new OperationFailedException(late);
            }
            news.tell(listener -> listener.warned(run, late + "; it is killed"));
            return run.with(draft -> draft.kill = Kill.DUE);
        }
        Run told = warnIfLate(run, elapsed, limit);
        // What a server began by itself, after its restart, ends without a call.
        Pace pace = operation.resumed() ? callbacks.asking() : callbacks.pace(run.callbackToken());
        Duration pause = pace.pause(elapsed);
        Duration left = (told.warned() ? limit : limit.dividedBy(2)).minus(elapsed);
        Wake wake = callbacks.pause(run.callbackToken(), pause.compareTo(left) < 0 ? pause : left);
        if (wake == Wake.STOP) {
            throw new RunSuspendedException(
                    callbacks.why()
                            + "; the server goes on with %s %s"
                                    .formatted(operation.verb(), run.backup()));
        }
        if (wake == Wake.TIME) {
            news.tell(listener -> listener.waiting(told, elapsed));
        }
        return told;
    }

    private Run warnIfLate(Run run, Duration elapsed, Duration limit) {
        if (run.warned() || elapsed.compareTo(limit.dividedBy(2)) < 0) {
            return run;
        }
        news.tell(
                listener ->
                        listener.warned(
                                run,
                                "the server has worked on the %s for %s, half of its limit"
                                        .formatted(
                                                run.operation().verb(),
                                                Durations.spoken(elapsed))));
        return run.with(draft -> draft.warned = true);
    }

    static Duration limit(Run run, LimitsConfig limits) {
        Duration limit =
                switch (run.stage()) {
                    case CREATE -> limits.create();
                    case DOWNLOAD -> limits.download();
                    case RESTORE -> limits.restore();
                    case DELETE -> limits.delete();
                    default -> limits.upload();
                };
        // A kill takes a moment, too.
        return run.kill() == Kill.ASKED ? limit.plus(limits.list()) : limit;
    }

    /** Writes down that the server is about to be told to kill the operation. */
    public Run announceKill(Run run) {
        journals.write(
                run, JournalEvent.KILL_ANNOUNCED, Map.of("operation", run.operation().verb()));
        return run.with(draft -> draft.kill = Kill.ASKED);
    }

    /**
     * Writes down that a server is about to be told, by hand, to kill a command.
     *
     * @param command as the server lists it
     * @param by who asked for that; null: a command on this machine
     * @return the command as a part of a query
     */
    public String announceKill(String target, String command, String by) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("command", command);
        details.put("by", by);
        journals.write(target, journals.event(null, JournalEvent.KILL_ANNOUNCED, details));
        return Operation.encoded(command);
    }

    /**
     * Takes in that the server would not kill the operation, which is then followed as before.
     *
     * @param reason what it said
     */
    public void notKilled(Run run, Exception reason) {
        String why = explain(run, Causes.telling(reason));
        news.tell(listener -> listener.warned(run, "it could not be killed: " + why));
    }

    /**
     * Takes in what the server says of its operations.
     *
     * @param rows those with the backup's name
     * @throws ApiException if it says what is not understood
     */
    public Run follow(Run run, List<ActionRow> rows) {
        Operation before = run.operation();
        Operation operation = before.follow(rows);
        if (operation.inDoubt()) {
            if (before.inProgress()) {
                news.tell(
                        listener ->
                                listener.warned(
                                        run,
                                        "the server no longer knows of the %s; it may have been restarted"
                                                .formatted(operation.verb())));
            }
            return run.with(operation);
        }
        if (operation.inProgress()) {
            if (!before.inProgress()) {
                news.tell(
                        listener ->
                                listener.noted(
                                        run, "the server goes on with the " + operation.verb()));
            }
            return run.with(
                    draft -> {
                        draft.operation = operation;
                        draft.patience = null;
                        draft.unacknowledged = null;
                        draft.quiet = null;
                    });
        }
        boolean called = callbacks.ended(run.callbackToken());
        operation
                .in(rows)
                .ifPresent(
                        row ->
                                news.tell(
                                        listener ->
                                                listener.answered(
                                                        run,
                                                        run.target(),
                                                        "GET /backup/actions",
                                                        200,
                                                        answers.json(row))));
        if (operation.unsettled()) {
            return run.with(operation);
        }
        return ended(
                run, operation, operation.status().word(), called ? run.callbackAddress() : null);
    }

    private Run ended(Run run, Operation operation, String word) {
        return ended(run, operation, word, null);
    }

    /**
     * @param calledAt where the server called back; null: it did not
     */
    private Run ended(Run run, Operation operation, String word, String calledAt) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("operation", operation.verb());
        details.put("status", word);
        details.put("error", operation.error());
        details.put("called-at", calledAt);
        journals.write(run, JournalEvent.OPERATION_ENDED, details);
        Run over =
                run.with(
                        draft -> {
                            draft.operation = operation;
                            draft.patience = null;
                            draft.quiet = null;
                            draft.failures += operation.succeeded() || operation.lost() ? 0 : 1;
                        });
        if (operation.succeeded()) {
            news.tell(listener -> listener.operationSucceeded(over));
        }
        return over;
    }

    /**
     * Looks for any sign of an operation that is in doubt, and waits a little where there is none.
     * A server that was restarted resumes an upload only some time after it answers again, and
     * gives that up if it is busy with anything then, be it a list that we asked for.
     *
     * @param rows what the server works on
     * @return the run, its operation unseen if the server was quiet for {@code limits.settle}
     * @throws RunSuspendedException if the agent stops
     */
    public Run listen(Run run, List<ActionRow> rows) {
        Optional<String> busyWith = answers.busyWith(rows, false);
        if (busyWith.isPresent()) {
            return waitForLock(
                    run.with(draft -> draft.quiet = null),
                    "another operation is currently running: " + busyWith.get());
        }
        Instant now = clock.instant();
        Patience quiet = Patience.after(run.quiet(), now);
        Run listening = run.with(draft -> draft.quiet = quiet);
        if (quiet.tries() > 1 && quiet.isOver(config.limits().settle(), now)) {
            return listening.with(
                    run.operation().ended(OperationStatus.UNSEEN, run.operation().error()));
        }
        sleep(run, config.limits().settle().dividedBy(SETTLE_QUESTIONS));
        return listening;
    }

    /**
     * Settles by the list what became of a create of which the server shows no sign.
     *
     * @param local what is on its disk
     */
    public Run settleCreate(Run run, List<BackupItem> local) {
        return settle(run, new Backups(local).hasWhole(run.backup()), "local");
    }

    /**
     * Settles by the lists what became of an upload of which the server shows no sign.
     *
     * @param remote what is on remote storage
     */
    public Run settleUpload(Run run, List<BackupItem> remote) {
        return settle(run, new Backups(remote).hasWhole(run.backup()), "remote");
    }

    /**
     * Settles by the list what became of a download of which the server shows no sign.
     *
     * @param local what is on its disk
     */
    public Run settleDownload(Run run, List<BackupItem> local) {
        return settle(run, new Backups(local).hasWhole(run.backup()), "local");
    }

    /**
     * Settles what became of a restore of which the server shows no sign: nothing tells, and a
     * second one may double what the first has brought back.
     *
     * @throws OperationFailedException always
     */
    public Run settleRestore(Run run) {
        throw new OperationFailedException(
                "the server does not show the restore, as after its restart%s; how much of %s came back is not known: look at the tables, then restore again with --replace"
                        .formatted(
                                run.operation().error() == null
                                        ? ""
                                        : " (" + run.operation().error() + ")",
                                run.backup()));
    }

    /**
     * Settles by the list what became of a deletion of which the server shows no sign.
     *
     * @param there what is in the place that it was to be deleted from
     */
    public Run settleDelete(Run run, List<BackupItem> there) {
        String place = run.deletesFrom();
        // An empty list with an error beside it: the storage may be out of reach.
        boolean knows = !there.isEmpty() || run.operation().error() == null;
        boolean gone = knows && !new Backups(there).has(run.backup());
        return settled(
                run,
                gone,
                "the %s list %s %s"
                        .formatted(
                                place,
                                gone
                                        ? "no longer has"
                                        : knows ? "still has" : "is empty, and may not tell of",
                                run.backup()));
    }

    private Run settle(Run run, boolean isThere, String where) {
        return settled(
                run,
                isThere,
                "the %s list %s %s"
                        .formatted(where, isThere ? "has" : "does not have", run.backup()));
    }

    private Run settled(Run run, boolean isDone, String what) {
        Operation operation = run.operation();
        if (isDone) {
            String but =
                    operation.error() == null
                            ? ""
                            : ", although the server says: " + operation.error();
            news.tell(listener -> listener.noted(run, what + ": it came to its end" + but));
            return ended(run, operation.as(OperationStatus.SUCCESS), "success");
        }
        if (operation.status() == OperationStatus.DISPUTED && !operation.resumed()) {
            return ended(
                    run,
                    operation.ended(OperationStatus.ERROR, operation.error()),
                    OperationStatus.ERROR.word());
        }
        String why = operation.error() == null ? "" : " (%s)".formatted(operation.error());
        String lost =
                "the %s was lost%s: the server shows no sign of it, and %s"
                        .formatted(operation.verb(), why, what);
        return ended(run, operation.ended(OperationStatus.LOST, lost), Replay.LOST);
    }

    /**
     * Makes sure that an upload can be tried: without the local copy there is nothing to upload.
     *
     * @param local what is on the server's disk
     * @throws OperationFailedException if the backup is not there any more
     */
    public Run requireLocal(Run run, List<BackupItem> local) {
        Backups there = new Backups(local);
        if (!there.hasWhole(run.backup())) {
            throw new OperationFailedException(
                    "the server no longer has %s on its disk".formatted(run.backup()));
        }
        return steps.baseNow(run, local);
    }

    private void sleep(Run run, Duration time) {
        if (!callbacks.sleep(time)) {
            throw new RunSuspendedException(
                    callbacks.why()
                            + " in the %s of %s".formatted(run.stage().word(), run.backup()));
        }
    }

    private String explain(Run run, Exception reason) {
        return Causes.explain(reason, config.targets().get(run.target()).url());
    }
}
