package io.github.clickhousebackupagent.internal.run;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Ids of runs, such as {@code 20261122T203000Z-1f00ab}. */
final class RunIds {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private RunIds() {}

    /** Returns when a run got its id; empty: the id is not one of ours. */
    static Optional<Instant> time(String id) {
        try {
            return Optional.of(TIME.parse(id.replaceFirst("-.*", ""), Instant::from));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    static String next(Instant now) {
        int random = ThreadLocalRandom.current().nextInt(0x1000000);
        return TIME.format(now) + "-" + HexFormat.of().toHexDigits(random, 6);
    }
}
