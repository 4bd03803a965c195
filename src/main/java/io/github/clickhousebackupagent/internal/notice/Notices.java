package io.github.clickhousebackupagent.internal.notice;

import io.github.clickhousebackupagent.event.Notice;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.RunResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Decides what is worth a message. What went wrong until now is read from the journals, so that it
 * is known after a restart, and so is what another process did. What is held for a target does not
 * grow with its journal. Thread-safe.
 */
public final class Notices {

    private static final Logger LOG = LogManager.getLogger(Notices.class);

    /** Between the end of a run in its journal and our being told of it, others end. */
    private static final int DECIDED = 16;

    private final Function<String, Journal> journals;
    private final Duration reminder;
    private final Map<String, Watch> watches = new ConcurrentHashMap<>();

    /**
     * @param journals has the journal of each target
     * @param reminder after which a trouble that lasts is told again
     */
    public Notices(Function<String, Journal> journals, Duration reminder) {
        this.journals = journals;
        this.reminder = reminder;
    }

    /** Takes in the end of a run that is in its journal, and returns what is worth a message. */
    public Optional<Notice> ended(RunResult result) {
        Watch watch = watch(result.target());
        synchronized (watch) {
            try {
                watch.advance();
            } catch (JournalException e) {
                // One message too many is better than none.
                LOG.error(
                        "{}: what failed before is not known: {}", result.target(), e.getMessage());
            }
            Optional<Notice> decided = watch.decided.remove(result.run());
            // What could not be written down has happened all the same.
            return decided == null ? watch.troubles.ended(result) : decided;
        }
    }

    /**
     * Takes in a warning, and returns it if it is worth a message. Warnings are in no journal:
     * after a restart each is told once more.
     */
    public Optional<Notice> warned(Run run, String warning, Instant now) {
        Watch watch = watch(run.target());
        synchronized (watch) {
            return watch.troubles.warned(run, warning, now);
        }
    }

    /**
     * Returns the notice that something is no longer in the configuration. It has no end, and no
     * reminder: what the configuration does not have, nobody watches.
     *
     * @param what stands for a run that will not be: the target, and the schedule if that is known
     * @param title what it is, in one line
     * @param text what more is known
     */
    public static Notice withdrawn(Run what, String title, String text, Instant now) {
        return Troubles.withdrawn(what, title, text, now);
    }

    private Watch watch(String target) {
        return watches.computeIfAbsent(target, name -> new Watch(name, journals.apply(name)));
    }

    /** One target, as far as its journal was read. */
    private final class Watch {

        private final String target;
        private final Journal journal;
        private final Map<String, List<JournalEvent>> open = new HashMap<>();
        private final Map<String, Optional<Notice>> decided =
                new LinkedHashMap<>() {
                    private static final long serialVersionUID = 1L;

                    @Override
                    protected boolean removeEldestEntry(
                            Map.Entry<String, Optional<Notice>> eldest) {
                        return size() > DECIDED;
                    }
                };
        private Troubles troubles = new Troubles(reminder);
        private long end;
        private boolean failed;

        Watch(String target, Journal journal) {
            this.target = target;
            this.journal = journal;
        }

        void advance() {
            if (failed) {
                // What ended since was decided without its journal, and is in that.
                beginAnew();
                failed = false;
            }
            try {
                end = journal.forEach(end, this::beginAnew, this::accept);
            } catch (RuntimeException e) {
                // What came before the fault is in already, and would be taken in once more.
                beginAnew();
                failed = true;
                throw e;
            }
        }

        private void beginAnew() {
            end = 0;
            troubles = new Troubles(reminder);
            open.clear();
            decided.clear();
        }

        private void accept(JournalEvent event) {
            if (event.run() == null || event.event() == null) {
                return;
            }
            switch (event.event()) {
                case JournalEvent.REQUESTED, JournalEvent.BEGUN -> open(event);
                case JournalEvent.ENDED -> {
                    open(event);
                    RunResult result = RunHistory.result(open.remove(event.run()), target);
                    decided.put(event.run(), troubles.ended(result));
                }
                default -> {
                    // Of a run whose beginning is lost nothing can be made.
                    if (open.containsKey(event.run())) {
                        open(event);
                    }
                }
            }
        }

        private void open(JournalEvent event) {
            open.computeIfAbsent(event.run(), run -> new ArrayList<>()).add(event);
        }
    }
}
