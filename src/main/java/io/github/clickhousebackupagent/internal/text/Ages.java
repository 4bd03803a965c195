package io.github.clickhousebackupagent.internal.text;

import java.time.Duration;

/** How old something is, for people. */
public final class Ages {

    private Ages() {}

    /** Returns an age in its two largest units, such as {@code 2 d 3 h}; a dash for none. */
    public static String format(Duration age) {
        if (age == null) {
            return "-";
        }
        long seconds = Math.max(0, age.toSeconds());
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3_600) {
            return seconds / 60 + " min";
        }
        if (seconds < 48 * 3_600) {
            return seconds / 3_600 + " h " + seconds % 3_600 / 60 + " min";
        }
        return seconds / 86_400 + " d " + seconds % 86_400 / 3_600 + " h";
    }
}
