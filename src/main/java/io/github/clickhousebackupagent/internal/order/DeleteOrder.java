package io.github.clickhousebackupagent.internal.order;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Optional;

/**
 * The wish that backups are deleted, in this order.
 *
 * @param place where they are deleted; a copy in the other place stays
 * @param names what was shown in the plan and agreed to, dependants before what they need
 * @param force whether also those go that are only kept to be safe
 */
public record DeleteOrder(
        @JsonProperty(required = true) Place place,
        @JsonProperty(required = true) List<String> names,
        boolean force)
        implements Order {

    /** Copies the list. */
    public DeleteOrder {
        names = List.copyOf(names);
    }

    @Override
    public String backup() {
        return names.size() == 1 ? names.get(0) : null;
    }

    @Override
    public Optional<Fault> fault() {
        return names.stream()
                .flatMap(name -> BackupAt.faultOf(name).stream())
                .findFirst()
                .map(fault -> new Fault("names", fault.found(), fault.allowed()));
    }

    @Override
    public boolean destroys() {
        return true;
    }
}
