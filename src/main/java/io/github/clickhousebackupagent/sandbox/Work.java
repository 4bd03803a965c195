package io.github.clickhousebackupagent.sandbox;

import java.util.List;
import java.util.Map;

/**
 * What a call asks for to be done in the background.
 *
 * @param operation {@code create}, {@code upload}, ...
 * @param name the backup, already cleaned as the server cleans names
 * @param command the row's text
 * @param tables a table pattern, empty for all
 * @param databases from a database in the backup to the one to restore it into
 * @param callbacks the URLs to call afterwards
 */
record Work(
        String operation,
        String name,
        String command,
        String tables,
        String diffFrom,
        String diffFromRemote,
        Map<String, String> databases,
        boolean schema,
        boolean data,
        boolean drop,
        boolean deleteSource,
        List<String> callbacks) {

    /** An upload that the server resumes by itself after its start. */
    static Work resumed(String operation, String name, String command, Work.UploadState state) {
        return new Work(
                operation,
                name,
                command,
                state.tables(),
                state.diffFrom(),
                state.diffFromRemote(),
                Map.of(),
                false,
                false,
                false,
                false,
                List.of());
    }

    /**
     * What the server keeps beside a local backup to resume its upload.
     *
     * @param complete everything was sent; the file stays nevertheless, until a restart resumes it
     */
    record UploadState(String diffFrom, String diffFromRemote, String tables, boolean complete) {}
}
