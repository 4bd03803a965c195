package io.github.clickhousebackupagent.api;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.Set;

/**
 * One table: as {@code GET /backup/tables} tells it, of what is there or of a backup, or as
 * ClickHouse does.
 *
 * @param database its database
 * @param name its name
 * @param engine its engine; null for a table of a backup
 * @param bytes bytes on disk of a table of the MergeTree family; 0 for any other, which may hold
 *     data all the same; null where that was not asked for
 * @param rows how many rows it has; null where that is not known
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TableItem(
        @JsonAlias("Database") String database,
        @JsonAlias({"Name", "table"}) String name,
        @JsonAlias("Engine") String engine,
        @JsonAlias({"TotalBytes", "total_bytes"}) Long bytes,
        Long rows) {

    private static final Set<String> WITHOUT_DATA =
            Set.of(
                    "View",
                    "MaterializedView",
                    "LiveView",
                    "WindowView",
                    "Distributed",
                    "Merge",
                    "Null",
                    "Dictionary");

    /** Returns database and name, with a dot between. */
    public String id() {
        return database + "." + name;
    }

    /**
     * Returns whether it is a table of a backup. Servers that do not know the question for those
     * answer with the tables that are there.
     */
    public boolean ofBackup() {
        return engine == null;
    }

    /** Returns whether a backup holds its data. */
    public boolean isBackedUp() {
        return engine != null && engine.endsWith("MergeTree");
    }

    /** Returns whether data would be lost with it, as far as is known; if in doubt, it would. */
    public boolean holdsData() {
        if (rows != null) {
            return rows > 0;
        }
        if (engine != null && WITHOUT_DATA.contains(engine)) {
            return false;
        }
        return !isBackedUp() || bytes == null || bytes > 0;
    }
}
