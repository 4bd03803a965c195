package io.github.clickhousebackupagent.internal.notice;

import io.github.clickhousebackupagent.event.Notice;
import io.github.clickhousebackupagent.internal.run.Causes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What becomes of messages to receivers, which routes tell: each that is taken in is sent or has
 * failed in the end, and is counted then. Holds a bounded number for each receiver. Thread-safe.
 */
public final class Deliveries {

    private static final Logger LOG = LogManager.getLogger(Deliveries.class);

    private static final class Receiver {
        private final Map<String, Notice> waiting = new LinkedHashMap<>();
        private boolean inTrouble;
    }

    private final Clock clock;
    private final Duration limit;
    private final Duration grace;
    private final int most;
    private final DeliveryCounts counts;
    private final Owed owed;
    private final Map<String, Receiver> receivers = new TreeMap<>();
    private final Deque<Owed.Message> takenOver = new ArrayDeque<>();
    private Instant ending;
    private boolean handsOver;

    /**
     * @param clock for the limits
     * @param limit how long a message is tried again
     * @param grace how long messages that wait are sent after the agent was told to stop
     * @param most how many messages wait for a receiver at most
     * @param counts where they are counted
     * @param owed what an edit leaves to those after it
     */
    public Deliveries(
            Clock clock,
            Duration limit,
            Duration grace,
            int most,
            DeliveryCounts counts,
            Owed owed) {
        this.clock = clock;
        this.limit = limit;
        this.grace = grace;
        this.most = most;
        this.counts = counts;
        this.owed = owed;
    }

    /**
     * Returns whether a receiver is to get a notice: it matters enough, and not too many wait.
     *
     * @param least the level from which on it wants them
     * @throws IllegalArgumentException if that is no level
     */
    public synchronized boolean takes(String receiver, Notice notice, String least) {
        Level from =
                Level.of(least)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "found the level %s; allowed: one of %s"
                                                        .formatted(
                                                                least,
                                                                String.join(", ", Level.words()))));
        // Known with the first notice, so that a count of 0 is there to be watched.
        counts.known(receiver);
        Receiver to = receiver(receiver);
        if (Level.of(notice.level()).orElse(Level.ERROR).compareTo(from) < 0) {
            return false;
        }
        if (to.waiting.size() >= most) {
            lost(receiver, notice, most + " wait already");
            return false;
        }
        to.waiting.put(notice.id(), notice);
        return true;
    }

    /** Returns whether a message is to be sent now; one that waited until the stop may not be. */
    public synchronized boolean open(String receiver, Notice notice) {
        boolean over = ending != null && clock.instant().isAfter(ending.plus(grace));
        return !over && !handsOver && receiver(receiver).waiting.containsKey(notice.id());
    }

    /** Returns whether a message that was not taken is worth another try. */
    public synchronized boolean again(String receiver, Notice notice, Exception why) {
        boolean again =
                ending == null
                        && !handsOver
                        && Duration.between(notice.time(), clock.instant()).compareTo(limit) < 0;
        Receiver to = receiver(receiver);
        if (again && !to.inTrouble) {
            to.inTrouble = true;
            LOG.warn(
                    "{}: notices are not taken, and are tried again: {}",
                    receiver,
                    Causes.words(why));
        }
        return again;
    }

    /** A receiver has taken a message. */
    public synchronized void sent(String receiver, Notice notice) {
        Receiver to = receiver(receiver);
        if (to.waiting.remove(notice.id()) != null) {
            counts.sent(receiver);
        }
        if (to.inTrouble) {
            to.inTrouble = false;
            LOG.info("{}: notices are taken again", receiver);
        }
    }

    /** A message was tried for long enough, unless others go on with it. */
    public synchronized void failed(String receiver, Notice notice, Exception why) {
        if (handsOver) {
            return;
        }
        Receiver to = receiver(receiver);
        if (to.waiting.remove(notice.id()) != null) {
            lost(receiver, notice, Causes.words(why));
        }
    }

    private void lost(String name, Notice notice, String why) {
        counts.failed(name);
        LOG.error("{}: a notice is not sent: {} (\"{}\")", name, why, notice.title());
    }

    /** The agent stops: what waits is tried once more, for a while. */
    public synchronized void ending() {
        ending = clock.instant();
    }

    /**
     * An edit takes the place of these: nothing is begun any more, and what waits is left to it.
     */
    public synchronized void handsOver() {
        handsOver = true;
    }

    /** Takes over what those before an edit have left. */
    public synchronized void takeOver() {
        takenOver.addAll(owed.take());
    }

    /** Returns the next of what was taken over; empty: none, or others are to go on with it. */
    public synchronized Optional<Owed.Message> next() {
        return handsOver || ending != null
                ? Optional.empty()
                : Optional.ofNullable(takenOver.peek());
    }

    /** Its receiver was told again of what was taken over. */
    public synchronized void told(Owed.Message message) {
        takenOver.remove(message);
    }

    /** Nobody is there any more who would take what was taken over. */
    public synchronized void unwanted(Owed.Message message) {
        if (takenOver.remove(message)) {
            lost(
                    message.receiver(),
                    message.notice(),
                    "no route direct:on-notice/%s is there after the edit"
                            .formatted(message.receiver()));
        }
    }

    /** Nothing is sent any more. */
    public synchronized void close() {
        List<Owed.Message> left = new ArrayList<>();
        receivers.forEach(
                (name, receiver) -> {
                    receiver.waiting
                            .values()
                            .forEach(notice -> left.add(new Owed.Message(name, notice)));
                    receiver.waiting.clear();
                });
        left.addAll(takenOver);
        takenOver.clear();
        if (handsOver) {
            left.forEach(owed::add);
        } else {
            left.addAll(owed.take());
            left.forEach(message -> lost(message, "the agent has stopped"));
        }
    }

    private void lost(Owed.Message message, String why) {
        if (message.receiver() == null) {
            LOG.error("A notice is not sent: {} (\"{}\")", why, message.notice().title());
        } else {
            lost(message.receiver(), message.notice(), why);
        }
    }

    private Receiver receiver(String name) {
        return receivers.computeIfAbsent(name, any -> new Receiver());
    }
}
