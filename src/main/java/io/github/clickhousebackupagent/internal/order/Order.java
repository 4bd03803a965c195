package io.github.clickhousebackupagent.internal.order;

import java.util.Optional;

/** What a run that makes no backup is to do: what was asked for, and what was agreed to. */
public sealed interface Order permits AdoptOrder, DeleteOrder, RestoreOrder {

    /** Returns the name of the backup that it is about; null where it is about several. */
    String backup();

    /**
     * Returns the first thing in it that a server might take for something else than what is meant,
     * and that no order may have, wherever it comes from; empty: there is none.
     */
    Optional<Fault> fault();

    /**
     * Returns whether it takes away or mixes up what is there, so that somebody agreed to it as
     * things were then.
     */
    boolean destroys();
}
