package io.github.clickhousebackupagent.run;

import io.github.clickhousebackupagent.api.Acknowledgement;
import io.github.clickhousebackupagent.api.ActionRow;
import io.github.clickhousebackupagent.api.ApiAnswers;
import io.github.clickhousebackupagent.api.ApiException;
import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.api.Operation;
import io.github.clickhousebackupagent.api.OperationStatus;
import io.github.clickhousebackupagent.chain.Backups;
import io.github.clickhousebackupagent.chain.Base;
import io.github.clickhousebackupagent.chain.BaseChoice;
import io.github.clickhousebackupagent.chain.BaseChooser;
import io.github.clickhousebackupagent.chain.Proof;
import io.github.clickhousebackupagent.chain.ProofException;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.journal.Journal;
import io.github.clickhousebackupagent.journal.JournalEvent;
import io.github.clickhousebackupagent.journal.JournalException;
import io.github.clickhousebackupagent.marker.Markers;
import io.github.clickhousebackupagent.run.RunResult.Failure;
import io.github.clickhousebackupagent.waiting.CallbackAddress;
import io.github.clickhousebackupagent.waiting.Callbacks;
import io.github.clickhousebackupagent.waiting.Callbacks.Wake;
import java.io.UncheckedIOException;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The steps of a run, each a method that a route calls between the calls to the API: what is
 * decided there, and what is written down. A step takes the run as it stands and returns it as it
 * then stands. Thread-safe: the runs of one target follow each other, those of many go on side by
 * side.
 */
public final class Runs {

    private static final Logger LOG = LogManager.getLogger(Runs.class);
    private static final DateTimeFormatter ID_TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final AgentConfig config;
    private final Clock clock;
    private final Markers markers;
    private final Callbacks callbacks;
    private final CallbackAddress callbackAddress;
    private final List<RunListener> listeners;
    private final ApiAnswers answers;
    private final TargetLocks locks;
    private final Map<String, Journal> journals = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> usedNames = new ConcurrentHashMap<>();

    /**
     * @param config targets, policies, limits, folders
     * @param clock for names, journal and limits
     * @param callbacks where servers call back
     * @param callbackAddress what address they are told
     * @param listeners are told what happens
     */
    public Runs(
            AgentConfig config,
            Clock clock,
            Callbacks callbacks,
            CallbackAddress callbackAddress,
            List<RunListener> listeners) {
        this.config = config;
        this.clock = clock;
        this.markers = new Markers(config);
        this.callbacks = callbacks;
        this.callbackAddress = callbackAddress;
        this.listeners = List.copyOf(listeners);
        this.answers = new ApiAnswers(clock);
        this.locks = new TargetLocks(config::stateDirectory);
    }

    /** Returns the journal of a target. */
    public Journal journal(String target) {
        return journals.computeIfAbsent(
                target,
                name -> new Journal(config.stateDirectory(name).resolve(Journal.FILE_NAME)));
    }

    /**
     * Ends what an agent that was killed left unfinished, as interrupted: no run is without an
     * outcome. To be called before any run. What another process is at work on is left alone; a
     * journal that cannot be read is told, and stops nobody else.
     *
     * @param targets names of targets
     */
    public void closeUnfinished(Collection<String> targets) {
        for (String target : targets) {
            try {
                if (!RunHistory.unfinished(journal(target), target).isEmpty()) {
                    closeUnfinished(target);
                }
            } catch (JournalException | UncheckedIOException e) {
                LOG.error("{}: what was left unfinished is not known: {}", target, e.getMessage());
            }
        }
    }

    private void closeUnfinished(String target) {
        if (!locks.take(target)) {
            return;
        }
        try {
            for (RunResult result : RunHistory.unfinished(journal(target), target)) {
                write(result.run(), target, JournalEvent.ENDED, end(result));
                tell(listener -> listener.ended(result));
            }
        } finally {
            locks.release(target);
        }
    }

    /**
     * Begins a run, with the lock of its target if that can be had: then nobody else does anything
     * there, nor takes the run for one that was left.
     *
     * @throws JournalException if it cannot be written down; listeners are told that it failed
     * @throws UncheckedIOException if the target cannot be locked; they are told too
     */
    public BackupRun begin(RunRequest request) {
        boolean locked;
        try {
            locked = locks.take(request.target());
        } catch (UncheckedIOException e) {
            fail(newRun(request, false), e);
            throw e;
        }
        return begin(newRun(request, locked));
    }

