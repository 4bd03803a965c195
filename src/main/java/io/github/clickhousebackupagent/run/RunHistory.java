package io.github.clickhousebackupagent.run;

import io.github.clickhousebackupagent.journal.Journal;
import io.github.clickhousebackupagent.journal.JournalEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** What a journal tells of the runs in it. Stateless. */
public final class RunHistory {

    private RunHistory() {}

    /** Returns the runs that have ended, the one that began last being the last. */
    public static List<RunResult> results(Journal journal, String target) {
        return journal.runs().values().stream()
                .filter(RunHistory::ended)
                .map(events -> result(events, target))
                .toList();
    }

    /** Returns when it had its turn; before that it may have waited for hours. */
    private static JournalEvent begun(List<JournalEvent> events) {
        return events.stream()
                .filter(event -> event.event().equals(JournalEvent.BEGUN))
                .findFirst()
                .orElse(events.get(0));
    }

    private static boolean ended(List<JournalEvent> events) {
        return ending(events).isPresent();
    }

    private static Optional<JournalEvent> ending(List<JournalEvent> events) {
        return events.stream()
                .filter(event -> event.event().equals(JournalEvent.ENDED))
                .findFirst();
    }

    private static RunResult result(List<JournalEvent> events, String target) {
        JournalEvent first = events.get(0);
        JournalEvent last = ending(events).orElseThrow();
        return new RunResult(
                first.run(),
                target,
                detail(events, "kind", Function.identity()).flatMap(RunKind::of).orElse(null),
                detail(events, "schedule", Function.identity()).orElse(null),
                detail(events, "backup", Function.identity()).orElse(null),
                detail(events, "base", Function.identity()).orElse(null),
                detail(last, "outcome")
                        .flatMap(word -> named(Outcome.class, word))
                        .orElse(Outcome.INTERRUPTED),
                detail(last, "stage").flatMap(word -> named(Stage.class, word)).orElse(Stage.BEGIN),
                last.detail("reason"),
                null,
                begun(events).time(),
                last.time(),
                detail(events, "size", Long::valueOf).orElse(null),
                detail(events, "chain-length", Integer::valueOf).orElse(null),
                last.detail("summary"));
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
