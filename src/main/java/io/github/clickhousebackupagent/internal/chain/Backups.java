package io.github.clickhousebackupagent.internal.chain;

import io.github.clickhousebackupagent.api.BackupItem;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The backups in one place, by name, in the order in which the server lists them. */
public final class Backups {

    /** Length of {@code 2026-11-22_20-30-00}. */
    private static final int TIME_LENGTH = 19;

    private final Map<String, BackupItem> byName = new LinkedHashMap<>();

    /**
     * @param items as the server lists them
     */
    public Backups(Collection<BackupItem> items) {
        items.forEach(item -> byName.put(item.name(), item));
    }

    /** Returns whether there is none at all. */
    public boolean isEmpty() {
        return byName.isEmpty();
    }

    /** Returns a backup by its name. */
    public Optional<BackupItem> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** Returns whether a backup of this name is there, whole or broken. */
    public boolean has(String name) {
        return byName.containsKey(name);
    }

    /** Returns whether a backup of this name is there and can be restored. */
    public boolean hasWhole(String name) {
        return find(name).filter(item -> !item.broken()).isPresent();
    }

    /** Returns all names, in the order in which the server lists them. */
    public Set<String> names() {
        return Collections.unmodifiableSet(byName.keySet());
    }

    /**
     * Returns the order of names by age, the oldest first: by what the server says, and where two
     * are of the same second, by the time that names end with.
     */
    public Comparator<String> byAge() {
        return Comparator.comparing((String name) -> find(name).map(BackupItem::created).orElse(""))
                .thenComparing(name -> name.substring(Math.max(0, name.length() - TIME_LENGTH)));
    }

    /** Returns how many of them the server calls broken. */
    public int broken() {
        return (int) byName.values().stream().filter(BackupItem::broken).count();
    }

    /** Returns of how many the base is not among them. */
    public int orphaned() {
        return (int)
                byName.values().stream()
                        .map(BackupItem::required)
                        .filter(base -> !base.isEmpty() && !byName.containsKey(base))
                        .count();
    }

    /** Returns whether a backup can be restored: it and all that it needs are there and whole. */
    public boolean isRestorable(String name) {
        try {
            return chain(name).names().stream()
                    .allMatch(part -> find(part).orElseThrow().size() > 0);
        } catch (BrokenChainException e) {
            return false; // Which part is missing does not matter here.
        }
    }

    /**
     * Returns the chain that a backup is the end of: the FULL first, then each that is based on the
     * one before it.
     *
     * @throws BrokenChainException if one of them is missing, broken, or needed by itself
     */
    public Chain chain(String name) {
        Set<String> backwards = new LinkedHashSet<>();
        String next = name;
        while (!next.isEmpty()) {
            String current = next;
            if (!backwards.add(current)) {
                throw new BrokenChainException(name, current + " is its own base");
            }
            BackupItem item =
                    find(current)
                            .orElseThrow(
                                    () ->
                                            new BrokenChainException(
                                                    name, current + " is not in the list"));
            if (item.broken()) {
                throw new BrokenChainException(name, current + " is " + item.description());
            }
            next = item.required();
        }
        return new Chain(backwards);
    }
}
