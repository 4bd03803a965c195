package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Which backup a DIFF is an increment on. */
public enum BasePolicy {
    /** The last proven backup, be it a FULL or a DIFF. */
    @JsonProperty("previous")
    PREVIOUS,
    /** The FULL that the last proven backup leads back to. */
    @JsonProperty("last-full")
    LAST_FULL
}
