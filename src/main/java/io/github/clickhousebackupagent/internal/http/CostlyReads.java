package io.github.clickhousebackupagent.internal.http;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Lets only a few calls at once read journals and logs, and none for long: they may be as long as
 * years, and whoever asks must not take the machine from the backups. Thread-safe.
 */
public final class CostlyReads {

    /** How many there may be at once. */
    static final int AT_ONCE = 2;

    /** How many may wait beside them: each holds one of the threads that work on calls. */
    static final int WAITING = 4;

    private static final Duration TURN = Duration.ofSeconds(1);
    private static final Duration LIMIT = Duration.ofSeconds(15);

    private final Semaphore places = new Semaphore(AT_ONCE + WAITING);
    private final Semaphore turns = new Semaphore(AT_ONCE, true);
    private final Duration turn;
    private final Duration limit;

    /** Makes one with the limits that an agent has. */
    public CostlyReads() {
        this(TURN, LIMIT);
    }

    /**
     * @param turn how long a call waits until it may read
     * @param limit how long it may read
     */
    CostlyReads(Duration turn, Duration limit) {
        this.turn = turn;
        this.limit = limit;
    }

    /**
     * Reads when it is its turn. Not to be called by what reads already.
     *
     * @param reading is given what it has to call again and again, which throws when it takes too
     *     long
     * @throws ProblemException if it does not have its turn in time, too many wait for theirs
     *     already, or it takes too long
     */
    <T> T read(Function<Runnable, T> reading) {
        if (!places.tryAcquire()) {
            throw tooMany();
        }
        try {
            return readInTurn(reading);
        } finally {
            places.release();
        }
    }

    private <T> T readInTurn(Function<Runnable, T> reading) {
        if (!takeTurn()) {
            throw tooMany();
        }
        try {
            long begin = System.nanoTime();
            return reading.apply(() -> requireInTime(begin));
        } finally {
            turns.release();
        }
    }

    private static ProblemException tooMany() {
        return ProblemException.of(
                        503,
                        "found %d calls that read journals or logs; allowed: so many at once, and others after them"
                                .formatted(AT_ONCE))
                .with("Retry-After", "2");
    }

    private boolean takeTurn() {
        try {
            return turns.tryAcquire(turn.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // The agent stops.
            return false;
        }
    }

    private void requireInTime(long begin) {
        if (System.nanoTime() - begin > limit.toNanos()) {
            throw ProblemException.of(
                            503,
                            "found more to read than can be read in %d s; allowed: what asks for less, such as for one target, or the command history"
                                    .formatted(limit.toSeconds()))
                    .with("Retry-After", "60");
        }
    }
}
