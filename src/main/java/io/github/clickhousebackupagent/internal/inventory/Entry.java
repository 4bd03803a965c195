package io.github.clickhousebackupagent.internal.inventory;

import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.order.Place;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * One backup, in all places where it is.
 *
 * @param name its name
 * @param local as the server has it on its disk; null: it has not
 * @param remote as it is on remote storage; null: it is not
 * @param kind what it is, by its base; null: nobody knows, as it has no metadata
 * @param base what it is based on; null: nothing
 * @param created when it was made; null: nobody knows
 * @param chain the names of those that a restore needs, the FULL first, itself last; empty: it
 *     cannot be restored
 * @param dependants the names of those on remote storage that are based on it directly
 * @param proven whether it was proven once
 * @param state what it is worth now
 * @param reason why it is broken; null: it is not
 * @param note what else there is to say; null: nothing
 */
public record Entry(
        String name,
        BackupItem local,
        BackupItem remote,
        BackupKind kind,
        String base,
        Instant created,
        List<String> chain,
        List<String> dependants,
        boolean proven,
        State state,
        String reason,
        String note) {

    /** Copies the lists. */
    public Entry {
        chain = List.copyOf(chain);
        dependants = List.copyOf(dependants);
    }

    /** Returns where it is, whole or broken. */
    public List<Place> places() {
        List<Place> places = new ArrayList<>();
        if (local != null) {
            places.add(Place.LOCAL);
        }
        if (remote != null) {
            places.add(Place.REMOTE);
        }
        return places;
    }

    /** Returns whether it is in a place, whole or broken. */
    public boolean isIn(Place place) {
        return places().contains(place);
    }

    /**
     * Returns its size in bytes, on remote storage if it is there; null: nobody knows. What that is
     * of an increment depends on the server: see {@link BackupItem#size}.
     */
    public Long size() {
        BackupItem item = remote != null && remote.size() > 0 ? remote : local;
        return item == null || item.size() <= 0 ? null : Long.valueOf(item.size());
    }

    /**
     * Returns how old it is; null: nobody knows, or a server in another zone says that it is still
     * to be made.
     */
    public Duration age(Instant now) {
        if (created == null) {
            return null;
        }
        Duration age = Duration.between(created, now);
        // Clocks differ a little.
        return age.compareTo(Duration.ofMinutes(-5)) < 0
                ? null
                : age.isNegative() ? Duration.ZERO : age;
    }

    /** Returns whether it can be restored from where it is. */
    public boolean restorable() {
        return !chain.isEmpty();
    }
}
