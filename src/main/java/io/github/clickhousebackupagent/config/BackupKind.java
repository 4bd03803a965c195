package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** What a backup holds: everything, or what is new since its base. */
public enum BackupKind {
    /** Everything; needs no other backup for a restore. */
    @JsonProperty("full")
    FULL,
    /** What is new since its base; a restore needs the whole chain. */
    @JsonProperty("diff")
    DIFF;

    /** Returns the word that the configuration and the commands use. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
