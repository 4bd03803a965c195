package io.github.clickhousebackupagent.sandbox;

import java.time.Instant;
import java.util.Map;

/**
 * A backup in remote storage.
 *
 * @param created null where metadata.json is not there
 * @param broken what the list says of it; empty if its metadata.json is there
 * @param empty it is listed without a size
 * @param stored what is there beside metadata.json, of which the list knows nothing
 */
record RemoteBackup(
        String name,
        Instant created,
        Instant uploaded,
        Map<String, Table> tables,
        String required,
        long compressedBytes,
        long metadataBytes,
        String broken,
        boolean empty,
        Stored stored) {
    static final String CANNOT_STAT = "broken (can't stat metadata.json)";

    /**
     * What is in the storage.
     *
     * @param parts the data
     * @param metadata the tables' own metadata files
     */
    record Stored(boolean parts, boolean metadata) {
        static final Stored NOTHING = new Stored(false, false);

        boolean all() {
            return parts && metadata;
        }
    }

    static RemoteBackup broken(String name, Instant uploaded, Stored stored) {
        return new RemoteBackup(
                name, null, uploaded, Map.of(), "", 0, 0, CANNOT_STAT, false, stored);
    }

    RemoteBackup with(Stored newStored) {
        return new RemoteBackup(
                name,
                created,
                uploaded,
                tables,
                required,
                compressedBytes,
                metadataBytes,
                broken,
                empty,
                newStored);
    }

    RemoteBackup emptied() {
        return new RemoteBackup(
                name, created, uploaded, Map.of(), required, 0, 0, "", true, stored);
    }

    boolean isBroken() {
        return !broken.isEmpty();
    }

    long dataBytes() {
        return empty ? 0 : tables.values().stream().mapToLong(Table::bytes).sum();
    }
}
