package io.github.clickhousebackupagent.internal.http;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many calls somebody may make: more than people and Prometheus ever do, and fewer than would
 * keep backups from being made. Thread-safe.
 */
public final class CallRate {

    /** Calls a second from one address. */
    static final int MOST = 200;

    /** What those are told who call more often. */
    public static final String REFUSAL =
            "found more than %d calls a second; allowed: fewer".formatted(MOST);

    /** Of so many addresses it is known how often they called; more are forgotten. */
    private static final int ADDRESSES = 1000;

    private static final RateLimiterConfig LIMIT =
            RateLimiterConfig.custom()
                    .limitForPeriod(MOST)
                    .limitRefreshPeriod(Duration.ofSeconds(1))
                    .timeoutDuration(Duration.ZERO)
                    .build();

    private final Map<String, RateLimiter> callers =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, RateLimiter> eldest) {
                    return size() > ADDRESSES;
                }
            };

    /**
     * Counts a call. Waits for nothing.
     *
     * @param address of the caller; null: not known
     * @return false: there were too many
     */
    public boolean takes(String address) {
        return of(String.valueOf(address)).acquirePermission();
    }

    private synchronized RateLimiter of(String address) {
        return callers.computeIfAbsent(address, name -> RateLimiter.of(name, LIMIT));
    }
}
