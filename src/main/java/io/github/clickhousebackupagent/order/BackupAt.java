package io.github.clickhousebackupagent.order;

/**
 * One copy of a backup.
 *
 * @param place where it is
 * @param name the backup's name
 */
public record BackupAt(Place place, String name) {

    /** Returns the command of its deletion, as servers list it. */
    public String deletion() {
        return "delete %s %s".formatted(place.word(), name);
    }
}
