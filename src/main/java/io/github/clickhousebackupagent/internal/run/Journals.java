package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.event.RunSuspendedException;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** The journals of all targets, and what they say. Thread-safe. */
final class Journals {

    /** Beyond these, the journal itself tells what was done. */
    private static final int BACKUPS = 100;

    private static final class Read {
        private TargetState state;
        private TargetHistory history;
        private long end;

        Read(String target) {
            begin(target);
        }

        void begin(String target) {
            state = new TargetState();
            history = new TargetHistory(target, BACKUPS);
            end = 0;
        }

        void accept(JournalEvent event) {
            state.accept(event);
            history.accept(event);
        }
    }

    private final AgentConfig config;
    private final Clock clock;
    private final Map<String, Journal> journals = new ConcurrentHashMap<>();
    private final Map<String, Read> reads = new ConcurrentHashMap<>();
    private volatile boolean closed;

    Journals(AgentConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
    }

    Journal of(String target) {
        return journals.computeIfAbsent(
                target,
                name -> new Journal(config.stateDirectory(name).resolve(Journal.FILE_NAME)));
    }

    /**
     * Looks at what the journal of a target says now, also what other processes wrote.
     *
     * @throws io.github.clickhousebackupagent.internal.journal.JournalException if it cannot be
     *     read
     */
    <T> T look(String target, Function<TargetState, T> at) {
        Read read = reads.computeIfAbsent(target, Read::new);
        synchronized (read) {
            update(read, target);
            return at.apply(read.state);
        }
    }

    /**
     * Returns how a target stands by what its journal says now; of its backups, the latest ones.
     *
     * @throws io.github.clickhousebackupagent.internal.journal.JournalException if it cannot be
     *     read
     */
    Standing standing(String target) {
        Read read = reads.computeIfAbsent(target, Read::new);
        synchronized (read) {
            update(read, target);
            return read.history.standing(read.state);
        }
    }

    /** Returns the runs that ended last, the latest first, at most {@link TargetHistory#RECENT}. */
    List<RunResult> recent(String target) {
        Read read = reads.computeIfAbsent(target, Read::new);
        synchronized (read) {
            update(read, target);
            return read.history.recent();
        }
    }

    /** Returns what there is to count and to measure of a target. */
    TargetFigures figures(String target) {
        Read read = reads.computeIfAbsent(target, Read::new);
        synchronized (read) {
            update(read, target);
            return read.history.figures(read.state);
        }
    }

    private void update(Read read, String target) {
        try {
            read.end = of(target).forEach(read.end, () -> read.begin(target), read::accept);
        } catch (RuntimeException e) {
            // What came before the fault is in already, and would be taken in once more.
            read.begin(target);
            throw e;
        }
    }

    /**
     * Nothing is written any more. What could not be stopped in time, such as a call that is not
     * answered, must not go on beside what has taken its place.
     */
    void close() {
        closed = true;
    }

    boolean closed() {
        return closed;
    }

    /**
     * Writes events of now.
     *
     * @throws RunSuspendedException if others go on with the runs of this agent
     */
    void write(String target, JournalEvent... events) {
        if (closed) {
            throw new RunSuspendedException("other routes go on with it");
        }
        of(target).append(events);
    }

    void write(Run run, String event, Map<String, Object> details) {
        write(run.target(), event(run.id(), event, details));
    }

    JournalEvent event(String run, String event, Map<String, Object> details) {
        return new JournalEvent(clock.instant(), run, event, details);
    }
}
