package io.github.clickhousebackupagent.internal.order;

import java.util.Optional;

/**
 * The wish that a backup which is there is proven, and the marker put on it.
 *
 * @param backup name of a remote backup
 */
public record AdoptOrder(String backup) implements Order {

    @Override
    public Optional<Fault> fault() {
        return BackupAt.faultOf(backup);
    }

    @Override
    public boolean destroys() {
        return false;
    }
}
