package io.github.clickhousebackupagent.internal.inventory;

import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.chain.Backups;
import io.github.clickhousebackupagent.internal.chain.BrokenChainException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The backups of a target, in both places. Immutable.
 *
 * <p>A copy on the server's disk holds all that it needs itself; one on remote storage needs its
 * chain there.
 */
public final class Inventory {

    private static final Comparator<Entry> OLDEST_FIRST =
            Comparator.comparing(
                            Entry::created,
                            Comparator.nullsLast(Comparator.<Instant>naturalOrder()))
                    .thenComparing(Entry::name);

    private final Map<String, Entry> byName = new LinkedHashMap<>();
    private final List<String> warnings;

    private Inventory(Collection<Entry> entries, List<String> warnings) {
        entries.stream().sorted(OLDEST_FIRST).forEach(entry -> byName.put(entry.name(), entry));
        this.warnings = List.copyOf(warnings);
    }

    /**
     * Puts the lists of a server together.
     *
     * @param local what is on the server's disk
     * @param remote what is on remote storage
     * @param known what the marker and the journal say
     * @param times how to read the times in the lists
     */
    public static Inventory of(
            List<BackupItem> local, List<BackupItem> remote, Known known, ServerTimes times) {
        Backups inLocal = new Backups(local);
        Backups inRemote = new Backups(remote);
        Map<String, List<String>> dependants = new LinkedHashMap<>();
        for (BackupItem item : remote) {
            if (!item.required().isEmpty()) {
                dependants
                        .computeIfAbsent(item.required(), base -> new ArrayList<>())
                        .add(item.name());
            }
        }
        Set<String> names = new LinkedHashSet<>(inRemote.names());
        names.addAll(inLocal.names());
        List<Entry> entries = new ArrayList<>();
        for (String name : names) {
            entries.add(
                    entry(
                            name,
                            inLocal,
                            inRemote,
                            dependants.getOrDefault(name, List.of()),
                            known,
                            times));
        }
        List<String> warnings = new ArrayList<>(warnings(inRemote, known.marker()));
        entries.stream()
                .filter(entry -> known.marker().filter(entry.name()::equals).isPresent())
                .filter(entry -> entry.remote() != null && entry.state() == State.BROKEN)
                .map(
                        entry ->
                                "the marker names %s, which is broken: %s"
                                        .formatted(entry.name(), entry.reason()))
                .forEach(warnings::add);
        return new Inventory(entries, warnings);
    }

    private static List<String> warnings(Backups remote, Optional<String> marker) {
        if (marker.isEmpty() || remote.has(marker.get())) {
            return List.of();
        }
        // A server whose storage is out of reach lists nothing, and calls that success.
        return List.of(
                remote.isEmpty()
                        ? "the remote list is empty, although the marker names %s (is the storage within reach?)"
                                .formatted(marker.get())
                        : "the marker names %s, which is not in the remote list"
                                .formatted(marker.get()));
    }

    private static Entry entry(
            String name,
            Backups inLocal,
            Backups inRemote,
            List<String> dependants,
            Known known,
            ServerTimes times) {
        BackupItem local = inLocal.find(name).orElse(null);
        BackupItem remote = inRemote.find(name).orElse(null);
        boolean localWhole = inLocal.hasWhole(name);
        List<String> chain = List.of();
        String reason = null;
        State state;
        if (remote == null) {
            state = localWhole ? State.LOCAL_ONLY : State.BROKEN;
            reason = localWhole ? null : said(local);
            chain = localWhole ? List.of(name) : chain;
        } else {
            reason = whyNotRestorable(name, inRemote);
            if (reason != null) {
                state = State.BROKEN;
            } else {
                chain = inRemote.chain(name).names();
                boolean last = known.marker().filter(name::equals).isPresent();
                boolean proven = known.proven().contains(name);
                state = last ? State.LAST : proven ? State.PROVEN : State.WHOLE;
            }
        }
        // Without metadata, a list cannot tell what it is based on.
        BackupItem telling =
                remote != null && !remote.broken() ? remote : localWhole ? local : null;
        String base = telling == null || telling.required().isEmpty() ? null : telling.required();
        if (telling == null && remote != null && !remote.required().isEmpty()) {
            base = remote.required();
        }
        BackupKind kind = base != null ? BackupKind.DIFF : telling == null ? null : BackupKind.FULL;
        return new Entry(
                name,
                local,
                remote,
                kind,
                base,
                created(name, local, remote, known, times),
                chain,
                dependants,
                known.proven().contains(name),
                state,
                reason,
                note(name, local, remote, localWhole, state, known));
    }

    /** The run that made it knows best: it needs no zone. */
    private static Instant created(
            String name, BackupItem local, BackupItem remote, Known known, ServerTimes times) {
        return Optional.ofNullable(known.made().get(name))
                .or(() -> Optional.ofNullable(remote).flatMap(item -> times.read(item.created())))
                .or(() -> Optional.ofNullable(local).flatMap(item -> times.read(item.created())))
                .orElse(null);
    }

    private static String whyNotRestorable(String name, Backups remote) {
        BackupItem item = remote.find(name).orElseThrow();
        if (item.broken()) {
            return said(item);
        }
        try {
            return remote.chain(name).names().stream()
                    .filter(part -> remote.find(part).orElseThrow().size() <= 0)
                    .findFirst()
                    .map(part -> (part.equals(name) ? "it" : part) + " has no size in the list")
                    .orElse(null);
        } catch (BrokenChainException e) {
            return e.reason();
        }
    }

    /** Returns what the server says of one that it calls broken, without saying so twice. */
    private static String said(BackupItem item) {
        String said = item.description().strip();
        if (said.equals("old-format")) {
            return "it has no metadata (old-format)";
        }
        String rest = said.replaceFirst("^broken[: ]*", "");
        if (rest.startsWith("(") && rest.endsWith(")")) {
            rest = rest.substring(1, rest.length() - 1);
        }
        return rest.isBlank() ? "the server says so" : rest;
    }

    private static String note(
            String name,
            BackupItem local,
            BackupItem remote,
            boolean localWhole,
            State state,
            Known known) {
        List<String> notes = new ArrayList<>();
        if (known.underway().containsKey(name)) {
            notes.add("its run is not over, in " + known.underway().get(name));
        }
        if (remote != null && state == State.BROKEN && localWhole) {
            notes.add("the local copy is whole");
        }
        if (remote != null && state != State.BROKEN && local != null && !localWhole) {
            notes.add("the local copy is broken: " + said(local));
        }
        return notes.isEmpty() ? null : String.join("; ", notes);
    }

    /** Returns all backups, the oldest first; those whose age nobody knows are the last. */
    public List<Entry> entries() {
        return List.copyOf(byName.values());
    }

    /** Returns a backup by its name. */
    public Optional<Entry> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** Returns what is not as it should be with all of it. */
    public List<String> warnings() {
        return warnings;
    }

    /**
     * Returns all on remote storage that need a backup, directly or not: each before what it is
     * based on, which is the order in which they may be deleted.
     */
    public List<String> allDependants(String name) {
        Set<String> found = new LinkedHashSet<>();
        Deque<String> left = new ArrayDeque<>(List.of(name));
        while (!left.isEmpty()) {
            for (Entry entry : byName.values()) {
                boolean based =
                        entry.remote() != null && left.peek().equals(entry.remote().required());
                if (based && !entry.name().equals(name) && found.add(entry.name())) {
                    left.add(entry.name());
                }
            }
            left.remove();
        }
        List<String> backwards = new ArrayList<>(found);
        Collections.reverse(backwards);
        return backwards;
    }
}
