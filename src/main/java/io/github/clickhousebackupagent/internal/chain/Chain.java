package io.github.clickhousebackupagent.internal.chain;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/**
 * A FULL and what is based on it, one on the other.
 *
 * @param names the FULL first; never empty
 */
public record Chain(List<String> names) {

    /** Copies the list. */
    public Chain {
        names = List.copyOf(names);
    }

    Chain(Collection<String> lastFirst) {
        this(reversed(lastFirst));
    }

    /** Returns the name of the backup that the others lead back to. */
    public String full() {
        return names.get(0);
    }

    /** Returns how many backups a restore of its end needs. */
    public int length() {
        return names.size();
    }

    private static List<String> reversed(Collection<String> lastFirst) {
        List<String> names = new ArrayList<>(lastFirst);
        Collections.reverse(names);
        return names;
    }
}
