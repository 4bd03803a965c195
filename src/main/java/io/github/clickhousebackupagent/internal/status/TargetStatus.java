package io.github.clickhousebackupagent.internal.status;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.util.StdConverter;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * How the backups of a target stand.
 *
 * @param target its name
 * @param verdict whether they happen as promised; null: that cannot be read
 * @param error why it cannot be read; null: it can
 * @param unsafe why it is not safe; null: it is
 * @param now the run that is not over; null: there is none
 * @param last how the run ended that ended last; null: none has
 * @param marker what the marker names; null: nothing
 * @param proven the backup that was proven last; null: there is none
 * @param asOf of which moment its data is, by the clock of then; null: there is none, or it was
 *     adopted and nobody knows
 * @param age how old its data is, in JSON as {@code ageSeconds}, whole seconds; null: there is
 *     none, or nobody knows
 * @param due how many moments there were since, at which a backup was due: 0, 1, or 2 for more
 * @param next when a schedule is due next that is not paused; null: never
 * @param promises what its schedules promise
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TargetStatus(
        String target,
        Verdict verdict,
        String error,
        Unsafe unsafe,
        Now now,
        RunResult last,
        String marker,
        String proven,
        @JsonFormat(shape = JsonFormat.Shape.STRING) Instant asOf,
        @JsonProperty("ageSeconds") @JsonSerialize(converter = WholeSeconds.class) Duration age,
        int due,
        @JsonFormat(shape = JsonFormat.Shape.STRING) Instant next,
        List<Promise> promises) {

    /**
     * A run that is not over.
     *
     * @param run its id
     * @param kind what it does; null: the journal does not say
     * @param stage how far it is
     * @param backup what it is about; null: that is not settled
     * @param since when it began
     * @param cutOff whether nobody works on it: it goes on at the next start
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Now(
            String run,
            RunKind kind,
            Stage stage,
            String backup,
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant since,
            boolean cutOff) {}

    static TargetStatus unreadable(String target, String why) {
        return new TargetStatus(
                target,
                null,
                why,
                new Unsafe(Unsafe.Why.UNREADABLE, null),
                null,
                null,
                null,
                null,
                null,
                null,
                0,
                null,
                List.of());
    }

    /**
     * Returns the same, but of why it cannot be read something else, if it cannot: that names files
     * of the agent.
     */
    public TargetStatus withError(String told) {
        return readable() ? this : unreadable(target, told);
    }

    /** Returns whether it has a proven backup that is as young as promised. */
    @JsonIgnore
    public boolean isSafe() {
        return unsafe == null;
    }

    /** Returns whether it, or a schedule of it, is paused. */
    @JsonIgnore
    public boolean isPaused() {
        return promises.stream().anyMatch(promise -> !promise.inForce());
    }

    /** Returns since when it, or a schedule of it, is paused; empty: none is. */
    Optional<Instant> pausedSince() {
        return promises.stream()
                .filter(promise -> !promise.inForce())
                .map(promise -> promise.pause().since())
                .min(Comparator.naturalOrder());
    }

    /**
     * Returns why it is not safe, for people, to stand in brackets; empty: it is.
     *
     * @param time how a moment is written
     */
    public Optional<String> why(Function<Instant, String> time) {
        if (unsafe == null) {
            return Optional.empty();
        }
        String last = "last proven backup of " + (asOf == null ? "-" : time.apply(asOf));
        return Optional.of(
                switch (unsafe.why()) {
                    case UNREADABLE -> "its journal cannot be read";
                    case NEVER -> "no proven backup";
                    case UNKNOWN_AGE -> "last proven backup of unknown age";
                    case HANGS ->
                            "a run is at work since %s, %s"
                                    .formatted(time.apply(unsafe.since()), last);
                    case PAUSED ->
                            "%s since %s, %s"
                                    .formatted(
                                            verdict == Verdict.PAUSED ? "paused" : "paused in part",
                                            time.apply(unsafe.since()),
                                            last);
                    case LATE ->
                            unsafe.since() == null
                                    ? last
                                    : "%s, the next was due %s"
                                            .formatted(last, time.apply(unsafe.since()));
                    case UNSCHEDULED -> "no schedule, " + last;
                });
    }

    /** Returns whether it can be read. */
    public boolean readable() {
        return error == null;
    }

    /** Returns whether there is no proven backup that is younger. */
    public boolean isOlderThan(Duration limit) {
        return readable() && (age == null || age.compareTo(limit) > 0);
    }

    /** How a duration stands in JSON. */
    static final class WholeSeconds extends StdConverter<Duration, Long> {

        @Override
        public Long convert(Duration age) {
            return age.toSeconds();
        }
    }
}
