package io.github.clickhousebackupagent.internal.inventory;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of the backups of a target beside what its server lists.
 *
 * @param marker what the marker names
 * @param proven the names of those that were proven
 * @param made when the runs began that made them, by name
 * @param underway the stage of each that a run is about which is not over, by name
 */
public record Known(
        Optional<String> marker,
        Set<String> proven,
        Map<String, Instant> made,
        Map<String, String> underway) {

    /** Nothing but the marker. */
    public static Known only(Optional<String> marker) {
        return new Known(marker, Set.of(), Map.of(), Map.of());
    }
}
