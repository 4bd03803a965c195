package io.github.clickhousebackupagent.internal.deletion;

import io.github.clickhousebackupagent.internal.order.Place;
import java.util.List;

/**
 * What somebody wants to be deleted.
 *
 * @param place where; a copy in the other place stays
 * @param names of backups; none where all are meant
 * @param all whether everything is meant that is there
 * @param withDependants whether what is based on one of them goes, too
 * @param force whether also those go that are only kept to be safe; all means that, too
 */
public record DeletionWish(
        Place place, List<String> names, boolean all, boolean withDependants, boolean force) {

    /** Copies the list. */
    public DeletionWish {
        names = List.copyOf(names);
    }

    boolean forced() {
        return all || force;
    }
}
