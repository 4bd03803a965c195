package io.github.clickhousebackupagent.internal.metrics;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What became of the last call to the API of each target. Thread-safe. */
public final class ApiCalls {

    /** Somebody else is at work there: it is up, and says so. */
    private static final int BUSY = 423;

    private static final int UNKNOWN = 404;

    /**
     * The last call.
     *
     * @param at when it was over
     * @param up whether it was answered as it should
     * @param took how long the last call took that was answered at all; null: none was
     */
    public record Last(Instant at, boolean up, Duration took) {}

    private final Clock clock;
    private final Map<String, Last> calls = new ConcurrentHashMap<>();

    /**
     * @param clock what time it is
     */
    public ApiCalls(Clock clock) {
        this.clock = clock;
    }

    /** Returns what {@link #made} is to be given of a call that is about to be made. */
    public Instant begin() {
        return clock.instant();
    }

    /**
     * A call was made.
     *
     * @param call method and path
     * @param begun when it began
     * @param status of the answer; null: there was none
     */
    public void made(String target, String call, Instant begun, Integer status) {
        if (status != null && status == UNKNOWN && call.endsWith("/backup/version")) {
            return; // Servers before 2.5.9 do not have it, and nothing is wrong with them.
        }
        Instant now = clock.instant();
        boolean up = status != null && (status < 300 || status == BUSY);
        calls.compute(
                target,
                (name, before) ->
                        new Last(
                                now,
                                up,
                                status != null
                                        ? Duration.between(begun, now)
                                        : before == null ? null : before.took()));
    }

    /** Returns the last call; empty: none was made. */
    public Optional<Last> last(String target) {
        return Optional.ofNullable(calls.get(target));
    }

    /**
     * Returns the targets that nobody has called for a while.
     *
     * @param targets those that are looked at
     * @param seconds how long is a while; one whose last call failed is due whenever it is asked
     *     for
     */
    public List<String> due(Collection<String> targets, long seconds) {
        Instant young = clock.instant().minusSeconds(seconds);
        return targets.stream()
                .filter(
                        target ->
                                last(target)
                                        .filter(last -> last.up() && last.at().isAfter(young))
                                        .isEmpty())
                .toList();
    }
}
