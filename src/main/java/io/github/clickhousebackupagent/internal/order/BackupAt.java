package io.github.clickhousebackupagent.internal.order;

import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One copy of a backup.
 *
 * @param place where it is
 * @param name the backup's name
 */
public record BackupAt(Place place, String name) {

    private static final Pattern NAME =
            Pattern.compile("(?!.*\\.\\.)[A-Za-z0-9][A-Za-z0-9._-]{0,254}");

    /**
     * Returns whether a name is one that no server changes, and that needs no encoding in a URL.
     */
    public static boolean isName(String name) {
        return name != null && NAME.matcher(name).matches();
    }

    /** Returns why a name is none of these; empty: it is. */
    public static Optional<Fault> faultOf(String name) {
        return isName(name)
                ? Optional.empty()
                : Optional.of(
                        new Fault(
                                "backup",
                                Objects.toString(name, ""),
                                "letters, digits, '.', '_' and '-', at most 255 of them, and no '..'"));
    }

    /** Returns the command of its deletion, as servers list it. */
    public String deletion() {
        return "delete %s %s".formatted(place.word(), name);
    }
}
