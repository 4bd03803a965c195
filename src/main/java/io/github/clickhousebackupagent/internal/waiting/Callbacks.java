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

    /**
     * @param expected whether the server was told to call
     * @param called whether it has
     */
    private record Line(
            String target, Semaphore calls, AtomicBoolean expected, AtomicBoolean called) {

        Line(String target) {
            this(target, new Semaphore(0), new AtomicBoolean(), new AtomicBoolean());
        }
    }

    private final Duration silence;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Line> lines = new ConcurrentHashMap<>();
    private final Set<String> calling = ConcurrentHashMap.newKeySet();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean closed;
    private volatile boolean edited;

    /**
     * @param silence how long a server that calls back is left alone
     */
    public Callbacks(Duration silence) {
        this.silence = silence;
    }

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
        lines.put(token, new Line(target));
        return token;
    }

    /** Opens the line of a run again that goes on: a server may still call it. */
    public void open(String target, String token) {
        Line line = new Line(target);
        line.expected().set(true);
        lines.put(token, line);
    }

    /** The server is about to be asked for an operation, and told to call when it is over. */
    public void expect(String token) {
        Line line = lines.get(token);
        if (line != null) {
            line.called().set(false); // A late call of what was over before.
            line.expected().set(true);
        }
    }

    /** A target is known to call back, as it did when it was asked last. */
    public void callsBack(String target) {
        calling.add(target);
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

    /**
     * Returns how far apart the questions of a run should be: few where a call is still to come,
     * from a server that has called back before.
     */
    public Pace pace(String token) {
        Line line = lines.get(token);
        return line != null
                        && line.expected().get()
                        && !line.called().get()
                        && calling.contains(line.target())
                ? Pace.calledBack(silence)
                : asking();
    }

    /** Returns how far apart questions should be where no call can come. */
    public Pace asking() {
        return Pace.asking(lines.size());
    }

    /**
     * An operation was over, as a question told. Where the server was to call and had not until
     * then, it is asked as often as any other from here on.
     *
     * @return whether it had called
     */
    public boolean ended(String token) {
        Line line = lines.get(token);
        if (line == null) {
            return false;
        }
        boolean expected = line.expected().getAndSet(false);
        boolean called = line.called().getAndSet(false);
        if (expected && !called) {
            calling.remove(line.target());
        }
        return called;
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
