package io.github.clickhousebackupagent.sandbox;

/**
 * A table, or what a backup has of it. A ClickHouse table is identified by {@code database.name}.
 *
 * @param bytesPerRow the size of a row on disk
 */
record Table(String database, String name, String engine, long rows, double bytesPerRow) {
    static final String MERGE_TREE = "MergeTree";
    static final double USUAL_ROW = 48;

    String id() {
        return database + "." + name;
    }

    /** Whether its rows are in parts: only these are backed up, and counted by ClickHouse. */
    boolean hasParts() {
        return engine.endsWith(MERGE_TREE);
    }

    boolean isView() {
        return engine.endsWith("View");
    }

    boolean isEmpty() {
        return !hasParts() || rows == 0;
    }

    /** What the parts of it take on disk; nothing where it has none. */
    long bytes() {
        return hasParts() ? Math.round(rows * bytesPerRow) : 0;
    }

    Table withRows(long newRows) {
        return new Table(database, name, engine, newRows, bytesPerRow);
    }

    /** What a backup has of it: of all engines the definition, of parts also the rows. */
    Table inBackup() {
        return hasParts() ? this : withRows(0);
    }

    /** The same definition elsewhere, without rows. */
    Table emptyAt(String newDatabase, String newName) {
        return new Table(newDatabase, newName, engine, 0, bytesPerRow);
    }

    SimulatedTable shown() {
        return new SimulatedTable(database, name, engine, rows, bytes());
    }
}
