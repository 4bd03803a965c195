package io.github.clickhousebackupagent.sandbox;

/**
 * A table of the simulated ClickHouse node.
 *
 * @param engine such as {@code MergeTree}, whose rows a backup has; {@code TinyLog}, whose rows no
 *     backup has; {@code View}, which has none
 * @param rows the count of its rows
 * @param bytes what its parts take on disk; 0 for engines without parts
 */
public record SimulatedTable(String database, String name, String engine, long rows, long bytes) {

    /** The table as {@code database.name}. */
    public String id() {
        return database + "." + name;
    }
}
