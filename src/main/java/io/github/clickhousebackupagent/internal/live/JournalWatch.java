package io.github.clickhousebackupagent.internal.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Sees that a journal has become longer: commands write to it, too, and nobody tells the agent.
 * Reads none. Thread-safe.
 */
final class JournalWatch {

    private final Supplier<Map<String, Path>> journals;
    private final Map<String, Long> sizes = new HashMap<>();

    /**
     * @param journals the files, by the name of the target
     */
    JournalWatch(Supplier<Map<String, Path>> journals) {
        this.journals = journals;
    }

    /** Takes what is there for known. */
    synchronized void begin() {
        sizes.clear();
        changed();
    }

    /** Takes what the journal of a target says by now for known. */
    synchronized void know(String target) {
        Path journal = journals.get().get(target);
        if (journal != null) {
            sizes.put(target, size(journal));
        }
    }

    /** Returns the targets whose journal says something that was not known. */
    synchronized List<String> changed() {
        List<String> changed = new ArrayList<>();
        Map<String, Path> now = journals.get();
        now.forEach(
                (target, journal) -> {
                    long size = size(journal);
                    Long before = sizes.put(target, size);
                    if (before == null || before != size) {
                        changed.add(target);
                    }
                });
        sizes.keySet().retainAll(now.keySet());
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
