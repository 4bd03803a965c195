package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Duration;

/**
 * After how long a call or a stage is given up. Nothing waits for ever.
 *
 * @param call how long one call to the API may go on without a byte of the answer
 * @param list a call that lists backups, which the server answers after it has read the storage
 * @param create a create, from its acknowledgement to its final status
 * @param upload an upload, from its acknowledgement to its final status
 */
@JsonNaming(KebabCaseStrategy.class)
public record LimitsConfig(
        @JsonProperty(defaultValue = "30s")
                @JsonPropertyDescription(
                        "A call to the API: to connect, and to wait for the answer to begin or go"
                                + " on.")
                Duration call,
        @JsonProperty(defaultValue = "10m")
                @JsonPropertyDescription(
                        "A call that lists backups: the server reads the remote storage first,"
                                + " which takes long where there are many.")
                Duration list,
        @JsonProperty(defaultValue = "12h")
                @JsonPropertyDescription("A create, until the server reports its end.")
                Duration create,
        @JsonProperty(defaultValue = "48h")
                @JsonPropertyDescription("An upload, until the server reports its end.")
                Duration upload) {

    /** Fills in the defaults. */
    public LimitsConfig {
        call = call == null ? Duration.ofSeconds(30) : call;
        list = list == null ? Duration.ofMinutes(10) : list;
        create = create == null ? Duration.ofHours(12) : create;
        upload = upload == null ? Duration.ofHours(48) : upload;
    }

    /** Returns the defaults. */
    public static LimitsConfig defaults() {
        return new LimitsConfig(null, null, null, null);
    }
}
