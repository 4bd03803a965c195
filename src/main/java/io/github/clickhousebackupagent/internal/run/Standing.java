package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.internal.inventory.Known;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How a target stands, as its journal tells it.
 *
 * @param unfinished the runs that are not over, the oldest first
 * @param last how the run ended that ended last; null: none has
 * @param proven the backups that were proven and not deleted by us, each once, that of the last run
 *     being the last
 * @param lastTook how long the last run of each kind took that succeeded
 * @param made when the runs began in which backups got their names, by name
 * @param armed since when schedules are in force, by name
 * @param pauses what asks for no runs, the oldest first
 * @param pastPauses what asked for none for a while
 */
public record Standing(
        List<AtWork> unfinished,
        RunResult last,
        List<Proven> proven,
        Map<RunKind, Duration> lastTook,
        Map<String, Instant> made,
        Map<String, Instant> armed,
        List<Pause> pauses,
        List<PastPause> pastPauses) {

    /**
     * A pause that is over.
     *
     * @param schedule name of the schedule; null: all of the target
     * @param from when it began
     * @param to when it ended
     */
    public record PastPause(String schedule, Instant from, Instant to) {

        boolean covers(String name, Instant moment) {
            return isOf(name) && !moment.isBefore(from) && !moment.isAfter(to);
        }

        private boolean isOf(String name) {
            return schedule == null || schedule.equals(name);
        }
    }

    /**
     * A run that is not over.
     *
     * @param run its id
     * @param kind what it does; null: the journal does not say
     * @param stage how far it is
     * @param backup what it is about; null: that is not settled
     * @param schedule name of the schedule; null: by hand
     * @param since when it began
     */
    public record AtWork(
            String run, RunKind kind, Stage stage, String backup, String schedule, Instant since) {}

    /**
     * A backup that was proven.
     *
     * @param backup its name
     * @param kind what the run did
     * @param asOf of which moment its data is at the latest; null: it was adopted, and the journal
     *     does not know
     * @param begun when the run began that proved it
     * @param ended when that run ended
     * @param run id of that run
     * @param base what it is an increment on; null: nothing, or it was adopted
     * @param size in bytes, as the server lists it; null: not known
     * @param chainLength how many backups a restore needs; null: not known
     */
    public record Proven(
            String backup,
            RunKind kind,
            Instant asOf,
            Instant begun,
            Instant ended,
            String run,
            String base,
            Long size,
            Integer chainLength) {}

    /** Copies what it is given. */
    public Standing {
        unfinished = List.copyOf(unfinished);
        proven = List.copyOf(proven);
        lastTook = Map.copyOf(lastTook);
        made = Map.copyOf(made);
        armed = Map.copyOf(armed);
        pauses = List.copyOf(pauses);
        pastPauses = List.copyOf(pastPauses);
    }

    /** Returns the backup that was proven last. */
    public Optional<Proven> lastProven() {
        return proven.isEmpty() ? Optional.empty() : Optional.of(proven.get(proven.size() - 1));
    }

    /** Returns the end of the pause that a schedule was in at a moment; empty: it was in none. */
    public Optional<Instant> pausedUntil(String schedule, Instant moment) {
        return pastPauses.stream()
                .filter(pause -> pause.covers(schedule, moment))
                .map(PastPause::to)
                .findFirst();
    }

    /** Returns the end of the last pause of a schedule, or of its target; empty: there was none. */
    public Optional<Instant> lastPaused(String schedule) {
        return pastPauses.stream()
                .filter(pause -> pause.isOf(schedule))
                .map(PastPause::to)
                .max(Comparator.naturalOrder());
    }

    /** Returns the pause that keeps a schedule from asking for runs: the target's, or its own. */
    public Optional<Pause> pause(String schedule) {
        return pauses.stream()
                .filter(pause -> pause.schedule() == null)
                .findFirst()
                .or(() -> ownPause(schedule));
    }

    private Optional<Pause> ownPause(String schedule) {
        return pauses.stream().filter(pause -> schedule.equals(pause.schedule())).findFirst();
    }

    /**
     * Returns what is known of the target's backups.
     *
     * @param marker what its marker names
     */
    public Known known(Optional<String> marker) {
        return new Known(
                marker,
                proven.stream().map(Proven::backup).collect(Collectors.toSet()),
                made,
                unfinished.stream()
                        .filter(run -> run.backup() != null)
                        .collect(
                                Collectors.toMap(
                                        AtWork::backup,
                                        run -> run.stage().word(),
                                        (first, second) -> second)));
    }
}
