package io.github.clickhousebackupagent.internal.waiting;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The calls that servers make when an operation is over. A call says nothing that is believed: it
 * only ends a pause, and the question that follows decides. Thread-safe.
 */
public final class Callbacks implements AutoCloseable {

    /** What ended a pause. */
    public enum Wake {
        /** The time was over. */
        TIME,
        /** The server called back. */
        CALLBACK,
        /** The agent stops, or goes on with other routes. */
        STOP
    }

    private record Line(String target, Semaphore calls, AtomicBoolean called) {}

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Line> lines = new ConcurrentHashMap<>();
    private final Set<String> calling = ConcurrentHashMap.newKeySet();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean closed;
    private volatile boolean edited;

    /**
     * Opens a line for a run.
     *
     * @return its token: 128 random bits in hexadecimal, as servers decode the address twice and
     *     would change anything that looks encoded
     */
    public String open(String target) {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        String token = HexFormat.of().formatHex(bytes);
        open(target, token);
        return token;
    }

    /** Opens the line of a run again that goes on: a server may still call it. */
    public void open(String target, String token) {
        lines.put(token, new Line(target, new Semaphore(0), new AtomicBoolean()));
    }

    /** Closes the line of a run that is over. */
    public void close(String token) {
        lines.remove(token);
    }

    /**
     * A server called.
     *
     * @return whether the token belongs to a run that goes on
     */
    public boolean arrived(String token) {
        Line line = lines.get(token);
        if (line == null) {
            return false;
        }
        line.called().set(true);
        calling.add(line.target());
        line.calls().release();
        return true;
    }

    /** Returns how far apart the questions to a target should be: it has called back, or not. */
    public Pace pace(String target) {
        return calling.contains(target) ? Pace.CALLED_BACK : Pace.ASKING;
    }

    /**
     * An operation was over, as a question told. Where the server had not called until then, it is
     * asked as often as any other from here on.
     */
    public void ended(String token) {
        Line line = lines.get(token);
        if (line != null && !line.called().getAndSet(false)) {
            calling.remove(line.target());
        }
    }

    /** Waits until the time is over, the server calls, or the agent stops. */
    public Wake pause(String token, Duration time) {
        Line line = lines.get(token);
        if (closed || line == null) {
            return Wake.STOP;
        }
        try {
            boolean called = line.calls().tryAcquire(time.toNanos(), TimeUnit.NANOSECONDS);
            if (closed) {
                return Wake.STOP;
            }
            line.calls().drainPermits();
            return called ? Wake.CALLBACK : Wake.TIME;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Wake.STOP;
        }
    }

    /**
     * Waits until the time is over or the agent stops, whoever calls.
     *
     * @return false if the agent stops
     */
    public boolean sleep(Duration time) {
        try {
            return !stopped.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Ends all pauses, those to come too: what goes on does so at once, with other routes. */
    public void closeForEdit() {
        edited = true;
        close();
    }

    /** Returns whether all goes on at once, with other routes. */
    public boolean edited() {
        return edited;
    }

    /** Returns why nothing waits any more, as the beginning of a sentence. */
    public String why() {
        return edited ? "the routes or the configuration were edited" : "the agent was stopped";
    }

    /** Ends all pauses, those to come too: the agent stops. */
    @Override
    public void close() {
        closed = true;
        stopped.countDown();
        lines.values().forEach(line -> line.calls().release());
    }

    /** Returns whether the agent stops. */
    public boolean closed() {
        return closed;
    }
}
