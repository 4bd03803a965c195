package io.github.clickhousebackupagent.sandbox;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The rows of {@code /backup/tables}: of the live tables, and of what a backup has. Stateless. */
final class BackupTables {
    private static final String DATA = "/var/lib/clickhouse/data/";
    private static final long KIB = 1024;
    private static final String[] UNITS = {"TiB", "GiB", "MiB", "KiB"};

    private BackupTables() {}

    /**
     * The live tables.
     *
     * @param all whether with those that the server leaves out of its backups
     */
    static List<Map<String, Object>> live(LiveTables live, String pattern, boolean all) {
        return Stream.concat(
                        Patterns.matching(live.all(), pattern).stream().map(t -> live(t, false)),
                        all
                                ? Patterns.matching(SimulatedClickHouse.SYSTEM_TABLES, pattern)
                                        .stream()
                                        .map(t -> live(t, true))
                                : Stream.of())
                .toList();
    }

    private static Map<String, Object> live(Table table, boolean skipped) {
        boolean stored = !table.isView() && !skipped;
        String path = DATA + table.database() + "/" + table.name() + "/";
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("Database", table.database());
        json.put("Name", table.name());
        json.put("Engine", table.engine());
        json.put("DataPath", stored ? path : "");
        json.put("DataPaths", stored ? List.of(path) : null);
        json.put("UUID", "");
        json.put("CreateTableQuery", skipped ? "" : definition(table));
        json.put("TotalBytes", table.bytes());
        json.put("Skip", skipped);
        json.put("BackupType", skipped ? "none" : "full");
        return json;
    }

    private static String definition(Table table) {
        if (table.isView()) {
            return "CREATE VIEW " + table.id() + " ( c UInt8) AS SELECT 1 AS c ";
        }
        return "CREATE TABLE "
                + table.id()
                + " ( d Date,  id UInt64,  s String) ENGINE = "
                + table.engine()
                + (table.hasParts() ? "(d, id, 8192)" : "");
    }

    static List<Map<String, Object>> of(LocalBackup backup, String pattern) {
        return backup.complete()
                ? rows(Patterns.matching(backup.tables().values(), pattern), true)
                : List.of();
    }

    /** Of a broken one nothing, which is no error. */
    static List<Map<String, Object>> of(RemoteBackup backup, String pattern) {
        return rows(
                Patterns.matching(backup.tables().values(), pattern), backup.stored().metadata());
    }

    private static List<Map<String, Object>> rows(List<Table> tables, boolean metadata) {
        return tables.stream().map(table -> row(table, metadata)).toList();
    }

    private static Map<String, Object> row(Table table, boolean metadata) {
        boolean parts = metadata && !table.isEmpty();
        long bytes = parts ? table.bytes() : 0;
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("database", table.database());
        json.put("table", table.name());
        json.put("total_bytes", bytes);
        // Empty, unlike that of an empty table, where the table's own metadata file is gone.
        json.put("size", metadata ? size(bytes) : "");
        json.put("parts", parts ? 1 : 0);
        json.put("disks", parts ? List.of("default") : List.of());
        json.put("skip", false);
        return json;
    }

    static String size(long bytes) {
        return Stream.iterate(0, i -> i < UNITS.length, i -> i + 1)
                .map(i -> in(bytes, UNITS[i], (long) Math.pow(KIB, UNITS.length - i)))
                .flatMap(Optional::stream)
                .findFirst()
                .orElse(bytes + "B");
    }

    private static Optional<String> in(long bytes, String unit, long size) {
        return bytes < size
                ? Optional.empty()
                : Optional.of(String.format(Locale.ROOT, "%.2f%s", (double) bytes / size, unit));
    }
}
