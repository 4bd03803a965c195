package io.github.clickhousebackupagent.internal.route;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.Exchange;

/**
 * A queue that lets go of those who wait for its next exchange when it ends. Camel's own consumers
 * wake up all the time to see whether they are to stop, or stop late: neither is for a thousand
 * queues that are empty for days.
 */
final class EndingQueue extends LinkedBlockingQueue<Exchange> {

    /** An ended queue is asked until its consumer has seen that it is to stop. */
    private static final long ENDED_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final transient ReentrantLock lock = new ReentrantLock();
    private final transient Condition changed = lock.newCondition();
    private final boolean fed;
    private boolean ended;

    /**
     * @param capacity how many exchanges it takes
     * @param fed whether what is taken out of another queue may bring something into this one
     */
    EndingQueue(int capacity, boolean fed) {
        super(capacity);
        this.fed = fed;
    }

    /** Returns whether its consumer must stay until nothing is at work any more. */
    boolean isFed() {
        return fed;
    }

    /** Lets nobody wait any more. What is in it can still be taken. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean offer(Exchange exchange) {
        return told(super.offer(exchange));
    }

    @Override
    public boolean offer(Exchange exchange, long timeout, TimeUnit unit)
            throws InterruptedException {
        return told(super.offer(exchange, timeout, unit));
    }

    @Override
    public void put(Exchange exchange) throws InterruptedException {
        super.put(exchange);
        told(true);
    }

    private boolean told(boolean added) {
        lock.lock();
        try {
            changed.signal();
        } finally {
            lock.unlock();
        }
        return added;
    }

    /**
     * Waits for an exchange or the end, longer than Camel does: the time given is that of its
     * looks, and there is little to look for.
     */
    @Override
    public Exchange poll(long timeout, TimeUnit unit) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            Exchange next = super.poll();
            while (next == null && !ended) {
                // A route that is stopped by itself is not told; it must not wait for ever.
                if (changed.awaitNanos(LOOK_NANOS) <= 0) {
                    return super.poll();
                }
                next = super.poll();
            }
            if (next == null) {
                changed.awaitNanos(Math.min(unit.toNanos(timeout), ENDED_NANOS));
                next = super.poll();
            }
            return next;
        } finally {
            lock.unlock();
        }
    }
}
