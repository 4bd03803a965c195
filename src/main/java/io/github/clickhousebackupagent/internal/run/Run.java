package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.api.Operation;
import io.github.clickhousebackupagent.internal.chain.Base;
import io.github.clickhousebackupagent.internal.chain.Proof;
import io.github.clickhousebackupagent.internal.order.BackupAt;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Order;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import io.github.clickhousebackupagent.internal.waiting.Patience;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A run as it stands. Immutable: each step gives a new one. Routes read its parts, such as {@code
 * ${exchangeProperty.run.backup}}.
 *
 * @param id unique over all runs of all targets; sorts by time
 * @param target name of the target
 * @param kind what it does; after the choice of the base it may differ from what was asked for;
 *     null: it is only to go on with what was cut off
 * @param order what it is to do in detail; null for a backup
 * @param schedule name of the schedule; null: by hand
 * @param due when the schedule was to fire; null: by hand
 * @param startedAt when it had its turn, or joined the queue before that
 * @param locked whether it holds the lock of its target; without, it may not go on
 * @param begun whether the journal has it
 * @param resumed whether it goes on after the agent was stopped or killed
 * @param stage how far it is
 * @param stageStartedAt since when it is in that stage
 * @param backup the backup's name; null before the base is chosen
 * @param base what the upload is an increment on; null before it is chosen
 * @param marker what the marker named when the base was chosen; null: nothing, or not known
 * @param operation what the server does for it in this stage; null in stages without one
 * @param tries how many times the operation of this stage was asked for
 * @param failures how many times the operation of this stage has failed
 * @param idle whether the server was found to do nothing, right before it is asked for something
 * @param startedOver whether the backup is made anew, as the first one could not be uploaded
 * @param warned whether it was told that the operation takes long
 * @param kill whether the server is told to kill the operation
 * @param patience with what keeps it from going on; null while nothing does
 * @param unacknowledged with an order of this stage of which the server says neither yes nor no;
 *     null: it has said one of them, or was not asked yet
 * @param quiet since when the server shows no sign of an operation in doubt; null: not looked yet
 * @param left what is still to be deleted; null where nothing is to be
 * @param fetch how the backup gets onto the server's disk; null where it need not
 * @param summary what it has done, for people; null where the rest of it says that
 * @param callbackUrl where the server is to call back; null: it is not to
 * @param callbackToken what makes that address unguessable
 * @param proof that the backup counts; null until it does
 */
