package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What is done about an operation that takes longer than its limit. */
public enum WhenExceeded {
    /** The run fails; the server is left to go on. */
    @JsonProperty("fail")
    FAIL,
    /** The server is told to kill the operation, and the run fails. */
    @JsonProperty("kill")
    KILL,
    /** The server is told to kill the operation, which is then tried again as any that failed. */
    @JsonProperty("kill-and-retry")
    KILL_AND_RETRY
}
