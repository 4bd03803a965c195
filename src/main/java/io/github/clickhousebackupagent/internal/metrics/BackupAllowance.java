package io.github.clickhousebackupagent.internal.metrics;

import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.Standing;
import io.github.clickhousebackupagent.internal.run.TargetFigures;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How much older than promised the last proven backup of a target may be, as backups take their
 * time: while a FULL is made, no hourly DIFF is. Stateless.
 *
 * <p>It is a bound for an age, and nothing that keeps an alert silent while a run is at work: runs
 * that are at work nearly always, and fail each time, would keep it silent for ever.
 */
final class BackupAllowance {

    /** Beyond it, what takes long is told, whatever it took before. */
    private static final Duration MOST = Duration.ofDays(1);

    /** A backup of seconds may for once take minutes. */
    private static final Duration LEAST = Duration.ofMinutes(30);

    private BackupAllowance() {}

    /**
     * Returns it: how long the last proven backup took, whose data was as old already when it was
     * proven, and, for one that is at work, twice what the last of its kind took, between half an
     * hour and a day; a day where none did. Each is a day at most.
     */
    static Duration of(TargetFigures figures) {
        Duration last =
                figures.standing()
                        .lastProven()
                        .filter(proven -> proven.kind().makesBackup())
                        .map(proven -> Duration.between(proven.begun(), proven.ended()))
                        .map(BackupAllowance::bounded)
                        .orElse(Duration.ZERO);
        return last.plus(atWork(figures.standing(), figures.lastTook()));
    }

    private static Duration atWork(Standing standing, Map<RunKind, Duration> lastTook) {
        Optional<RunKind> kind =
                standing.unfinished().stream()
                        .map(Standing.AtWork::kind)
                        .filter(one -> one != null && one.makesBackup())
                        .findFirst();
        if (kind.isEmpty()) {
            return Duration.ZERO;
        }
        Duration took = lastTook.get(kind.get());
        if (took == null) {
            return MOST;
        }
        Duration twice = bounded(took).multipliedBy(2);
        return bounded(twice.compareTo(LEAST) < 0 ? LEAST : twice);
    }

    /** Clocks are put back: what took less than nothing took nothing. */
    private static Duration bounded(Duration time) {
        if (time.isNegative()) {
            return Duration.ZERO;
        }
        return time.compareTo(MOST) > 0 ? MOST : time;
    }
}
