package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The whole configuration of an agent. Immutable; each component is described once, here, and the
 * JSON Schema and the reference are generated from it.
 *
 * @param targets by name, in the order of the file; at least one
 * @param groups lists of target names, by the group's name
 * @param schedules by name, in the order of the file; may be empty (backups by hand only)
 * @param backup how backups are named and what a DIFF is based on
 * @param limits after how long a call, a stage or a wait is given up
 * @param retry how often what failed is tried again
 * @param http what the agent itself serves
 * @param traces where traces of runs go
 * @param logDirectory where logs and markers are
 * @param stateDirectory where journals are
 * @param zone the zone of backup names, and of schedules that name none
 * @param parallelRuns how many targets may be at work at once; 0 is no bound
 */
@JsonNaming(KebabCaseStrategy.class)
public record AgentConfig(
        @JsonProperty(required = true)
                @JsonPropertyDescription(
                        "The clickhouse-backup APIs to work with, by name. The name is part of the"
                                + " names of the target's log, marker and journal.")
                Map<String, TargetConfig> targets,
        @JsonPropertyDescription(
                        "Groups of targets, by name: a schedule that names a group runs for each of"
                                + " its targets.")
                Map<String, List<String>> groups,
        @JsonPropertyDescription("What to do when, by name.") Map<String, ScheduleConfig> schedules,
        @JsonPropertyDescription("How backups are named, and what a DIFF is based on.")
                BackupConfig backup,
        @JsonPropertyDescription("After how long a call, a stage or a wait is given up.")
                LimitsConfig limits,
        @JsonPropertyDescription("How often an operation that failed is tried again.")
                RetryConfig retry,
        @JsonPropertyDescription("What the agent itself serves.") HttpConfig http,
        @JsonPropertyDescription("Where traces of runs go; without an endpoint, nowhere.")
                TracesConfig traces,
        @JsonProperty(defaultValue = "/var/log/clickhouse-backup")
                @JsonPropertyDescription(
                        "Folder of the log TARGET_backup_ch.log and the marker .TARGET_last_backup"
                                + " of each target.")
                Path logDirectory,
        @JsonProperty(defaultValue = "/var/lib/clickhouse-backup-agent")
                @JsonPropertyDescription("Folder of the journal TARGET/runs.jsonl of each target.")
                Path stateDirectory,
        @JsonPropertyDescription(
                        "Time zone of backup names, and of each schedule that names none, for"
                                + " example Europe/Berlin. By default that of the machine (TZ).")
                ZoneId zone,
        @JsonProperty(defaultValue = "0")
                @JsonPropertyDescription(
                        "How many targets may be at work at the same time; 0: all of them.")
                Integer parallelRuns) {

    /** Fills in the defaults. */
    public AgentConfig {
        targets = copy(targets);
        groups = copy(groups);
        schedules = copy(schedules);
        backup = backup == null ? BackupConfig.defaults() : backup;
        limits = limits == null ? LimitsConfig.defaults() : limits;
        retry = retry == null ? RetryConfig.defaults() : retry;
        http = http == null ? HttpConfig.defaults() : http;
        traces = traces == null ? TracesConfig.defaults() : traces;
        logDirectory = logDirectory == null ? Path.of("/var/log/clickhouse-backup") : logDirectory;
        stateDirectory =
                stateDirectory == null
                        ? Path.of("/var/lib/clickhouse-backup-agent")
                        : stateDirectory;
        zone = zone == null ? ZoneId.systemDefault() : zone;
        parallelRuns = parallelRuns == null ? 0 : parallelRuns;
    }

    /** Returns a configuration with these targets and schedules, and defaults for all else. */
    public static AgentConfig of(
            Map<String, TargetConfig> targets, Map<String, ScheduleConfig> schedules) {
        return new AgentConfig(
                targets, null, schedules, null, null, null, null, null, null, null, null, null);
    }

    /** Returns the same, but with this. */
    public AgentConfig with(HttpConfig other) {
        return new AgentConfig(
                targets,
                groups,
                schedules,
                backup,
                limits,
                retry,
                other,
                traces,
                logDirectory,
                stateDirectory,
                zone,
                parallelRuns);
    }

    /**
     * Returns the names of the targets that a schedule is for: those it names, itself or by a
     * group, in that order and once each; all where it names none.
     */
    public List<String> targetsOf(ScheduleConfig schedule) {
        if (schedule.targets().isEmpty()) {
            return List.copyOf(targets.keySet());
        }
        Set<String> names = new LinkedHashSet<>();
        for (String name : schedule.targets()) {
            names.addAll(targets.containsKey(name) ? List.of(name) : groups.get(name));
        }
        return new ArrayList<>(names);
    }

    /** Returns whether a target is one of those that a schedule is for. */
    public boolean isFor(ScheduleConfig schedule, String target) {
        if (schedule.targets().isEmpty()) {
            return targets.containsKey(target);
        }
        return schedule.targets().stream()
                .anyMatch(
                        name ->
                                targets.containsKey(name)
                                        ? name.equals(target)
                                        : groups.get(name).contains(target));
    }

    /** Returns the limits of a target: its own, else those for all. */
    public LimitsConfig limitsOf(String target) {
        return limits.with(targets.get(target).limits());
    }

    /** Returns the file that holds the name of the last proven backup of a target. */
    public Path markerFile(String target) {
        return logDirectory.resolve("." + target + "_last_backup");
    }

    /** Returns the log of a target. */
    public Path logFile(String target) {
        return logDirectory.resolve(target + "_backup_ch.log");
    }

    /** Returns the folder that holds the journal and the lock of a target. */
    public Path stateDirectory(String target) {
        return stateDirectory.resolve(target);
    }

    /** Returns whether a target, a group or a schedule may have a name. */
    public static boolean isName(String name) {
        return ConfigChecks.isName(name);
    }

    private static <V> Map<String, V> copy(Map<String, V> map) {
        // Map.copyOf would lose the order of the file, which is the order of every listing.
        return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }
}
