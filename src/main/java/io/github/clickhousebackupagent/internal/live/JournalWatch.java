package io.github.clickhousebackupagent.internal.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Sees that a journal has become longer: commands write to it, too, and nobody tells the agent.
 * Reads none. Thread-safe.
 */
final class JournalWatch {

    private final Supplier<Set<String>> targets;
    private final Function<String, Path> journal;
    private final Map<String, Long> sizes = new HashMap<>();

    /**
     * @param targets their names, as they are now
     * @param journal returns the file of a target
     */
    JournalWatch(Supplier<Set<String>> targets, Function<String, Path> journal) {
        this.targets = targets;
        this.journal = journal;
    }

    /** Takes what is there for known. */
    synchronized void begin() {
        sizes.clear();
        changed();
    }

    /** Takes what the journal of a target says by now for known. */
    synchronized void know(String target) {
        sizes.put(target, size(journal.apply(target)));
    }

    /** Returns the targets whose journal says something that was not known. */
    synchronized List<String> changed() {
        List<String> changed = new ArrayList<>();
        Set<String> now = targets.get();
        for (String target : now) {
            long size = size(journal.apply(target));
            Long before = sizes.put(target, size);
            if (before == null || before != size) {
                changed.add(target);
            }
        }
        sizes.keySet().retainAll(now);
        return changed;
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0; // Nothing has happened there yet.
        } catch (IOException e) {
            return -1; // Who asks for the state is told why.
        }
    }
}
