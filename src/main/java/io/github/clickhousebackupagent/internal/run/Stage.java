package io.github.clickhousebackupagent.internal.run;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How far a run has come. */
public enum Stage {
    /** Taken from the queue. */
    BEGIN,
    /** What there is is asked for, and whether what was ordered would destroy anything. */
    CHECK,
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
    /** The server deletes backups. */
    DELETE,
    /** The server fetches the backup from remote storage. */
    DOWNLOAD,
    /** The server brings data of the backup back. */
    RESTORE,
    /** Over. */
    END;

    /** Returns whether the server has not been asked to change anything yet. */
    public boolean isBeforeChanges() {
        return compareTo(CREATE) < 0;
    }

    /** Returns whether the server does what is done in it. */
    boolean isOfServer() {
        return switch (this) {
            case CREATE, UPLOAD, DOWNLOAD, RESTORE, DELETE -> true;
            default -> false;
        };
    }

    /** Returns the name as it stands in journal and messages, such as {@code move-marker}. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
