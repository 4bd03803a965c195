package io.github.clickhousebackupagent.restore;

import io.github.clickhousebackupagent.api.TableItem;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The tables that a ClickHouse has. Stateless. */
public final class LiveTables {

    private LiveTables() {}

    /**
     * Puts both answers together.
     *
     * @param tables those that are there, with their engines
     * @param parts rows and bytes of those that a backup can hold and that are not empty
     */
    public static List<TableItem> join(List<TableItem> tables, List<TableItem> parts) {
        Map<String, TableItem> byId =
                parts.stream().collect(Collectors.toMap(TableItem::id, Function.identity()));
        return tables.stream().map(table -> with(table, byId.get(table.id()))).toList();
    }

    private static TableItem with(TableItem table, TableItem parts) {
        Long none = table.isBackedUp() ? 0L : null;
        return new TableItem(
                table.database(),
                table.name(),
                table.engine(),
                parts == null ? none : parts.bytes(),
                parts == null ? none : parts.rows());
    }
}
