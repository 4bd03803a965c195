package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * How backups are named, and what a DIFF is based on.
 *
 * @param fullPrefix what the name of a FULL begins with; the time follows
 * @param diffPrefix what the name of a DIFF begins with; the time follows
 * @param base which backup a DIFF is an increment on
 * @param maxChainLength how many backups a chain may have, its FULL included; 0 is no limit
 * @param whenNoBase what a DIFF does that has no base
 */
@JsonNaming(KebabCaseStrategy.class)
public record BackupConfig(
        @JsonProperty(defaultValue = "FULL_CH_BK_")
                @JsonPropertyDescription(
                        "What the name of a FULL begins with; YYYY-MM-DD_HH-MM-SS follows. Letters,"
                                + " digits, '_', '-' and '.', as servers drop all else.")
                String fullPrefix,
        @JsonProperty(defaultValue = "DIFF_CH_BK_")
                @JsonPropertyDescription("The same for a DIFF; must differ from full-prefix.")
                String diffPrefix,
        @JsonProperty(defaultValue = "previous")
                @JsonPropertyDescription(
                        "Which backup a DIFF is an increment on. previous: the last proven one;"
                                + " small uploads, long chains. last-full: the FULL that the last"
                                + " proven one leads back to; a restore needs two backups only.")
                BasePolicy base,
        @JsonProperty(defaultValue = "72")
                @JsonPropertyDescription(
                        "How many backups a chain may have, its FULL included; a DIFF that would"
                                + " make it longer becomes a FULL. A restore needs every one of them."
                                + " 0: no limit.")
                Integer maxChainLength,
        @JsonProperty(defaultValue = "full-upload")
                @JsonPropertyDescription(
                        "What a DIFF does that has no base. full-upload: keeps its name and uploads"
                                + " everything. promote-to-full: becomes a FULL. fail: fails.")
                NoBasePolicy whenNoBase) {

    /** Fills in the defaults. */
    public BackupConfig {
        fullPrefix = fullPrefix == null ? "FULL_CH_BK_" : fullPrefix;
        diffPrefix = diffPrefix == null ? "DIFF_CH_BK_" : diffPrefix;
        base = base == null ? BasePolicy.PREVIOUS : base;
        maxChainLength = maxChainLength == null ? 72 : maxChainLength;
        whenNoBase = whenNoBase == null ? NoBasePolicy.FULL_UPLOAD : whenNoBase;
    }

    /** Returns the defaults. */
    public static BackupConfig defaults() {
        return new BackupConfig(null, null, null, null, null);
    }

    /** Returns what the name of a backup of this kind begins with. */
    public String prefix(BackupKind kind) {
        return kind == BackupKind.FULL ? fullPrefix : diffPrefix;
    }
}