    private BackupRun newRun(RunRequest request, boolean locked) {
        String target = request.target();
        Instant now = clock.instant();
        String token = callbacks.open(target);
        String url =
                callbackAddress
                        .towards(config.targets().get(target).url())
                        .map(address -> address + token)
                        .orElse(null);
        // Nothing of the token, which logs must not show.
        int random = ThreadLocalRandom.current().nextInt(0x1000000);
        String id = ID_TIME.format(now) + "-" + HexFormat.of().toHexDigits(random, 6);
        return BackupRun.begun(id, request, now, locked, url, token);
    }

    private BackupRun begin(BackupRun run) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("target", run.target());
        details.put("kind", run.kind().word());
        details.put("schedule", run.schedule());
        try {
            write(run.id(), run.target(), JournalEvent.BEGUN, details);
        } catch (JournalException e) {
            fail(run, e);
            throw e;
        }
        tell(listener -> listener.begun(run));
        return run;
    }

    /** Ends a request as skipped, whose schedule still waits for the target. */
    public RunResult turnAway(RunRequest request) {
        return skip(
                begin(newRun(request, false)),
                new RunSkippedException(
                        "the run of schedule %s before this one still waits for %s"
                                .formatted(request.schedule(), request.target())));
    }

    /**
     * Makes sure that a run may go on.
     *
     * @throws RunSkippedException if another process is at work on the target
     * @throws RunInterruptedException if the agent stops: what still waits is ended, not forgotten
     */
    public void requireTurn(BackupRun run) {
        if (callbacks.closed()) {
            throw new RunInterruptedException("the agent was stopped before it was its turn");
        }
        if (!run.locked()) {
            throw new RunSkippedException("another agent or command is at work on " + run.target());
        }
    }

    /** Returns the run in its next stage. */
    public BackupRun enter(BackupRun run, Stage stage) {
        return run.at(stage, clock.instant());
    }

    /**
     * Settles kind, name and base of the backup.
     *
     * @param local what is on the server's disk
     * @param remote what is on remote storage
     * @throws io.github.clickhousebackupagent.chain.NoBaseException if there is no base, and the
     *     policy is to fail then
     */
    public BackupRun chooseBase(BackupRun run, List<BackupItem> local, List<BackupItem> remote) {
        BackupConfig policy = config.backup();
        Backups inLocal = new Backups(local);
        Backups inRemote = new Backups(remote);
        BaseChoice choice =
                new BaseChooser(policy.base(), policy.maxChainLength(), policy.whenNoBase())
                        .choose(run.kind(), markers.read(run.target()), inRemote, inLocal);
        Set<String> used =
                usedNames.computeIfAbsent(
                        run.target(), target -> RunHistory.names(journal(target)));
        String name =
                new BackupNames(policy, config.zone())
                        .next(
                                choice.kind(),
                                clock.instant(),
                                n -> used.contains(n) || inLocal.has(n) || inRemote.has(n));
        used.add(name);
        BackupRun chosen = run.choosing(choice.kind(), name, choice.base());
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("kind", chosen.kind().word());
        details.put("backup", name);
        details.put("base", choice.base().name());
        details.put("base-is-local", choice.base().present() ? choice.base().local() : null);
        details.put("warning", choice.warning());
        write(run.id(), run.target(), JournalEvent.BASE_CHOSEN, details);
        choice.reason().ifPresent(reason -> tell(listener -> listener.warned(chosen, reason)));
        return chosen;
    }

    /**
     * Returns the run with what is known of its base now: a server may drop the local copy of the
     * base when it makes the new backup.
     *
     * @param local what is on the server's disk after the create
     */
    public BackupRun baseNow(BackupRun run, List<BackupItem> local) {
        if (!run.base().present()) {
            return run;
        }
        String name = run.base().name();
        return run.choosing(
                run.kind(), run.backup(), new Base(name, new Backups(local).hasWhole(name)));
    }

    /**
     * Writes down that the operation of a stage is about to be asked for.
     *
     * @throws RunInterruptedException if the agent stops: nothing new is begun then
     */
    public void announce(BackupRun run) {
        if (callbacks.closed()) {
            throw new RunInterruptedException(
                    "the agent was stopped before the %s of %s"
                            .formatted(run.stage().word(), run.backup()));
        }
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("operation", run.stage().word());
        details.put("backup", run.backup());
        if (run.stage() == Stage.UPLOAD && run.base().present()) {
            details.put("base", run.base().name());
            details.put("base-is-local", run.base().local());
        }
        write(run.id(), run.target(), JournalEvent.OPERATION_ANNOUNCED, details);
    }

    /**
     * Takes in that the server has begun the operation of a stage.
     *
     * @throws ApiException if the answer acknowledges anything else
     */
    public BackupRun acknowledged(BackupRun run, Acknowledgement answer) {
        Operation operation = answers.acknowledged(run.stage().word(), run.backup(), answer);
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("operation", operation.verb());
        details.put("operation-id", operation.id());
        write(run.id(), run.target(), JournalEvent.OPERATION_ACKNOWLEDGED, details);
        BackupRun started = run.with(operation);
        tell(listener -> listener.operationStarted(started));
        return started;
    }

    /**
     * Waits before the next question: until the pause is over or the server calls back.
     *
     * @throws RunInterruptedException if the agent stops
     * @throws OperationFailedException if the operation takes longer than its limit
     */
    public void pause(BackupRun run) {
        Duration elapsed = Duration.between(run.operation().announcedAt(), clock.instant());
        Duration limit = limit(run.stage());
        if (elapsed.compareTo(limit) >= 0) {
            throw new OperationFailedException(
                    "the server still works on %s %s after the limit of %s"
                            .formatted(
                                    run.operation().verb(), run.backup(), Durations.format(limit)));
        }
        Duration pause = callbacks.pace(run.target()).pause(elapsed);
        Duration left = limit.minus(elapsed);
        Wake wake = callbacks.pause(run.callbackToken(), pause.compareTo(left) < 0 ? pause : left);
        if (wake == Wake.STOP) {
            throw new RunInterruptedException(
                    "the agent was stopped; the server goes on with %s %s"
                            .formatted(run.operation().verb(), run.backup()));
        }
        if (wake == Wake.TIME) {
            tell(listener -> listener.waiting(run, elapsed));
        }
    }

    /**
     * Takes in what the server says of its operations.
     *
     * @throws ApiException if it no longer knows of this one, or says what is not understood
     * @throws OperationFailedException if the operation ended without success
     */
    public BackupRun follow(BackupRun run, List<ActionRow> rows) {
        BackupRun now = run.with(run.operation().follow(rows));
        Operation operation = now.operation();
        if (operation.inProgress()) {
            return now;
        }
        callbacks.ended(run.callbackToken());
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("operation", operation.verb());
        details.put("status", operation.status().word());
        details.put("error", operation.error());
        write(run.id(), run.target(), JournalEvent.OPERATION_ENDED, details);
        answered(now, run.target(), "GET /backup/actions", 200, answers.json(operation.in(rows)));
        if (!operation.succeeded()) {
            throw new OperationFailedException(why(operation));
        }
        tell(listener -> listener.operationSucceeded(now));
        return now;
    }

    private static String why(Operation operation) {
        String error =
                Optional.ofNullable(operation.error())
                        .filter(text -> !text.isBlank())
                        .orElse("the server gives no reason");
        return operation.status() == OperationStatus.CANCEL ? "it was cancelled: " + error : error;
    }

    /**
     * Proves the backup.
     *
     * @param remote the remote list, asked for after the upload's end
     * @throws ProofException if the backup does not count
     */
    public BackupRun prove(BackupRun run, List<BackupItem> remote) {
        Proof proof = Proof.of(run.backup(), run.base(), new Backups(remote));
        write(
                run.id(),
                run.target(),
                JournalEvent.PROVEN,
                Map.of(
                        "backup",
                        proof.backup(),
                        "size",
                        proof.size(),
                        "chain-length",
                        proof.chainLength()));
        BackupRun proven = run.with(proof);
        tell(listener -> listener.proven(proven));
        return proven;
    }

    /** Returns the name of the marker's file of the target of a run, in the folder of markers. */
    public String markerFile(BackupRun run) {
        return config.markerFile(run.target()).getFileName().toString();
    }

    /** Writes down that the marker is about to be moved. */
    public void announceMarker(BackupRun run) {
        write(
                run.id(),
                run.target(),
                JournalEvent.MARKER_ANNOUNCED,
                Map.of("backup", run.backup()));
    }

    /** Makes sure that the moved marker stays moved, and writes it down. */
    public void markerMoved(BackupRun run) {
        markers.force(run.target());
        write(run.id(), run.target(), JournalEvent.MARKER_MOVED, Map.of("backup", run.backup()));
    }

    /** Ends a run with success. */
    public RunResult succeed(BackupRun run) {
        return end(run, Outcome.SUCCESS, null, null);
    }

    /** Ends a run that was not begun, as it would have been in the way of another. */
    public RunResult skip(BackupRun run, Exception reason) {
        return end(run, Outcome.SKIPPED, Failure.BUSY, Causes.telling(reason).getMessage());
    }

    /** Ends a run that the agent's stop cut off. */
    public RunResult interrupt(BackupRun run, Exception reason) {
        return end(
                run, Outcome.INTERRUPTED, Failure.OPERATION, Causes.telling(reason).getMessage());
    }

    /** Ends a run with failure. */
    public RunResult fail(BackupRun run, Exception reason) {
        Exception telling = Causes.telling(reason);
        return end(run, Outcome.FAILED, failure(telling), explain(run, telling));
    }

    private RunResult end(BackupRun run, Outcome outcome, Failure failure, String reason) {
        RunResult result =
                new RunResult(
                        run.id(),
                        run.target(),
                        run.kind(),
                        run.schedule(),
                        run.backup(),
                        run.base() == null ? null : run.base().name(),
                        outcome,
                        run.stage(),
                        reason,
                        failure,
                        run.startedAt(),
                        clock.instant(),
                        run.proof() == null ? null : run.proof().size(),
                        run.proof() == null ? null : run.proof().chainLength());
        callbacks.close(run.callbackToken());
        try {
            write(run.id(), run.target(), JournalEvent.ENDED, end(result));
        } catch (JournalException e) {
            // What happened has happened, and somebody must hear of it: told below all the same.
            LOG.error("The outcome of run {} is not in the journal: {}", run.id(), e.getMessage());
        }
        tell(listener -> listener.ended(result));
        if (run.locked()) {
            locks.release(run.target());
        }
        return result;
    }

    private static Map<String, Object> end(RunResult result) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("outcome", result.outcome().word());
        details.put("stage", result.stage().word());
        details.put("reason", result.reason());
        return details;
    }

    private static Failure failure(Exception reason) {
        if (reason instanceof ApiException api) {
            return api.kind() == ApiException.Kind.LOCKED ? Failure.BUSY : Failure.OPERATION;
        }
        if (Causes.isOfNetwork(reason)) {
            return Failure.UNREACHABLE;
        }
        return reason instanceof ProofException ? Failure.NOT_PROVEN : Failure.OPERATION;
    }

    private String explain(BackupRun run, Exception reason) {
        String said = reason.getMessage() == null ? reason.toString() : reason.getMessage();
        String what = reason instanceof UnknownHostException ? "unknown host " + said : said;
        return Causes.isOfNetwork(reason)
                ? "no answer from %s: %s".formatted(config.targets().get(run.target()).url(), what)
                : what;
    }

    private Duration limit(Stage stage) {
        return stage == Stage.CREATE ? config.limits().create() : config.limits().upload();
    }

    private void write(String run, String target, String event, Map<String, Object> details) {
        journal(target).append(new JournalEvent(clock.instant(), run, event, details));
    }

    private void tell(Consumer<RunListener> news) {
        for (RunListener listener : listeners) {
            try {
                news.accept(listener);
            } catch (RuntimeException e) {
                LOG.error("A listener failed; the run goes on", e);
            }
        }
    }

    /** Tells the listeners what the API answered. */
    public void answered(BackupRun run, String target, String call, int status, String body) {
        tell(listener -> listener.answered(run, target, call, status, body));
    }
}
