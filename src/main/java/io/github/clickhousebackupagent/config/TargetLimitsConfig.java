package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.Duration;

/**
 * The limits of one target, in place of those for all.
 *
 * @param create null: that for all
 * @param upload null: that for all
 * @param download null: that for all
 * @param restore null: that for all
 * @param whenExceeded null: that for all
 */
@JsonNaming(KebabCaseStrategy.class)
public record TargetLimitsConfig(
        @JsonPropertyDescription("In place of limits.create.") Duration create,
        @JsonPropertyDescription("In place of limits.upload.") Duration upload,
        @JsonPropertyDescription("In place of limits.download.") Duration download,
        @JsonPropertyDescription("In place of limits.restore.") Duration restore,
        @JsonPropertyDescription("In place of limits.when-exceeded.") WhenExceeded whenExceeded) {}
