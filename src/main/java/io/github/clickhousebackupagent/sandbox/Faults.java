package io.github.clickhousebackupagent.sandbox;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What shall go wrong at a simulated server. Faults stay over a restart. A path prefix is compared
 * with the path as it was sent, such as {@code /backup/upload/}; {@code /} means every call.
 * Thread-safe.
 */
public final class Faults {
    private final List<Rule> rules = new ArrayList<>();
    private final Map<String, Duration> latencies = new HashMap<>();
    private final Map<String, Deque<Ending>> endings = new HashMap<>();
    private final Map<String, Deque<Gate>> gates = new HashMap<>();
    private final Map<String, Duration> durations = new HashMap<>();
    private final Function<String, Gate> lock;
    private final Consumer<Boolean> takeStorageAway;
    private boolean callbacksWithheld;

    Faults(Function<String, Gate> lock, Consumer<Boolean> takeStorageAway) {
        this.lock = lock;
        this.takeStorageAway = takeStorageAway;
    }

    /** What is answered in place of the server's own answer. */
    enum Kind {
        ANSWER,
        HALF_ANSWER,
        CLOSE
    }

    /** An answer in place of the server's own. */
    record Replacement(Kind kind, int status, String contentType, byte[] body) {}

    private static final class Rule {
        private final String prefix;
        private final Replacement replacement;
        private int left;

        Rule(String prefix, int times, Replacement replacement) {
            if (times < 1) {
                throw new IllegalArgumentException("times must be at least 1, not " + times);
            }
            this.prefix = Objects.requireNonNull(prefix, "prefix");
            this.left = times;
            this.replacement = replacement;
        }
    }

    /** Waits so long before each answer under a path prefix, until told otherwise; zero ends it. */
    public synchronized void latency(String pathPrefix, Duration latency) {
        latencies.put(pathPrefix, latency);
    }

    /**
     * Answers the next calls under a path prefix with something else, as a proxy in front would:
     * the server does not see the call.
     *
     * @param times how many calls
     * @param body may be empty
     */
    public void answer(String pathPrefix, int times, int status, String contentType, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        add(pathPrefix, times, new Replacement(Kind.ANSWER, status, contentType, bytes));
    }

    /**
     * Closes the connection of the next calls under a path prefix without an answer, unseen by the
     * server.
     */
    public void closeConnection(String pathPrefix, int times) {
        add(pathPrefix, times, new Replacement(Kind.CLOSE, 0, "", new byte[0]));
    }

    /**
     * Lets the server do what the next calls under a path prefix ask for, but closes the connection
     * in the middle of its answer.
     */
    public void halfAnswer(String pathPrefix, int times) {
        add(pathPrefix, times, new Replacement(Kind.HALF_ANSWER, 0, "", new byte[0]));
    }

    /** Sends no callbacks from now on, or sends them again. */
    public synchronized void withholdCallbacks(boolean withhold) {
        callbacksWithheld = withhold;
    }

    /**
     * Takes the remote storage away from the server, or gives it back: lists have no remote backups
     * then, and what needs the storage fails.
     */
    public void storageAway(boolean away) {
        takeStorageAway.accept(away);
    }

    /**
     * Begins an operation that nobody here asked for and that holds the server's lock until the
     * gate is opened, after which it is a success.
     *
     * @param command the text of its row, such as {@code create FOREIGN}
     */
    public Gate lock(String command) {
        return lock.apply(command);
    }

    /**
     * Lets the next operation end so. Several are taken in the order in which they were given, one
     * by an operation.
     *
     * @param operation {@code create}, {@code upload}, {@code create_remote}, {@code download},
     *     {@code restore} or {@code restore_remote}; no ending is taken by a {@code delete}
     */
    public synchronized void next(String operation, Ending ending) {
        endings.computeIfAbsent(operation, o -> new ArrayDeque<>()).add(ending);
    }

    /**
     * Holds the next operation of this kind in the middle, in place of its duration, until the gate
     * is opened. A {@code delete} has an operation's middle as well.
     */
    public synchronized Gate hold(String operation) {
        Gate gate = new Gate(() -> {});
        gates.computeIfAbsent(operation, o -> new ArrayDeque<>()).add(gate);
        return gate;
    }

    /**
     * Lets every operation of this kind take so long from now on, in place of the configured time.
     */
    public synchronized void duration(String operation, Duration duration) {
        durations.put(operation, duration);
    }

    /** Forgets all faults that are not in effect yet. Gates that hold something stay closed. */
    public synchronized void clear() {
        rules.clear();
        latencies.clear();
        endings.clear();
        gates.clear();
        durations.clear();
        callbacksWithheld = false;
        takeStorageAway.accept(false);
    }

    private synchronized void add(String prefix, int times, Replacement replacement) {
        rules.add(new Rule(prefix, times, replacement));
    }

    synchronized Optional<Replacement> take(String path) {
        for (Rule rule : rules) {
            if (path.startsWith(rule.prefix)) {
                rule.left--;
                if (rule.left == 0) {
                    rules.remove(rule);
                }
                return Optional.of(rule.replacement);
            }
        }
        return Optional.empty();
    }

    synchronized Duration latencyOf(String path) {
        return latencies.entrySet().stream()
                .filter(e -> path.startsWith(e.getKey()))
                .map(Map.Entry::getValue)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    synchronized boolean callbacksWithheld() {
        return callbacksWithheld;
    }

    synchronized Optional<Ending> takeEnding(String operation) {
        return Optional.ofNullable(endings.getOrDefault(operation, new ArrayDeque<>()).poll());
    }

    synchronized Optional<Gate> takeGate(String operation) {
        return Optional.ofNullable(gates.getOrDefault(operation, new ArrayDeque<>()).poll());
    }

    synchronized Optional<Duration> durationOf(String operation) {
        return Optional.ofNullable(durations.get(operation));
    }
}
