package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a schedule does that fires while something is at work on its target. */
public enum Overlap {
    /** Its run waits for its turn. */
    @JsonProperty("wait")
    WAIT,
    /** Its run is skipped. */
    @JsonProperty("skip")
    SKIP
}
