package io.github.clickhousebackupagent.internal.inventory;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the times in the lists of a server, which have no zone.
 *
 * @param zone the zone that they are taken to be in
 */
public record ServerTimes(ZoneId zone) {

    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

    private static final Pattern VERSION =
            Pattern.compile("^v?(\\d{1,6})\\.(\\d{1,6})\\.(\\d{1,6})");

    /**
     * Returns those of a version: before 2.6.29 servers list UTC, from then on their own local
     * time.
     *
     * @param version as the server says it; {@code before 2.5.9} where it does not
     * @param local the zone that the server is taken to be in
     */
    public static ServerTimes of(String version, ZoneId local) {
        if (version == null || version.startsWith("before")) {
            return new ServerTimes(ZoneOffset.UTC);
        }
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.find()) {
            return new ServerTimes(local); // Built by hand, and so rather a new one.
        }
        long number =
                Long.parseLong(matcher.group(1)) * 1_000_000_000_000L
                        + Long.parseLong(matcher.group(2)) * 1_000_000L
                        + Long.parseLong(matcher.group(3));
        return new ServerTimes(number < 2_000_006_000_029L ? ZoneOffset.UTC : local);
    }

    /** Returns a time; empty where there is none, as that of a broken backup. */
    public Optional<Instant> read(String created) {
        if (created == null || created.startsWith("0001-01-01")) {
            return Optional.empty();
        }
        try {
            return Optional.of(LocalDateTime.parse(created, FORMAT).atZone(zone).toInstant());
        } catch (DateTimeException e) {
            return Optional.empty(); // Of a server that is newer than this.
        }
    }
}
