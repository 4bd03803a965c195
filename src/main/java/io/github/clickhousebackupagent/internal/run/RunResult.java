package io.github.clickhousebackupagent.internal.run;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * How a run ended.
 *
 * @param run the run's id
 * @param target name of the target
 * @param kind what was done, or was to be
 * @param schedule name of the schedule; null: by hand
 * @param backup the backup's name; null where it did not come to that
 * @param base what it is an increment on; null for a complete backup
 * @param outcome how it ended
 * @param stage where it ended
 * @param reason why it did not succeed, for people; null where it did
 * @param failure what kind of failure it is; null where it is none
 * @param startedAt when it was taken from the queue
 * @param finishedAt when it ended
 * @param size bytes of the backup as the server lists it, which on some versions is the whole size
 *     also for an increment; null where the backup is not proven
 * @param chainLength how many backups a restore needs; null where the backup is not proven
 * @param summary what was done, for people; null for a backup
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunResult(
        String run,
        String target,
        RunKind kind,
        String schedule,
        String backup,
        String base,
        Outcome outcome,
        Stage stage,
        String reason,
        Failure failure,
        @JsonFormat(shape = JsonFormat.Shape.STRING) Instant startedAt,
        @JsonFormat(shape = JsonFormat.Shape.STRING) Instant finishedAt,
        Long size,
        Integer chainLength,
        String summary) {

    /** What kind of failure ended a run, as far as a caller may want to tell them apart. */
    public enum Failure {
        /** The operation or a call failed. */
        OPERATION,
        /** The API could not be reached. */
        UNREACHABLE,
        /** Something else is at work on the target. */
        BUSY,
        /** The backup is there, but does not count. */
        NOT_PROVEN,
        /** It would have destroyed something, and nothing was done. */
        REFUSED;

        /** Returns the name as it stands in journal and JSON, such as {@code not-proven}. */
        @JsonValue
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Returns the result of a run that could not even begin. */
    public static RunResult notBegun(String target, RunKind kind, String reason, Instant at) {
        return new RunResult(
                "",
                target,
                kind,
                null,
                null,
                null,
                Outcome.FAILED,
                Stage.BEGIN,
                reason,
                Failure.OPERATION,
                at,
                at,
                null,
                null,
                null);
    }

    /** Returns how long it took. */
    public Duration duration() {
        return Duration.between(startedAt, finishedAt);
    }
}
