package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.order.Order;
import io.github.clickhousebackupagent.internal.order.Orders;
import io.github.clickhousebackupagent.internal.order.Place;
import io.github.clickhousebackupagent.internal.run.RunResult.Failure;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** What a journal tells of the runs in it. Stateless. */
public final class RunHistory {

    private RunHistory() {}

    /** Returns the runs that have ended, the one that began last being the last. */
    public static List<RunResult> results(Journal journal, String target) {
        // Of what is over only the result is kept: a journal may be larger than the memory.
        Map<String, RunResult> results = new LinkedHashMap<>();
        Map<String, List<JournalEvent>> open = new HashMap<>();
        journal.forEach(
                0,
                () -> {},
                event -> {
                    if (event.run() == null || event.event() == null || isOver(results, event)) {
                        return;
                    }
                    results.putIfAbsent(event.run(), null); // Its place is that of its beginning.
                    open.computeIfAbsent(event.run(), run -> new ArrayList<>()).add(event);
                    if (event.event().equals(JournalEvent.ENDED)) {
                        results.put(event.run(), result(open.remove(event.run()), target));
                    }
                });
        return results.values().stream().filter(Objects::nonNull).toList();
    }

    private static boolean isOver(Map<String, RunResult> results, JournalEvent event) {
        return results.get(event.run()) != null;
    }

    /**
     * Returns how a target stands, by going through its journal once.
     *
     * @throws io.github.clickhousebackupagent.internal.journal.JournalException if it cannot be
     *     read
     */
    public static Standing standing(Journal journal, String target) {
        TargetHistory history = new TargetHistory(target, Integer.MAX_VALUE);
        TargetState state = new TargetState();
        journal.forEach(
                0,
                () -> {},
                event -> {
                    state.accept(event);
                    history.accept(event);
                });
        return history.standing(state);
    }

    static Standing.AtWork atWork(List<JournalEvent> events, String target) {
        Run run = Replay.of(target, events);
        return new Standing.AtWork(
                run.id(),
                run.kind(),
                run.stage(),
                run.backup() == null
                        ? detail(events, "backup", Function.identity()).orElse(null)
                        : run.backup(),
                run.schedule(),
                begun(events).time());
    }

    /** Only a run that has come to its end counts: then the marker was on the backup. */
    static Optional<Standing.Proven> proven(
            List<JournalEvent> events, RunResult result, Map<String, Instant> made) {
        boolean proves =
                result.outcome() == Outcome.SUCCESS
                        && result.kind() != null
                        && (result.kind().makesBackup() || result.kind() == RunKind.ADOPT)
                        && result.backup() != null;
        if (!proves) {
            return Optional.empty();
        }
        Instant asOf = result.startedAt();
        if (!result.kind().makesBackup()) {
            // What is adopted is as old as it is, and not as young as its adoption.
            asOf =
                    detail(events, "created", Function.identity())
                            .flatMap(RunHistory::time)
                            .or(() -> Optional.ofNullable(made.get(result.backup())))
                            .orElse(null);
        }
        return Optional.of(
                new Standing.Proven(
                        result.backup(),
                        result.kind(),
                        asOf,
                        result.startedAt(),
                        result.finishedAt(),
                        result.run(),
                        result.base(),
                        result.size(),
                        result.chainLength()));
    }

    /**
     * Returns the backup that may be gone from remote storage from an event on. Of a deletion that
     * failed it may be half: a list shows that as whole.
     */
    static Optional<String> deletedFromRemote(JournalEvent event) {
        return Optional.of(event)
                .filter(one -> one.event().equals(JournalEvent.OPERATION_ANNOUNCED))
                .filter(one -> Stage.DELETE.word().equals(one.detail("operation")))
                .filter(one -> Place.REMOTE.word().equals(one.detail("place")))
                .map(one -> one.detail("backup"));
    }

    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeException e) {
            return Optional.empty(); // Written by hand.
        }
    }

    /** Returns when it had its turn; before that it may have waited for hours. */
    static JournalEvent begun(List<JournalEvent> events) {
        return events.stream()
                .filter(event -> event.event().equals(JournalEvent.BEGUN))
                .findFirst()
                .orElse(events.get(0));
    }

    /** Returns whether the end of a run is among its events. */
    static boolean isOver(List<JournalEvent> events) {
        return ending(events).isPresent();
    }

    private static Optional<JournalEvent> ending(List<JournalEvent> events) {
        return events.stream()
                .filter(event -> event.event().equals(JournalEvent.ENDED))
                .findFirst();
    }

    /**
     * Returns how a run ended.
     *
     * @param events all of it, oldest first; its end is among them
     */
    public static RunResult result(List<JournalEvent> events, String target) {
        JournalEvent first = events.get(0);
        JournalEvent last = ending(events).orElseThrow();
        Optional<RunKind> kind = detail(events, "kind", Function.identity()).flatMap(RunKind::of);
        return new RunResult(
                first.run(),
                target,
                kind.orElse(null),
                detail(events, "schedule", Function.identity()).orElse(null),
                backup(events, kind).orElse(null),
                detail(events, "base", Function.identity()).orElse(null),
                outcome(last),
                detail(last, "stage").flatMap(word -> named(Stage.class, word)).orElse(Stage.BEGIN),
                last.detail("reason"),
                // Not in what agents wrote before it was.
                detail(last, "failure").flatMap(word -> named(Failure.class, word)).orElse(null),
                begun(events).time(),
                last.time(),
                detail(events, "size", RunHistory::number).orElse(null),
                detail(events, "chain-length", RunHistory::number)
                        .filter(length -> length <= Integer.MAX_VALUE)
                        .map(Long::intValue)
                        .orElse(null),
                last.detail("summary"));
    }

    /** Returns how a run ended by its last event; one of a newer agent counts as interrupted. */
    static Outcome outcome(JournalEvent ended) {
        return detail(ended, "outcome")
                .flatMap(word -> named(Outcome.class, word))
                .orElse(Outcome.INTERRUPTED);
    }

    /** Returns the one backup that a run is about; empty where it is about several. */
    private static Optional<String> backup(List<JournalEvent> events, Optional<RunKind> kind) {
        Object order = begun(events).details().get("order");
        return order == null || kind.filter(known -> !known.makesBackup()).isEmpty()
                ? detail(events, "backup", Function.identity())
                : Orders.of(kind.get().order(), order).map(Order::backup);
    }

    /** Returns what a text says; null: no number, or none that anything has so many of. */
    private static Long number(String text) {
        return text.matches("[0-9]{1,18}") ? Long.valueOf(text) : null; // Written by hand.
    }

    private static Optional<String> detail(JournalEvent event, String key) {
        return Optional.ofNullable(event.detail(key));
    }

    /** Returns a detail as the last event that has it says. */
    private static <T> Optional<T> detail(
            List<JournalEvent> events, String key, Function<String, T> as) {
        List<JournalEvent> backwards = new ArrayList<>(events);
        Collections.reverse(backwards);
        return backwards.stream()
                .map(event -> event.detail(key))
                .filter(Objects::nonNull)
                .findFirst()
                .map(as);
    }

    /** Returns what a word stands for; empty for one that a newer agent may have written. */
    private static <E extends Enum<E>> Optional<E> named(Class<E> type, String word) {
        return Stream.of(type.getEnumConstants())
                .filter(c -> c.name().equals(word.toUpperCase(Locale.ROOT).replace('-', '_')))
                .findFirst();
    }
}