public record Run(
        String id,
        String target,
        RunKind kind,
        Order order,
        String schedule,
        Instant due,
        Instant startedAt,
        boolean locked,
        boolean begun,
        boolean resumed,
        Stage stage,
        Instant stageStartedAt,
        String backup,
        Base base,
        String marker,
        Operation operation,
        int tries,
        int failures,
        boolean idle,
        boolean startedOver,
        boolean warned,
        Kill kill,
        Patience patience,
        Patience unacknowledged,
        Patience quiet,
        List<BackupAt> left,
        Fetch fetch,
        String summary,
        String callbackUrl,
        String callbackToken,
        Proof proof) {

    /** Camel asks for it each time that a route reads a property of a run. */
    @Override
    public int hashCode() {
        return Objects.hashCode(id);
    }

    /**
     * Returns where the server is to call back, without what makes that unguessable; null: it is
     * not to.
     */
    public String callbackAddress() {
        return callbackUrl == null
                ? null
                : callbackUrl.substring(0, callbackUrl.length() - callbackToken.length());
    }

    /** Returns which route it takes: {@code direct:run-WAY}. */
    public String way() {
        // One of which is not known what it was to do is ended where a backup begins.
        return kind == null ? RunKind.FULL.way() : kind.way();
    }

    /** Returns what it restores. Only for a restore. */
    public RestoreOrder restore() {
        return (RestoreOrder) order;
    }

    /** Returns what it deletes. Only for a deletion. */
    public DeleteOrder delete() {
        return (DeleteOrder) order;
    }

    /** Returns whether the marker is to name {@link #backup} before anything is deleted. */
    public boolean putsMarkerRight() {
        return marker != null && backup != null;
    }

    /** Returns whether the marker is to go before anything is deleted. */
    public boolean removesMarker() {
        return marker != null && backup == null;
    }

    /** Returns where the backup is deleted that is deleted now, as the API says it. */
    public String deletesFrom() {
        Place place = left == null ? Place.LOCAL : left.get(0).place();
        return place.word();
    }

    /** Returns whether it is known how the backup gets onto the server's disk. */
    public boolean fetchChosen() {
        return fetch != null || stage.compareTo(Stage.DOWNLOAD) >= 0;
    }

    /** Returns whether what is on the server's disk of the backup is still to be deleted. */
    public boolean clearsLocal() {
        return fetch == Fetch.ANEW && stage.compareTo(Stage.DELETE) <= 0;
    }

    /** Returns whether the backup is still to be downloaded. */
    public boolean downloads() {
        return stage == Stage.DOWNLOAD
                || fetch != null && fetch != Fetch.NO && stage.compareTo(Stage.DOWNLOAD) < 0;
    }

    /** Returns whether the server had to be waited for before it may be asked for the operation. */
    public boolean hasWaited() {
        return patience != null;
    }

    /** Returns whether there is still something to delete. */
    public boolean moreToDelete() {
        return !left.isEmpty();
    }

    /** Returns whether its name and base are settled. */
    public boolean baseChosen() {
        return stage.compareTo(Stage.CHOOSE_BASE) > 0;
    }

    /** Returns whether the server has made the backup. */
    public boolean created() {
        return isThrough(Stage.CREATE);
    }

    /** Returns whether the server has uploaded the backup. */
    public boolean uploaded() {
        return isThrough(Stage.UPLOAD);
    }

    private boolean isThrough(Stage operating) {
        int way = stage.compareTo(operating);
        return way > 0 || way == 0 && done();
    }

    /** Returns whether the operation of this stage has come to a good end. */
    public boolean done() {
        return operation != null && operation.succeeded();
    }

    /**
     * Returns whether the local list must be looked at before the upload: for the base's copy, and
     * for the backup itself where time has passed since it was made.
     */
    public boolean doubtsLocal() {
        return base.local() || tries > 0 || resumed;
    }

    /** Returns whether the backup is proven. */
    public boolean proven() {
        return proof != null;
    }

    Run at(Stage next, Instant when) {
        return with(
                draft -> {
                    draft.stage = next;
                    draft.stageStartedAt = when;
                    draft.operation = null;
                    draft.tries = 0;
                    draft.failures = 0;
                    draft.idle = false;
                    draft.warned = false;
                    draft.kill = Kill.NO;
                    draft.patience = null;
                    draft.unacknowledged = null;
                    draft.quiet = null;
                });
    }

    Run with(Operation next) {
        return with(draft -> draft.operation = next);
    }

    Run with(Patience next) {
        return with(draft -> draft.patience = next);
    }

    Run with(Base next) {
        return with(draft -> draft.base = next);
    }

    Run with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.run();
    }

    /** What a run is made of while it is made. */
    static final class Draft {
        String id;
        String target;
        RunKind kind;
        Order order;
        String schedule;
        Instant due;
        Instant startedAt;
        boolean locked;
        boolean begun;
        boolean resumed;
        Stage stage = Stage.BEGIN;
        Instant stageStartedAt;
        String backup;
        Base base;
        String marker;
        Operation operation;
        int tries;
        int failures;
        boolean idle;
        boolean startedOver;
        boolean warned;
        Kill kill = Kill.NO;
        Patience patience;
        Patience unacknowledged;
        Patience quiet;
        List<BackupAt> left;
        Fetch fetch;
        String summary;
        String callbackUrl;
        String callbackToken;
        Proof proof;

        Draft() {}

        private Draft(Run run) {
            id = run.id;
            target = run.target;
            kind = run.kind;
            order = run.order;
            schedule = run.schedule;
            due = run.due;
            startedAt = run.startedAt;
            locked = run.locked;
            begun = run.begun;
            resumed = run.resumed;
            stage = run.stage;
            stageStartedAt = run.stageStartedAt;
            backup = run.backup;
            base = run.base;
            marker = run.marker;
            operation = run.operation;
            tries = run.tries;
            failures = run.failures;
            idle = run.idle;
            startedOver = run.startedOver;
            warned = run.warned;
            kill = run.kill;
            patience = run.patience;
            unacknowledged = run.unacknowledged;
            quiet = run.quiet;
            left = run.left;
            fetch = run.fetch;
            summary = run.summary;
            callbackUrl = run.callbackUrl;
            callbackToken = run.callbackToken;
            proof = run.proof;
        }

        Run run() {
            return new Run(
                    id,
                    target,
                    kind,
                    order,
                    schedule,
                    due,
                    startedAt,
                    locked,
                    begun,
                    resumed,
                    stage,
                    stageStartedAt,
                    backup,
                    base,
                    marker,
                    operation,
                    tries,
                    failures,
                    idle,
                    startedOver,
                    warned,
                    kill,
                    patience,
                    unacknowledged,
                    quiet,
                    left,
                    fetch,
                    summary,
                    callbackUrl,
                    callbackToken,
                    proof);
        }
    }
}
