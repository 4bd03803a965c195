package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.config.BackupConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Names of backups: prefix and local time, {@code FULL_CH_BK_2026-11-22_20-30-00}. Stateless.
 *
 * @param config the prefixes
 * @param zone whose local time it is
 */
public record BackupNames(BackupConfig config, ZoneId zone) {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd_HH-mm-ss");

    /**
     * Returns a name for a backup made now. Where that was used before, as two runs fall into one
     * second or the clock was put back, the first free second after it: a server may overwrite a
     * backup of the same name without a word.
     *
     * @param used whether a name was used before
     */
    public String next(BackupKind kind, Instant now, Predicate<String> used) {
        Instant at = now;
        while (used.test(name(kind, at))) {
            at = at.plusSeconds(1);
        }
        return name(kind, at);
    }

    /** Returns whether a name is one that this class gives. */
    public boolean isOfForm(String name) {
        return Stream.of(BackupKind.values())
                .map(config::prefix)
                .filter(name::startsWith)
                .map(prefix -> name.substring(prefix.length()))
                .anyMatch(rest -> rest.matches("\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d"));
    }

    private String name(BackupKind kind, Instant at) {
        return config.prefix(kind) + TIME.format(at.atZone(zone));
    }
}
