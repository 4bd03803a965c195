package io.github.clickhousebackupagent.internal.notice;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** How much a notice matters, the least first. */
public enum Level {
    /** Nothing is to be done. */
    INFO,
    /** Something is not as it should be, and backups are still made. */
    WARNING,
    /** There is no new backup. */
    ERROR;

    /** Returns the name as it stands in notices and routes, such as {@code warning}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the level of a name; empty for any other word. */
    public static Optional<Level> of(String word) {
        return Stream.of(values()).filter(level -> level.word().equals(word)).findFirst();
    }

    /** Returns the names of all, the one that matters least first. */
    public static List<String> words() {
        return Stream.of(values()).map(Level::word).toList();
    }
}
