package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.time.ZoneId;
import java.util.List;

/**
 * What to do, when, and for which targets.
 *
 * @param kind what to do
 * @param cron five fields as in crontab, or six or seven as in Quartz
 * @param zone the zone that the cron expression is read in; null: the agent's
 * @param targets names of targets or groups; empty: all targets
 * @param overlap what it does when it fires while something is at work on its target
 * @param catchUp how late a run that was missed is still made
 * @param first when it makes the first backup of a target
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
                List<String> targets,
        @JsonPropertyDescription(
                        "What it does when it fires while something is at work on its target. wait:"
                                + " for its turn, at most limits.busy (so does a full by default)."
                                + " skip: its run is skipped (so does a diff).")
                Overlap overlap,
        @JsonProperty(defaultValue = "1d")
                @JsonPropertyDescription(
                        "How late a run is still made that was missed, as the agent was down or the"
                                + " machine asleep; of several the last one only. never: not at"
                                + " all.")
                CatchUp catchUp,
        @JsonProperty(defaultValue = "by-cron")
                @JsonPropertyDescription(
                        "What it does for a target that has no proven backup yet. at-start: makes"
                                + " one when the agent starts. by-cron: waits until it fires.")
                First first) {

    /** Fills in the defaults. */
    public ScheduleConfig {
        overlap = overlap != null ? overlap : kind == BackupKind.FULL ? Overlap.WAIT : Overlap.SKIP;
        catchUp = catchUp == null ? CatchUp.DEFAULT : catchUp;
        first = first == null ? First.BY_CRON : first;
        targets = targets == null ? List.of() : List.copyOf(targets);
    }
}
