package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The times that a schedule was due at since it was last, as far as they were missed.
 *
 * @param first the first of them; null: none
 * @param last the last of them; null: none
 * @param count how many, at most {@link #MOST}
 */
record MissedRuns(Instant first, Instant last, int count) {

    /** More are not counted: after a year without an agent nobody wants to know it exactly. */
    static final int MOST = 10_000;

    static final MissedRuns NONE = new MissedRuns(null, null, 0);

    /**
     * Counts them.
     *
     * @param cron when it is due
     * @param after when it was due last, or from when on it was in force
     * @param until now, included
     */
    static MissedRuns between(CronSchedule cron, Instant after, Instant until) {
        Instant first = null;
        Instant last = null;
        int count = 0;
        Optional<Instant> next = cron.next(after);
        while (next.isPresent() && !next.get().isAfter(until) && count < MOST) {
            first = first == null ? next.get() : first;
            last = next.get();
            count++;
            next = cron.next(last);
        }
        return new MissedRuns(first, count < MOST ? last : latest(cron, last, until), count);
    }

    /** Returns the last time of a schedule up to a moment, without going through all before it. */
    private static Instant latest(CronSchedule cron, Instant known, Instant until) {
        Duration back = Duration.ofMinutes(1);
        while (until.minus(back).isAfter(known)) {
            Instant last = null;
            Optional<Instant> next = cron.next(until.minus(back));
            while (next.isPresent() && !next.get().isAfter(until)) {
                last = next.get();
                next = cron.next(last);
            }
            if (last != null) {
                return last;
            }
            back = back.multipliedBy(2);
        }
        return known;
    }

    /** Returns whether the last of them may still be made. */
    boolean isCaughtUp(Duration within, Instant now) {
        return count > 0 && Duration.between(last, now).compareTo(within) <= 0;
    }

    /** Returns these without the last, which is made after all. */
    MissedRuns butTheLast(CronSchedule cron) {
        if (count <= 1) {
            return NONE;
        }
        return between(cron, first.minusMillis(1), last.minusMillis(1));
    }
}
