package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** When a schedule makes the first backup of a target. */
public enum First {
    /** When it fires, as all others. */
    @JsonProperty("by-cron")
    BY_CRON,
    /** When the agent starts. */
    @JsonProperty("at-start")
    AT_START
}
