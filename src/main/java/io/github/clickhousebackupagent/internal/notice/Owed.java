package io.github.clickhousebackupagent.internal.notice;

import io.github.clickhousebackupagent.event.Notice;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The notices that waited when an edit took the place of the routes that were to send them. Those
 * that come after go on with them. Thread-safe.
 */
public final class Owed {

    /**
     * A notice that waited.
     *
     * @param receiver who was to get it; null: nobody was told yet
     * @param notice what was to be told
     */
    public record Message(String receiver, Notice notice) {}

    private final Set<Message> waiting = new LinkedHashSet<>();

    /** Keeps one; the same one once. */
    public synchronized void add(Message message) {
        waiting.add(message);
    }

    /** Takes them, the oldest first. */
    synchronized List<Message> take() {
        List<Message> taken = new ArrayList<>(waiting);
        waiting.clear();
        return taken;
    }
}
