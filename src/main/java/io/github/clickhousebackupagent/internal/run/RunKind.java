package io.github.clickhousebackupagent.internal.run;

import com.fasterxml.jackson.annotation.JsonValue;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.order.AdoptOrder;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Order;
import io.github.clickhousebackupagent.internal.order.RestoreOrder;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a run does. */
public enum RunKind {
    /** Makes a FULL. */
    FULL("backup", null),
    /** Makes a DIFF. */
    DIFF("backup", null),
    /** Brings data of a backup back. */
    RESTORE("restore", RestoreOrder.class),
    /** Deletes backups. */
    DELETE("delete", DeleteOrder.class),
    /** Proves a backup that is there, and puts the marker on it. */
    ADOPT("adopt", AdoptOrder.class);

    private final String way;
    private final Class<? extends Order> order;

    RunKind(String way, Class<? extends Order> order) {
        this.way = way;
        this.order = order;
    }

    /** Returns what a run does that makes a backup of this kind. */
    public static RunKind of(BackupKind kind) {
        return kind == BackupKind.FULL ? FULL : DIFF;
    }

    /** Returns the kind that a word stands for; empty for one that a newer agent may know. */
    public static Optional<RunKind> of(String word) {
        return Stream.of(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }

    /** Returns the word that journal, messages and commands use. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns which route such a run takes: {@code direct:run-WAY}. */
    public String way() {
        return way;
    }

    /** Returns whether it makes a backup. */
    public boolean makesBackup() {
        return order == null;
    }

    /** Returns the kind of backup that it makes. Only for one that makes one. */
    BackupKind backup() {
        return BackupKind.valueOf(name());
    }

    /** Returns what says what it is to do in detail; null where the kind says all. */
    public Class<? extends Order> order() {
        return order;
    }
}
