package io.github.clickhousebackupagent.internal.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The longest time that passes between two moments at which one of several schedules fires. */
public final class LongestGap {

    /** What does not come again within more than a year is no promise to hold anybody to. */
    private static final Duration HORIZON = Duration.ofDays(400);

    /** What fires each few minutes shows its longest gap, a weekend or a night, long before. */
    private static final int FIRINGS = 4000;

    private LongestGap() {}

    /**
     * Returns it.
     *
     * @param schedules what fires
     * @param from the moment that it is looked from; what was before is not looked at
     * @return zero if they fire less than twice from then on
     */
    public static Duration of(Collection<CronSchedule> schedules, Instant from) {
        Duration longest = Duration.ZERO;
        Instant last = null;
        Optional<Instant> next = next(schedules, from);
        for (int i = 0; i < FIRINGS && next.isPresent(); i++) {
            if (last != null) {
                Duration gap = Duration.between(last, next.get());
                longest = gap.compareTo(longest) > 0 ? gap : longest;
            }
            last = next.get();
            boolean far = Duration.between(from, last).compareTo(HORIZON) > 0;
            next = far && !longest.isZero() ? Optional.empty() : next(schedules, last);
        }
        return longest;
    }

    private static Optional<Instant> next(Collection<CronSchedule> schedules, Instant after) {
        return schedules.stream()
                .flatMap(schedule -> schedule.next(after).stream())
                .min(Comparator.naturalOrder());
    }
}
