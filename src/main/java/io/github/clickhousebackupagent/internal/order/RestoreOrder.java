package io.github.clickhousebackupagent.internal.order;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The wish that data of a backup is brought back.
 *
 * @param backup name of the backup
 * @param from where it is taken from; null: from the server's disk if it is there, whole
 * @param tables patterns of what is restored, {@code database.table} as in the backup, with {@code
 *     *} and {@code ?}; empty: everything
 * @param content what of it
 * @param databases the name that a database gets, by its name in the backup
 * @param names the name that a table gets, by its name in the backup
 * @param existing what is done about tables that are there
 * @param agreed tables, {@code database.table}, that may go or be added to: what was shown in the
 *     plan and agreed to
 */
public record RestoreOrder(
        String backup,
        Place from,
        List<String> tables,
        Content content,
        Map<String, String> databases,
        Map<String, String> names,
        Existing existing,
        List<String> agreed)
        implements Order {

    /** What of a backup is restored. */
    public enum Content {
        /** Definitions of tables, and their data. */
        ALL,
        /** Definitions of tables only. */
        SCHEMA,
        /** Data only, into tables that are there. */
        DATA;

        /** Returns the word that journal and messages use. */
        @JsonValue
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What is done about tables that are there already. */
    public enum Existing {
        /** Nothing is restored where one has rows. */
        REFUSE,
        /** The data is added to what they hold. */
        APPEND,
        /** They are dropped, and made anew as the backup has them. */
        REPLACE;

        /** Returns the word that journal and messages use. */
        @JsonValue
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Fills in what is left out, and copies. */
    public RestoreOrder {
        tables = tables == null ? List.of() : List.copyOf(tables);
        content = content == null ? Content.ALL : content;
        databases = copy(databases);
        names = copy(names);
        existing = existing == null ? Existing.REFUSE : existing;
        agreed = agreed == null ? List.of() : List.copyOf(agreed);
    }

    private static Map<String, String> copy(Map<String, String> map) {
        return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }
}
