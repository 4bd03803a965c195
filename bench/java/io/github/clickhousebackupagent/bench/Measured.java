package io.github.clickhousebackupagent.bench;

import java.time.Duration;
import java.time.Instant;

/** Seconds, as figures have them. */
final class Measured {

    private Measured() {}

    static double seconds(Instant from, Instant to) {
        return Duration.between(from, to).toNanos() / 1e9;
    }
}
