package io.github.clickhousebackupagent.sandbox;

import java.util.Objects;

/**
 * How an operation of the simulated server shall end, other than well. Made with the methods here
 * and given to {@link Faults#next(String, Ending)}.
 */
public sealed interface Ending {
    /** The row ends as {@code error}; an upload leaves a broken remote backup. */
    static Ending error(String text) {
        return new Failed("error", Objects.requireNonNull(text, "text"));
    }

    /** The row ends as {@code cancel}, as if someone had called {@code /backup/kill}. */
    static Ending cancel() {
        return new Failed("cancel", "canceled from API /backup/kill");
    }

    /**
     * The row gets a status that no known version has, such as {@code paused}, and nothing more
     * happens: no finish, no callback.
     */
    static Ending status(String status) {
        return new Stuck(Objects.requireNonNull(status, "status"));
    }

    /** The row stays {@code in progress} until the operation or the server is killed. */
    static Ending never() {
        return new Never();
    }

    /** The operation succeeds and its row is gone from the history. No callback is sent. */
    static Ending vanish() {
        return new Vanished();
    }

    /** The upload ends as {@code success}, but the remote backup is damaged. */
    static Ending damaged(Damage damage) {
        return new Damaged(Objects.requireNonNull(damage, "damage"));
    }

    /**
     * All of it is done, and its row ends as {@code error} all the same, as where the server's own
     * retention fails after an upload.
     */
    static Ending errorAfterwards(String text) {
        return new FailedAfterwards(Objects.requireNonNull(text, "text"));
    }

    /**
     * @param error of the row
     */
    record FailedAfterwards(String error) implements Ending {}

    /**
     * @param status of the row
     * @param error of the row
     */
    record Failed(String status, String error) implements Ending {}

    /**
     * @param status of the row
     */
    record Stuck(String status) implements Ending {}

    /** Until killed. */
    record Never() implements Ending {}

    /** Without a row. */
    record Vanished() implements Ending {}

    /**
     * @param damage of the remote backup
     */
    record Damaged(Damage damage) implements Ending {}
}
