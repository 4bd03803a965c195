package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.clickhousebackupagent.chain.BackupKind;
import java.time.ZoneId;
import java.util.List;

/**
 * What to do, when, and for which targets.
 *
 * @param kind what to do
 * @param cron five fields as in crontab, or six or seven as in Quartz
 * @param zone the zone that the cron expression is read in; null: the agent's
 * @param targets names of targets or groups; empty: all targets
 */
@JsonNaming(KebabCaseStrategy.class)
public record ScheduleConfig(
        @JsonProperty(value = "do", required = true)
                @JsonPropertyDescription("What to do: full or diff.")
                BackupKind kind,
        @JsonProperty(required = true)
                @JsonPropertyDescription(
                        "When: five fields as in crontab (minute, hour, day of month, month, day of"
                                + " week with 0 and 7 for Sunday), or six or seven as in Quartz (with"
                                + " seconds first).")
                String cron,
        @JsonPropertyDescription("Time zone of the expression. By default the agent's zone.")
                ZoneId zone,
        @JsonPropertyDescription("Targets or groups it is for. By default all targets.")
                List<String> targets) {

    /** Fills in the defaults. */
    public ScheduleConfig {
        targets = targets == null ? List.of() : List.copyOf(targets);
    }
}
