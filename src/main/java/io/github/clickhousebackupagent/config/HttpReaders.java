package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Who may read the API. */
public enum HttpReaders {
    /** Whoever can call it. */
    @JsonProperty("open")
    OPEN,
    /** Whoever shows the token. */
    @JsonProperty("token")
    TOKEN
}
