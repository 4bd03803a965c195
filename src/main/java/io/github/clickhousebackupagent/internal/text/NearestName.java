package io.github.clickhousebackupagent.internal.text;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the name that somebody who mistyped one most probably meant. */
public final class NearestName {

    private NearestName() {}

    /**
     * Returns the name that is nearest to the one given by Levenshtein distance, if it is near
     * enough to be a slip: at most a third of its letters, and at least two, may differ.
     */
    public static Optional<String> of(String name, Collection<String> names) {
        return names.stream()
                .min(Comparator.comparingInt(other -> distance(name, other)))
                .filter(best -> distance(name, best) <= Math.max(2, best.length() / 3));
    }

    /** Returns the list of names for a message, with a suggestion where one name is near. */
    public static String allowed(String name, Collection<String> names) {
        String list = names.isEmpty() ? "none is defined" : String.join(", ", names);
        return of(name, names).map(near -> list + " (did you mean " + near + "?)").orElse(list);
    }

    private static int distance(String from, String to) {
        int[] previous = new int[to.length() + 1];
        int[] current = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            current[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int change = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
                current[j] =
                        Math.min(
                                Math.min(current[j - 1], previous[j]) + 1,
                                previous[j - 1] + change);
            }
            int[] swap = previous;
            previous = current;
            current = swap;
        }
        return previous[to.length()];
    }
}
