package io.github.clickhousebackupagent.internal.chain;

import java.util.Optional;
import java.util.function.Predicate;

/**
 * The backup that new ones are based on: what the marker names, or, where that is lost or names
 * nothing that is there, the newest one in the remote list that would pass for proven.
 *
 * @param name the backup's name; empty: there is none
 * @param warning why it is not what the marker names; null where it is
 */
public record LastProven(Optional<String> name, String warning) {

    /** Returns why it is not what the marker names, if so. */
    public Optional<String> reason() {
        return Optional.ofNullable(warning);
    }

    /**
     * Finds it.
     *
     * @param marker what the marker names, if it is there
     * @param remote what is on remote storage
     * @param ours whether a backup is one of this target
     */
    public static LastProven find(Optional<String> marker, Backups remote, Predicate<String> ours) {
        // An empty list may also mean that the storage is out of reach; that is told elsewhere.
        if (remote.isEmpty() || marker.filter(remote::has).isPresent()) {
            return new LastProven(marker, null);
        }
        Optional<String> newest =
                remote.names().stream()
                        .filter(ours)
                        .filter(remote::isRestorable)
                        .max(remote.byAge());
        String what =
                marker.map(name -> "the marker names " + name + ", which is not in the remote list")
                        .orElse("there is no marker");
        return newest.map(
                        name ->
                                new LastProven(
                                        newest,
                                        what
                                                + "; "
                                                + name
                                                + ", the newest whole backup in the remote list, takes its place"))
                .orElseGet(() -> new LastProven(marker, null));
    }
}
