package io.github.clickhousebackupagent.internal.order;

/** What a run that makes no backup is to do: what was asked for, and what was agreed to. */
public sealed interface Order permits AdoptOrder, DeleteOrder, RestoreOrder {

    /** Returns the name of the backup that it is about; null where it is about several. */
    String backup();
}
