package io.github.clickhousebackupagent.run;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How far a run has come. */
public enum Stage {
    /** Taken from the queue. */
    BEGIN,
    /** Lists are asked for, name and base chosen. */
    CHOOSE_BASE,
    /** The server makes the local backup. */
    CREATE,
    /** The server uploads it. */
    UPLOAD,
    /** The remote list is asked whether the backup counts. */
    PROVE,
    /** The marker is put on it. */
    MOVE_MARKER,
    /** Over. */
    END;

    /** Returns the name as it stands in journal and messages, such as {@code move-marker}. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
