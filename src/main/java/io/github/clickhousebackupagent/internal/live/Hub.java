package io.github.clickhousebackupagent.internal.live;

import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Tells readers what happens. Lives as long as the agent: routes and configuration may be exchanged
 * meanwhile. Keeps nothing: a reader who was away asks how things stand. Thread-safe.
 *
 * <p>Without readers it costs nothing: no thread, no look at any file.
 */
public final class Hub implements AutoCloseable {

    /** Somebody who listens. */
    public interface Reader {

        /**
         * Sends a text. Does not wait.
         *
         * @return false: too much is unsent, or it is gone; it is told nothing more
         */
        boolean send(String text);

        /** Nothing more is sent. */
        void end();

        /** Returns where it is; null: on this machine. */
        String address();
    }

    private static final Logger LOG = LogManager.getLogger(Hub.class);
    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final Duration SIGN = Duration.ofSeconds(15);

    /** Shows that the connection lives, and is no event. */
    private static final String SIGN_OF_LIFE = ": still here\n\n";

    private final Clock clock;
    private final int most;
    private final int mostFromOne;
    private final Duration look;
    private final JournalWatch journals;
    private final Set<Reader> readers = ConcurrentHashMap.newKeySet();
    private Thread looking;
    private boolean closed;

    /**
     * @param most how many readers there may be
     * @param mostFromOne how many of them at one address, unless it is this machine's
     * @param targets their names, as they are now
     * @param journal returns the file of the journal of a target
     */
    public Hub(
            Clock clock,
            int most,
            int mostFromOne,
            Supplier<Set<String>> targets,
            Function<String, Path> journal) {
        this(clock, most, mostFromOne, LOOK, targets, journal);
    }

    /**
     * @param look how often it is looked at the journals
     */
    Hub(
            Clock clock,
            int most,
            int mostFromOne,
            Duration look,
            Supplier<Set<String>> targets,
            Function<String, Path> journal) {
        this.clock = clock;
        this.most = most;
        this.mostFromOne = mostFromOne;
        this.look = look;
        this.journals = new JournalWatch(targets, journal);
    }

    /** Returns how many readers there may be. */
    public int most() {
        return most;
    }

    /** Returns how many of them there may be at one address. */
    public int mostFromOne() {
        return mostFromOne;
    }

    /** Returns how many readers there are. */
    public int readers() {
        return readers.size();
    }

    /**
     * Takes in a reader, who is told so first.
     *
     * @return false: there are too many, or too many where it is, or the agent stops
     */
    public synchronized boolean join(Reader reader) {
        if (closed || readers.size() >= most || isCrowded(reader.address())) {
            return false;
        }
        if (looking == null) {
            journals.begin();
            looking = new Thread(this::look, "live");
            looking.setDaemon(true);
            looking.start();
        }
        readers.add(reader);
        send(reader, Happening.of(Happening.HELLO, clock.instant(), null).text());
        return true;
    }

    /** One who listens a hundred times must not keep all others from it. */
    private boolean isCrowded(String address) {
        return address != null
                && readers.stream().filter(reader -> address.equals(reader.address())).count()
                        >= mostFromOne;
    }

    /** Lets go of a reader who is gone. */
    public void leave(Reader reader) {
        readers.remove(reader);
    }

    /** Sends all readers away, who may come again: who may listen has changed. */
    public void sendAway() {
        for (Reader reader : readers) {
            leave(reader);
            reader.end();
        }
    }

    /** Tells that an edit was taken up, or refused. */
    public void edited() {
        tell(Happening.of(Happening.EDIT, clock.instant(), null));
    }

    /** Returns what hears of runs. */
    public RunListener listener() {
        return new Listener();
    }

    private void tell(Happening happening) {
        if (readers.isEmpty()) {
            return;
        }
        if (happening.target() != null) {
            journals.know(happening.target());
        }
        send(happening.text());
    }

    private void send(String text) {
        readers.forEach(reader -> send(reader, text));
    }

    private void send(Reader reader, String text) {
        boolean hears;
        try {
            hears = reader.send(text);
        } catch (RuntimeException e) {
            LOG.debug("A reader cannot be told any more", e); // And the others must be.
            hears = false;
        }
        if (!hears) {
            leave(reader);
            reader.end();
        }
    }

    private void look() {
        long signedAt = System.nanoTime();
        while (goesOn()) {
            for (String target : journals.changed()) {
                send(Happening.of(Happening.CHANGED, clock.instant(), target).text());
            }
            if (System.nanoTime() - signedAt >= SIGN.toNanos()) {
                send(SIGN_OF_LIFE);
                signedAt = System.nanoTime();
            }
        }
    }

    /** Waits until the next look. */
    private synchronized boolean goesOn() {
        try {
            long end = System.nanoTime() + look.toNanos();
            while (!closed && end - System.nanoTime() > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, end - System.nanoTime());
            }
        } catch (InterruptedException e) {
            closed = true; // Nobody does that, but for who ends all of it.
        }
        if (closed || readers.isEmpty()) {
            looking = null;
            return false;
        }
        return true;
    }

    /** Nothing more is told. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        sendAway();
    }

    /** Makes events of news. */
    private final class Listener implements RunListener {

        @Override
        public void begun(Run run) {
            told(Happening.BEGUN, run, null, null);
        }

        @Override
        public void resumed(Run run) {
            told(Happening.RESUMED, run, null, null);
        }

        @Override
        public void suspended(Run run, String reason, boolean atOnce) {
            told(Happening.SUSPENDED, run, reason, null);
        }

        @Override
        public void warned(Run run, String warning) {
            told(Happening.WARNED, run, warning, null);
        }

        @Override
        public void operationStarted(Run run) {
            told(Happening.STAGE, run, null, null);
        }

        @Override
        public void operationSucceeded(Run run) {
            told(Happening.STAGE, run, null, null);
        }

        @Override
        public void waiting(Run run, Duration elapsed) {
            told(Happening.WAITING, run, null, elapsed.toSeconds());
        }

        @Override
        public void proven(Run run) {
            told(Happening.PROVEN, run, null, null);
        }

        @Override
        public void ended(RunResult result) {
            tell(
                    new Happening(
                            Happening.ENDED,
                            result.finishedAt(),
                            result.target(),
                            result.run(),
                            result.kind(),
                            result.stage(),
                            result.backup(),
                            result.outcome(),
                            result.reason(),
                            null));
        }

        private void told(String event, Run run, String reason, Long elapsed) {
            Instant now = clock.instant();
            tell(
                    new Happening(
                            event,
                            now,
                            run.target(),
                            run.id(),
                            run.kind(),
                            run.stage(),
                            run.backup(),
                            null,
                            reason,
                            elapsed));
        }
    }
}
