package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.api.Operation;
import io.github.clickhousebackupagent.api.OperationStatus;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.config.WhenExceeded;
import io.github.clickhousebackupagent.event.RunSuspendedException;
import io.github.clickhousebackupagent.internal.waiting.Backoff;
import io.github.clickhousebackupagent.internal.waiting.Callbacks;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What is done about operations that failed: tried again, made anew, or given up. Thread-safe. */
public final class Retries {

    /**
     * What 2.8.0 says of a backup whose upload was killed together with the server, if the server
     * has the same process id again, as in a container: it takes itself for the other one, for as
     * long as the file {@code clickhouse-backup.NAME.pid} is there.
     */
    private static final String STALE_LOCK = "command is already running";

    private final AgentConfig config;
    private final Clock clock;
    private final Callbacks callbacks;
    private final BackupSteps steps;
    private final News news;
    private final Backoff pauses;

    Retries(AgentConfig config, Clock clock, Callbacks callbacks, BackupSteps steps, News news) {
        this.config = config;
        this.clock = clock;
        this.callbacks = callbacks;
        this.steps = steps;
        this.news = news;
        this.pauses = new Backoff(config.retry().pause(), config.retry().longestPause());
    }

    /**
     * Decides about an operation that failed: to be tried again after a pause, or not.
     *
     * @throws OperationFailedException if that was the last time, or if somebody cancelled it
     * @throws RunSuspendedException if the agent stops
     */
    public Run tryAgain(Run run) {
        Operation operation = run.operation();
        String why = why(run);
        boolean mayBeTried =
                operation.status() != OperationStatus.CANCEL
                        || run.kill() != Kill.NO
                                && config.limitsOf(run.target()).whenExceeded()
                                        == WhenExceeded.KILL_AND_RETRY;
        boolean create = run.stage() == Stage.CREATE;
        int times =
                switch (run.stage()) {
                    case CREATE -> config.retry().create();
                    case UPLOAD, DOWNLOAD -> config.retry().upload();
                    // A second restore may double what a first one has brought back.
                    default -> 0;
                };
        boolean lost = operation.lost();
        boolean last = lost ? isHopeless(run) : run.failures() > times;
        if (run.stage() == Stage.UPLOAD && why.contains(STALE_LOCK) && !run.startedOver()) {
            return startOver(run, why);
        }
        if (!mayBeTried || last) {
            throw new OperationFailedException(why);
        }
        // What was lost with a restart need not wait: the server does nothing.
        Duration pause = lost ? Duration.ZERO : pauses.pause(run.failures());
        news.tell(
                listener ->
                        listener.warned(
                                run,
                                "%s; it is asked for again%s"
                                        .formatted(
                                                why,
                                                lost
                                                        ? ""
                                                        : " in %s (%d of %d)"
                                                                .formatted(
                                                                        Durations.spoken(pause),
                                                                        run.failures(),
                                                                        times))));
        if (!callbacks.sleep(pause)) {
            throw new RunSuspendedException(
                    callbacks.why()
                            + " before the %s of %s was tried again"
                                    .formatted(operation.verb(), run.backup()));
        }
        Run again = create ? steps.renamed(run) : run;
        return again.with(
                draft -> {
                    draft.operation =
                            run.stage() == Stage.DELETE
                                    ? operation.as(OperationStatus.WANTED)
                                    : Operation.of(
                                            operation.verb(), again.backup(), clock.instant());
                    draft.kill = Kill.NO;
                    draft.warned = false;
                    draft.patience = null;
                    draft.quiet = null;
                });
    }

    /** The backup cannot be uploaded as it is: it is made anew, under another name. */
    private Run startOver(Run run, String why) {
        news.tell(listener -> listener.warned(run, why + "; the backup is made anew"));
        return steps.renamed(run)
                .at(Stage.CREATE, clock.instant())
                .with(
                        draft -> {
                            draft.startedOver = true;
                            draft.operation =
                                    Operation.of(
                                            Stage.CREATE.word(), draft.backup, clock.instant());
                        });
    }

    /**
     * Returns whether an operation that was lost is not to be asked for again. However often a
     * server is restarted, that is no fault of the operation; but not for ever.
     */
    private boolean isHopeless(Run run) {
        Instant now = clock.instant();
        Duration limit = Operations.limit(run, config.limitsOf(run.target()));
        boolean late = Duration.between(run.stageStartedAt(), now).compareTo(limit) >= 0;
        return late
                || run.unacknowledged() != null
                        && run.unacknowledged().tries() > 1
                        && run.unacknowledged().isOver(config.limits().outage(), now);
    }

    private String why(Run run) {
        Operation operation = run.operation();
        String error =
                Optional.ofNullable(operation.error())
                        .filter(text -> !text.isBlank())
                        .orElse("the server gives no reason");
        if (operation.status() != OperationStatus.CANCEL) {
            return error;
        }
        return run.kill() != Kill.NO
                ? "it was killed after the limit of "
                        + Durations.format(
                                Operations.limit(
                                        run.with(draft -> draft.kill = Kill.NO),
                                        config.limitsOf(run.target())))
                : "it was cancelled: " + error;
    }
}
