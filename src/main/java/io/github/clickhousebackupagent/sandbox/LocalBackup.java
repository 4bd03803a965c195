package io.github.clickhousebackupagent.sandbox;

import java.time.Instant;
import java.util.Map;

/**
 * A backup in the node's own folder.
 *
 * @param complete whether its metadata.json is there
 * @param required the base that its metadata names
 * @param schemaOnly it was downloaded without data
 * @param unshownBytes of its data, what the list leaves out
 * @param upload the state file of its upload; null if there is none
 * @param downloadState whether the state file of its download is there
 */
record LocalBackup(
        String name,
        Instant created,
        Map<String, Table> tables,
        long metadataBytes,
        boolean complete,
        String required,
        boolean schemaOnly,
        long unshownBytes,
        Work.UploadState upload,
        boolean downloadState) {

    /** What is there before metadata.json is. */
    static LocalBackup begun(String name, Instant created, Map<String, Table> tables) {
        return new LocalBackup(name, created, tables, 0, false, "", false, 0, null, false);
    }

    LocalBackup completed(
            Instant newCreated, Map<String, Table> newTables, long newMetadataBytes, String base) {
        return new LocalBackup(
                name,
                newCreated,
                newTables,
                newMetadataBytes,
                true,
                base,
                false,
                0,
                upload,
                downloadState);
    }

    LocalBackup with(Work.UploadState state) {
        return new LocalBackup(
                name,
                created,
                tables,
                metadataBytes,
                complete,
                required,
                schemaOnly,
                unshownBytes,
                state,
                downloadState);
    }

    LocalBackup withDownloadState(boolean there) {
        return new LocalBackup(
                name,
                created,
                tables,
                metadataBytes,
                complete,
                required,
                schemaOnly,
                unshownBytes,
                upload,
                there);
    }

    LocalBackup withoutData() {
        return new LocalBackup(
                name,
                created,
                tables,
                metadataBytes,
                complete,
                required,
                true,
                unshownBytes,
                upload,
                downloadState);
    }

    LocalBackup withUnshown(long bytes) {
        return new LocalBackup(
                name,
                created,
                tables,
                metadataBytes,
                complete,
                required,
                schemaOnly,
                bytes,
                upload,
                downloadState);
    }

    long dataBytes() {
        return tables.values().stream().mapToLong(Table::bytes).sum() - unshownBytes;
    }
}
