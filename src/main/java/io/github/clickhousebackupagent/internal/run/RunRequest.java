package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.order.Order;
import java.time.Instant;

/**
 * The wish for a run, or for nothing but that what is unfinished at a target goes on.
 *
 * @param run id of the run that it becomes; null where it gets one when it has its turn
 * @param target name of the target
 * @param kind what is wanted; null: nothing new
 * @param order what is wanted in detail; null for a backup
 * @param schedule name of the schedule that fired; null: somebody asked by hand
 * @param due when the schedule was to fire; null: by hand
 */
public record RunRequest(
        String run, String target, RunKind kind, Order order, String schedule, Instant due) {

    /** Returns the wish of a schedule that fires. */
    public static RunRequest bySchedule(
            String run, String target, BackupKind kind, String schedule, Instant due) {
        return new RunRequest(run, target, RunKind.of(kind), null, schedule, due);
    }

    /** Returns the wish of somebody who waits for the outcome. */
    public static RunRequest byHand(String target, BackupKind kind) {
        return new RunRequest(
                RunIds.next(Instant.now()), target, RunKind.of(kind), null, null, null);
    }

    /**
     * Returns the wish for what was ordered, under an id by which whoever ordered it finds it.
     *
     * @param now for the id
     */
    public static RunRequest byOrder(String target, RunKind kind, Order order, Instant now) {
        return new RunRequest(RunIds.next(now), target, kind, order, null, null);
    }

    /** Returns the wish that what is unfinished goes on. */
    public static RunRequest goOn(String target) {
        return new RunRequest(null, target, null, null, null, null);
    }

    /** Returns whether it is for nothing new. */
    public boolean onlyGoesOn() {
        return kind == null;
    }
}
