package io.github.clickhousebackupagent.internal.restore;

import io.github.clickhousebackupagent.api.TableItem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The tables that a ClickHouse has. Stateless. */
public final class LiveTables {

    /**
     * Of two tables, {@code a.b} of {@code c} and {@code a} of {@code b.c}, the ids are the same.
     */
    private record Name(String database, String table) {

        static Name of(TableItem table) {
            return new Name(table.database(), table.name());
        }
    }

    private LiveTables() {}

    /**
     * Puts what is known of the tables that are there together. What one does not tell, the other
     * may: a user of ClickHouse sees only what he may see.
     *
     * @param told by the API, with engines and sizes
     * @param tables by ClickHouse, with engines
     * @param parts by ClickHouse, rows and bytes of those that a backup can hold and that are not
     *     empty
     */
    public static List<TableItem> join(
            List<TableItem> told, List<TableItem> tables, List<TableItem> parts) {
        Map<Name, TableItem> all = new LinkedHashMap<>();
        tables.forEach(table -> all.put(Name.of(table), table));
        told.forEach(table -> all.put(Name.of(table), table));
        Set<Name> seen = tables.stream().map(Name::of).collect(Collectors.toSet());
        Map<Name, TableItem> rows =
                parts.stream().collect(Collectors.toMap(Name::of, Function.identity()));
        return all.values().stream()
                .map(table -> with(table, rows.get(Name.of(table)), seen.contains(Name.of(table))))
                .toList();
    }

    private static TableItem with(TableItem table, TableItem parts, boolean seen) {
        if (parts != null) {
            return new TableItem(
                    table.database(), table.name(), table.engine(), parts.bytes(), parts.rows());
        }
        boolean sized = table.bytes() != null && table.bytes() > 0;
        // One that is seen and has no part has no row, unless its parts are not shown.
        Long rows = table.isBackedUp() && seen && !sized ? Long.valueOf(0) : null;
        return new TableItem(table.database(), table.name(), table.engine(), table.bytes(), rows);
    }
}
