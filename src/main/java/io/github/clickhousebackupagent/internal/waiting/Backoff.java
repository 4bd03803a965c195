package io.github.clickhousebackupagent.internal.waiting;

import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;

/**
 * Pauses between tries: each twice as long as the one before it, up to a longest one, and up to a
 * half more or less by chance, so that many runs do not try at the same moment. Thread-safe.
 */
public final class Backoff {

    private final IntervalFunction pauses;

    /**
     * @param first pause after the first try
     * @param longest what the pause grows to
     */
    public Backoff(Duration first, Duration longest) {
        Duration limit = longest.compareTo(first) < 0 ? first : longest;
        this.pauses = IntervalFunction.ofExponentialRandomBackoff(first, 2.0, 0.5, limit);
    }

    /**
     * Returns how long to wait.
     *
     * @param tries how many times it was tried in vain, at least 1
     */
    public Duration pause(int tries) {
        return Duration.ofMillis(pauses.apply(tries));
    }
}
