package io.github.clickhousebackupagent.internal.run;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How a run ended; each run ends in exactly one. */
public enum Outcome {
    /** The backup is proven, and the marker names it. */
    SUCCESS,
    /** There is no new proven backup; the marker stands where it stood. */
    FAILED,
    /** It was not begun, as it would have been in the way of another. */
    SKIPPED,
    /** It was cut off by the agent's end, and cannot go on; the server may have. */
    INTERRUPTED,
    /** It was due while the agent was not there, and was not made. */
    MISSED;

    /** Returns the outcome that a word stands for; of any other word there is none. */
    public static Outcome of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** Returns the name as it stands in journal and messages. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
