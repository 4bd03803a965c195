package io.github.clickhousebackupagent.internal.inventory;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a backup is worth. */
public enum State {
    /** The marker names it, and it can be restored. */
    LAST,
    /** It was proven, and can be restored now. */
    PROVEN,
    /** It can be restored, as far as the lists tell; nobody has proven it. */
    WHOLE,
    /** It is whole on the server's disk, and not on remote storage. */
    LOCAL_ONLY,
    /** It cannot be restored from remote storage, or from where it is. */
    BROKEN;

    /** Returns the name as machines read it, such as {@code local-only}. */
    @JsonValue
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns the words that messages use. */
    public String word() {
        return id().replace('-', ' ');
    }
}
