package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The events of a run, as many as may be told. Of very many the first and the last ones are kept;
 * of one with very much to it, that it happened. Not thread-safe.
 */
final class RunEvents {

    /** How many of the first ones are kept. */
    static final int FIRST = 100;

    /** How many of the last ones are kept. */
    static final int LAST = 900;

    /** How many are kept in all. */
    static final int MOST = FIRST + LAST;

    /** How long the first ones may be together, and the last ones, in characters of JSON. */
    private static final int LENGTH = 262_144;

    /** One that is longer is told without what makes it so, in characters of JSON. */
    private static final int LARGE = 32_768;

    /** What is left of such a one, each, in characters. */
    private static final int SHORT = 1_000;

    private record Sized(JournalEvent event, int size) {}

    private final List<JournalEvent> first = new ArrayList<>();
    private final Deque<Sized> last = new ArrayDeque<>();
    private int firstLength;
    private int lastLength;

    /**
     * Takes in the next one.
     *
     * @param size its length as JSON
     */
    void add(JournalEvent event, int size) {
        boolean large = size > LARGE;
        JournalEvent told = large ? withoutWhatIsLong(event) : event;
        int length = large ? LARGE : size;
        if (last.isEmpty() && first.size() < FIRST && firstLength + length <= LENGTH) {
            first.add(told);
            firstLength += length;
            return;
        }
        last.add(new Sized(told, length));
        lastLength += length;
        while (last.size() > LAST || lastLength > LENGTH) {
            lastLength -= last.remove().size();
        }
    }

    private static JournalEvent withoutWhatIsLong(JournalEvent event) {
        Map<String, Object> details = new LinkedHashMap<>();
        int left = LARGE;
        for (Map.Entry<String, Object> detail : event.details().entrySet()) {
            Object value = detail.getValue();
            boolean plain =
                    value instanceof String || value instanceof Number || value instanceof Boolean;
            int length = detail.getKey().length() + value.toString().length();
            if (plain && length <= SHORT && length <= left) {
                details.put(detail.getKey(), value);
                left -= length;
            }
        }
        details.put("truncated", true);
        return new JournalEvent(event.time(), event.run(), event.event(), details);
    }

    /** Returns what is kept, the oldest first. */
    List<JournalEvent> told() {
        List<JournalEvent> told = new ArrayList<>(first);
        last.forEach(one -> told.add(one.event()));
        return told;
    }
}
