package io.github.clickhousebackupagent.sandbox;

import java.util.concurrent.CountDownLatch;

/**
 * Holds something of the simulated server until it is opened; once open, it stays so. Thread-safe.
 */
public final class Gate implements AutoCloseable {
    private final CountDownLatch opened = new CountDownLatch(1);
    private final CountDownLatch reached = new CountDownLatch(1);
    private final Runnable whenOpened;

    Gate(Runnable whenOpened) {
        this.whenOpened = whenOpened;
    }

    /** Lets go on what waits here. */
    public void open() {
        if (opened.getCount() > 0) {
            whenOpened.run();
        }
        opened.countDown();
    }

    /** The same as {@link #open()}. */
    @Override
    public void close() {
        open();
    }

    void await() throws InterruptedException {
        reached.countDown();
        opened.await();
    }

    /** Returns whether something has come to wait here. */
    boolean isReached() {
        return reached.getCount() == 0;
    }
}
