package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Duration;

/**
 * How often an operation is tried again that ended with an error, or of which nothing is left after
 * the server was restarted.
 *
 * @param create how often a create is, each time under a new name; 0: not at all
 * @param upload how often an upload or a download is; the server goes on where it can
 * @param pause before the first time; doubled each time
 * @param longestPause what the pause grows to
 */
@JsonNaming(KebabCaseStrategy.class)
public record RetryConfig(
        @JsonProperty(defaultValue = "2")
                @JsonPropertyDescription(
                        "How many times a create is tried again that failed; each time under a new"
                                + " name. 0: not at all.")
                Integer create,
        @JsonProperty(defaultValue = "5")
                @JsonPropertyDescription(
                        "How many times an upload, or a download for a restore, is tried again that"
                                + " failed.")
                Integer upload,
        @JsonProperty(defaultValue = "30s")
                @JsonPropertyDescription(
                        "Pause before the first new try; twice as long before each one after it,"
                                + " and up to a half more or less by chance.")
                Duration pause,
        @JsonProperty(defaultValue = "10m") @JsonPropertyDescription("What the pause grows to.")
                Duration longestPause) {

    /** Fills in the defaults. */
    public RetryConfig {
        create = create == null ? 2 : create;
        upload = upload == null ? 5 : upload;
        pause = pause == null ? Duration.ofSeconds(30) : pause;
        longestPause = longestPause == null ? Duration.ofMinutes(10) : longestPause;
    }

    /** Returns the defaults. */
    public static RetryConfig defaults() {
        return new RetryConfig(null, null, null, null);
    }
}
