package io.github.clickhousebackupagent.run;

import io.github.clickhousebackupagent.chain.BackupKind;
import io.github.clickhousebackupagent.journal.Journal;
import io.github.clickhousebackupagent.journal.JournalEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
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

    /** Returns the runs that have begun and not ended, with the outcome interrupted. */
    public static List<RunResult> unfinished(Journal journal, String target) {
        return journal.runs().values().stream()
                .filter(events -> !ended(events))
                .map(events -> result(events, target))
                .toList();
    }

    /** Returns all names of backups that were ever chosen. */
    public static Set<String> names(Journal journal) {
        return journal.read().stream()
                .filter(event -> event.event().equals(JournalEvent.BASE_CHOSEN))
                .map(event -> event.detail("backup"))
                .filter(Objects::nonNull)
                .collect(Collectors.toCollection(ConcurrentHashMap::newKeySet));
    }

    private static boolean ended(List<JournalEvent> events) {
        return events.stream().anyMatch(event -> event.event().equals(JournalEvent.ENDED));
    }

    private static RunResult result(List<JournalEvent> events, String target) {
        JournalEvent first = events.get(0);
        JournalEvent last = events.get(events.size() - 1);
        boolean ended = ended(events);
        return new RunResult(
                first.run(),
                target,
                detail(events, "kind", Function.identity())
                        .flatMap(word -> named(BackupKind.class, word))
                        .orElse(null),
                detail(events, "schedule", Function.identity()).orElse(null),
                detail(events, "backup", Function.identity()).orElse(null),
                detail(events, "base", Function.identity()).orElse(null),
                ended
                        ? detail(events, "outcome", Function.identity())
                                .flatMap(word -> named(Outcome.class, word))
                                .orElse(Outcome.INTERRUPTED)
                        : Outcome.INTERRUPTED,
                detail(events, "stage", Function.identity())
                        .flatMap(word -> named(Stage.class, word))
                        .orElseGet(() -> stage(last)),
                ended
                        ? detail(events, "reason", Function.identity()).orElse(null)
                        : "the agent ended in the middle of it; the server may have gone on",
                null,
                first.time(),
                last.time(),
                detail(events, "size", Long::valueOf).orElse(null),
                detail(events, "chain-length", Integer::valueOf).orElse(null));
    }

    private static Stage stage(JournalEvent last) {
        return switch (last.event()) {
            case JournalEvent.BEGUN -> Stage.BEGIN;
            case JournalEvent.BASE_CHOSEN -> Stage.CHOOSE_BASE;
            case JournalEvent.PROVEN -> Stage.PROVE;
            case JournalEvent.MARKER_ANNOUNCED, JournalEvent.MARKER_MOVED -> Stage.MOVE_MARKER;
            default -> {
                String operation = last.detail("operation");
                yield operation == null
                        ? Stage.BEGIN
                        : named(Stage.class, operation).orElse(Stage.BEGIN);
            }
        };
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
