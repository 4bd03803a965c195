package io.github.clickhousebackupagent.internal.text;

/** What of a text that somebody sent is told back: its beginning, as the rest helps nobody. */
public final class Excerpt {

    private static final int MOST = 100;

    private Excerpt() {}

    /** Returns a text of at most 100 characters as it is, and of a longer one its beginning. */
    public static String of(String text) {
        return of(text, MOST);
    }

    /**
     * Returns the same of another length.
     *
     * @param most how many characters of a longer one are told, before three dots
     */
    public static String of(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most) + "...";
    }
}
