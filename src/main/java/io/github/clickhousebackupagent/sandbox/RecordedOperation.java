package io.github.clickhousebackupagent.sandbox;

import java.time.Instant;
import java.util.Optional;

/**
 * An operation that the simulated server began in the background.
 *
 * @param operation {@code create}, {@code upload}, {@code create_remote}, {@code download}, {@code
 *     restore} or {@code restore_remote}
 * @param name the backup's name
 * @param command the text of its row in {@code /backup/actions}
 * @param operationId its id, empty where the server gives none
 * @param start when it began
 * @param finish when it ended; empty while it runs
 * @param status the status of its row; {@code killed} if the server died under it
 * @param error the error of its row, empty if there is none
 */
public record RecordedOperation(
        String operation,
        String name,
        String command,
        String operationId,
        Instant start,
        Optional<Instant> finish,
        String status,
        String error) {}
