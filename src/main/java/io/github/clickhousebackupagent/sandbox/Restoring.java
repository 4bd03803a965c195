package io.github.clickhousebackupagent.sandbox;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A restore, in two steps with time between them: first all tables are dropped and made anew, and
 * the first half of them loaded; then the other half. Who stops it between the two leaves tables
 * without their rows.
 */
final class Restoring {
    // What ClickHouse takes unquoted; 2.4 does not quote all of the names that it makes.
    private static final Pattern PLAIN_NAME = Pattern.compile("\\w+");
    private static final Pattern SPACE = Pattern.compile("\\s");

    private final boolean is24;
    private final LiveTables live;
    private final LocalBackup source;
    private final Work work;
    private final boolean makes;
    private final boolean loads;
    private final List<Target> targets;
    private List<Target> left = List.of();

    /** A table of the backup, and the one to be made of it. */
    private record Target(Table source, Table made) {}

    Restoring(Settings settings, LiveTables live, LocalBackup source, Work work) {
        this.is24 = settings.is24();
        this.live = live;
        this.source = source;
        this.work = work;
        boolean onlyData = work.data() && !work.schema();
        // Data alone is added to what is there; only the newer server minds "rm" then.
        this.makes = !onlyData || work.drop() && !is24;
        this.loads = work.data() || !work.schema();
        this.targets =
                source == null
                        ? List.of()
                        : Patterns.matching(source.tables().values(), work.tables()).stream()
                                .map(table -> new Target(table, madeOf(table)))
                                .toList();
    }

    /**
     * Drops, makes, and loads the first half.
     *
     * @throws OperationFailed if it is refused, or breaks off, which then has changed tables
     */
    void begin() throws OperationFailed {
        refuseWhatIsNotThere();
        if (makes) {
            make();
        } else {
            refuseMissingTables();
        }
        if (loads && !source.complete()) {
            failToAttach();
        }
        List<Target> all =
                loads ? targets.stream().filter(t -> t.source().hasParts()).toList() : List.of();
        load(all.subList(0, all.size() / 2));
        left = all.subList(all.size() / 2, all.size());
    }

    /**
     * Loads the rest.
     *
     * @throws OperationFailed if a table was dropped meanwhile
     */
    void finish() throws OperationFailed {
        load(left);
        left = List.of();
    }

    private Table madeOf(Table table) {
        String database = work.databases().getOrDefault(table.database(), table.database());
        Map<String, String> names = work.renamed();
        String name = names.getOrDefault(table.id(), names.getOrDefault(table.name(), ""));
        int dot = name.indexOf('.');
        if (dot > 0) {
            return table.emptyAt(name.substring(0, dot), name.substring(dot + 1));
        }
        return table.emptyAt(database, name.isEmpty() ? table.name() : name);
    }

    private void refuseWhatIsNotThere() throws OperationFailed {
        String name = work.name();
        // The older server takes a folder without metadata.json for a backup of an older format.
        if (source == null || !is24 && !source.complete()) {
            if (!is24) {
                throw new OperationFailed(
                        "read backup metadata file: open "
                                + Node.BACKUPS
                                + name
                                + "/metadata.json: no such file or directory");
            }
            throw new OperationFailed(
                    makes
                            ? "stat " + Node.BACKUPS + name + "/metadata: no such file or directory"
                            : "can't restore: backup '" + name + "' is not found");
        }
        if (source.tables().isEmpty() && !is24) {
            throw new OperationFailed(
                    "'"
                            + name
                            + "' doesn't contains tables for restore, if you need it, you can setup"
                            + " `allow_empty_backups: true` in `general` config section");
        }
        if (targets.isEmpty() && !source.tables().isEmpty()) {
            throw new OperationFailed(
                    is24
                            ? "no have found schemas by " + work.tables() + " in " + name
                            : "getTablesForRestoreLocal: not found schemas by "
                                    + work.tables()
                                    + " in "
                                    + name
                                    + ", also check skip_tables and skip_table_engines setting");
        }
    }

    /** Nothing is loaded into the others either. */
    private void refuseMissingTables() throws OperationFailed {
        String missing =
                targets.stream()
                        .map(target -> target.made().id())
                        .filter(id -> live.find(id).isEmpty())
                        .map(id -> "'" + id + "'")
                        .collect(Collectors.joining(", "));
        if (!missing.isEmpty()) {
            throw new OperationFailed(
                    (is24 ? "" : "RestoreData: restoreData: ")
                            + missing
                            + " is not created. Restore schema first or create missing tables"
                            + " manually");
        }
    }

    private void make() throws OperationFailed {
        if (work.schema() && !work.data() && work.drop()) {
            dropDatabases();
        }
        for (Target target : targets) {
            live.drop(target.made().id());
        }
        for (Target target : targets) {
            refuseName(target.made());
            live.put(target.made());
        }
    }

    private void dropDatabases() throws OperationFailed {
        Set<String> whole = new LinkedHashSet<>();
        for (String pattern : Patterns.split(work.tables())) {
            if (pattern.isEmpty() || pattern.equals("*") || pattern.equals("*.*")) {
                // The server begins with a database that is there without tables of a backup.
                whole.add("default");
                targets.forEach(target -> whole.add(target.made().database()));
            } else if (pattern.endsWith(".*")) {
                String database = pattern.substring(0, pattern.length() - 2);
                String mapped = work.databases().getOrDefault(database, database);
                if (!is24 || mapped.equals(database)) {
                    whole.add(mapped);
                }
            }
        }
        if (is24 && !whole.isEmpty()) {
            throw new OperationFailed(
                    "code: 62, message: Syntax error: failed at position %d: SYNC . Expected one of: ON, FORMAT, INTO OUTFILE"
                            .formatted(
                                    "DROP DATABASE IF EXISTS ``  S".length()
                                            + whole.iterator().next().length()));
        }
        for (String database : whole) {
            if (targets.stream().anyMatch(t -> t.made().database().equals(database))) {
                live.dropDatabase(database);
            }
        }
    }

    private void refuseName(Table table) throws OperationFailed {
        boolean taken =
                is24
                        ? PLAIN_NAME.matcher(table.database()).matches()
                        : !SPACE.matcher(table.database()).find();
        if (!taken) {
            throw new OperationFailed(
                    "can't create table `%s`.`%s`: code: 62, message: Syntax error, please check your schema dependencies"
                            .formatted(table.database(), table.name()));
        }
    }

    private void failToAttach() throws OperationFailed {
        for (Target target : targets) {
            if (target.source().hasParts()) {
                throw new OperationFailed(
                        "can't attach data parts for table '%s': code: 233, message: Unexpected part name: default"
                                .formatted(target.made().id()));
            }
        }
    }

    private void load(List<Target> some) throws OperationFailed {
        for (Target target : some) {
            String id = target.made().id();
            // Parts are attached to what is there, so that a second restore doubles the rows.
            if (!live.add(id, target.source().rows())) {
                throw new OperationFailed(
                        "can't attach data parts for table '%s': code: 60, message: Table %s doesn't exist."
                                .formatted(id, id));
            }
        }
    }
}
