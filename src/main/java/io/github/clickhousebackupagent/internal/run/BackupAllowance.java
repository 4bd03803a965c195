package io.github.clickhousebackupagent.internal.run;

import java.time.Duration;
import java.util.Optional;

/**
 * How much older than promised the last proven backup of a target may be, as backups take their
 * time: while a FULL is made, no hourly DIFF is. Stateless.
 *
 * <p>It is a bound for an age, and nothing that keeps an alert silent while a run is at work: runs
 * that are at work nearly always, and fail each time, would keep it silent for ever.
 */
public final class BackupAllowance {

    /** Beyond it, what takes long is told, unless the last of its kind took as long. */
    private static final Duration DAY = Duration.ofDays(1);

    /** Beyond it, what takes long is told, whatever it took before: the figure of RunHangs. */
    private static final Duration MOST = Duration.ofHours(72);

    /** A backup of seconds may for once take minutes. */
    private static final Duration LEAST = Duration.ofMinutes(30);

    private BackupAllowance() {}

    /**
     * Returns it: how long the last proven backup took, whose data was as old already when it was
     * proven, 72 hours at most, and what {@link #atWork} allows for one that is at work.
     */
    public static Duration of(Standing standing) {
        Duration last =
                standing.lastProven()
                        .filter(proven -> proven.kind().makesBackup())
                        .map(proven -> Duration.between(proven.begun(), proven.ended()))
                        .map(took -> bounded(took, MOST))
                        .orElse(Duration.ZERO);
        return last.plus(atWork(standing));
    }

    /**
     * Returns for how long a backup that is at work may take: twice what the last of its kind took,
     * between half an hour and a day, or 72 hours where that one took longer than a day; a day
     * where none of its kind succeeded yet; zero where no backup is at work.
     */
    public static Duration atWork(Standing standing) {
        Optional<RunKind> kind =
                standing.unfinished().stream()
                        .map(Standing.AtWork::kind)
                        .filter(one -> one != null && one.makesBackup())
                        .findFirst();
        if (kind.isEmpty()) {
            return Duration.ZERO;
        }
        Duration took = standing.lastTook().get(kind.get());
        if (took == null) {
            return DAY;
        }
        Duration twice = bounded(took, MOST).multipliedBy(2);
        Duration most = took.compareTo(DAY) > 0 ? MOST : DAY;
        return bounded(twice.compareTo(LEAST) < 0 ? LEAST : twice, most);
    }

    /** Clocks are put back: what took less than nothing took nothing. */
    private static Duration bounded(Duration time, Duration most) {
        if (time.isNegative()) {
            return Duration.ZERO;
        }
        return time.compareTo(most) > 0 ? most : time;
    }
}
