package io.github.clickhousebackupagent.bench;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits that end. */
final class Patient {

    private static final long STEP_MILLIS = 100;

    private Patient() {}

    /**
     * Looks ten times a second.
     *
     * @throws IllegalStateException if it is not so within the limit
     */
    static void until(Duration limit, Callable<Boolean> isSo) throws Exception {
        long end = System.nanoTime() + limit.toNanos();
        while (!isSo.call()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("it has not come so far within " + limit);
            }
            pause(Duration.ofMillis(STEP_MILLIS));
        }
    }

    /** Lets time go by, in which something is measured. */
    static void pause(Duration time) throws InterruptedException {
        if (new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("nobody counts down");
        }
    }
}
