package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a DIFF does that has no base. */
public enum NoBasePolicy {
    /** Keeps its name and uploads everything. */
    @JsonProperty("full-upload")
    FULL_UPLOAD,
    /** Becomes a FULL, in name too. */
    @JsonProperty("promote-to-full")
    PROMOTE_TO_FULL,
    /** Fails before anything is created. */
    @JsonProperty("fail")
    FAIL
}
