package io.github.clickhousebackupagent.internal.order;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Where a backup is. */
public enum Place {
    /** On the disk of its server. */
    LOCAL,
    /** On remote storage. */
    REMOTE;

    /** Returns the word that the API and the commands use. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
