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
 * @param renamed from a table in the backup to the one to restore it as, both with or without their
 *     database
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
        Map<String, String> renamed,
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
                Map.of(),
                false,
                false,
                false,
                false,
                List.of());
    }

    /** How much of a backup the state file of its upload says to be sent. */
    enum Sent {
        NOTHING,
        PARTS,
        ALL
    }

    /**
     * What the server keeps beside a local backup to resume its upload: of an upload that was
     * complete as well, until a restart resumes it. What it says to be sent is not sent again,
     * whether it is still in the storage or not.
     */
    record UploadState(String diffFrom, String diffFromRemote, String tables, Sent sent) {
        static UploadState of(Work work, Sent sent) {
            return new UploadState(work.diffFrom(), work.diffFromRemote(), work.tables(), sent);
        }

        boolean isOf(Work work) {
            return equals(of(work, sent));
        }
    }
}
