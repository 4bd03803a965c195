package io.github.clickhousebackupagent.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The answer to the start of an operation: it was taken on, and goes on in the background.
 *
 * @param status {@code acknowledged}
 * @param operation first word of the operation's command, such as {@code create}
 * @param backupName the name that the server uses, which is not always the one it was given
 * @param operationId the operation's id; null on servers before 2.6
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Acknowledgement(
        String status,
        String operation,
        @JsonProperty("backup_name") String backupName,
        @JsonProperty("operation_id") String operationId) {}
