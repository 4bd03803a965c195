package io.github.clickhousebackupagent.internal.deletion;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Place;
import java.util.List;

/**
 * What a deletion would do, or why it would not.
 *
 * @param place where backups would be deleted
 * @param items each backup that would go, in that order: what is based on others first
 * @param marker what would become of the marker; null: it stays as it is
 * @param left how many backups would be left there
 * @param force whether also those go that are only kept to be safe
 * @param refusals why nothing is deleted, a line each; empty: it would be done
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DeletionPlan(
        Place place,
        List<Item> items,
        MarkerChange marker,
        int left,
        boolean force,
        List<String> refusals) {

    /**
     * One backup that would go.
     *
     * @param name the backup's name
     * @param kind FULL or DIFF
     * @param size bytes, as the server lists them
     * @param created as the server lists it
     * @param localToo whether its copy on the server's disk goes before it: from that, a server
     *     would upload what it takes for missing when it starts the next time, which is a shell of
     *     a backup
     * @param why what it goes for
     */
    public record Item(
            String name,
            BackupKind kind,
            long size,
            String created,
            boolean localToo,
            String why) {}

    /**
     * What would become of the marker, before anything is deleted.
     *
     * @param from the backup that it names
     * @param to the backup that it would name; null: it would be removed
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record MarkerChange(String from, String to) {}

    /** Copies the lists. */
    public DeletionPlan {
        items = List.copyOf(items);
        refusals = List.copyOf(refusals);
    }

    /** Returns whether nothing is deleted. */
    public boolean refused() {
        return !refusals.isEmpty();
    }

    /** Returns the names of what would go, in that order. */
    public List<String> names() {
        return items.stream().map(Item::name).toList();
    }

    /** Returns how many bytes would go, as the server lists them. */
    public long size() {
        return items.stream().mapToLong(Item::size).sum();
    }

    /** Returns what is carried out if somebody agrees to this. */
    public DeleteOrder order() {
        return new DeleteOrder(place, names(), force);
    }
}
