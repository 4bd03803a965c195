package io.github.clickhousebackupagent.sandbox;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The tables of the ClickHouse node, in the order of their names. Thread-safe. */
final class LiveTables {
    private final Map<String, Table> tables = new TreeMap<>();

    LiveTables(List<Table> tables) {
        tables.forEach(this::put);
    }

    synchronized Optional<Table> find(String id) {
        return Optional.ofNullable(tables.get(id));
    }

    synchronized List<Table> all() {
        return List.copyOf(tables.values());
    }

    synchronized void put(Table table) {
        tables.put(table.id(), table);
    }

    synchronized boolean drop(String id) {
        return tables.remove(id) != null;
    }

    synchronized void dropDatabase(String database) {
        tables.values().removeIf(table -> table.database().equals(database));
    }

    /** Adds rows to a table, if it is there. */
    synchronized boolean add(String id, long rows) {
        return tables.computeIfPresent(id, (i, table) -> table.withRows(table.rows() + rows))
                != null;
    }
}
