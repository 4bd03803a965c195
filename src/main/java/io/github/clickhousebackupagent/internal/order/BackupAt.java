package io.github.clickhousebackupagent.internal.order;

/**
 * One copy of a backup.
 *
 * @param place where it is
 * @param name the backup's name
 */
public record BackupAt(Place place, String name) {

    /**
     * Returns whether a name is one that no server changes, and that needs no encoding in a URL.
     */
    public static boolean isName(String name) {
        return name != null && name.matches("(?!.*\\.\\.)[A-Za-z0-9][A-Za-z0-9._-]{0,254}");
    }

    /** Returns the command of its deletion, as servers list it. */
    public String deletion() {
        return "delete %s %s".formatted(place.word(), name);
    }
}
