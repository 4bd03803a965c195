package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import io.github.clickhousebackupagent.internal.run.RunHistory;
import io.github.clickhousebackupagent.internal.run.Standing;
import io.github.clickhousebackupagent.internal.schedule.CronSchedule;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells when schedules fire. */
@Command(name = "next", description = "Shows the coming runs of each schedule.")
final class NextCommand implements Callable<Integer> {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("EEE uuuu-MM-dd HH:mm:ssXXX");

    @Mixin private ConfigOption configuration;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "3",
            description = "How many of each schedule (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(names = "--json", description = "Prints the result as JSON.")
    private boolean json;

    @Spec private CommandSpec spec;

    /**
     * One coming run.
     *
     * @param targets all that the schedule is for
     * @param paused those of them at which it is paused, and will not be made
     */
    record Coming(
            String schedule,
            String kind,
            String time,
            String zone,
            List<String> targets,
            List<String> paused) {

        String spokenTargets() {
            return targets.stream()
                    .map(target -> paused.contains(target) ? target + " (paused)" : target)
                    .collect(Collectors.joining(", "));
        }
    }

    @Override
    public Integer call() {
        Console.requirePositive(spec, "--count", count);
        AgentConfig config = configuration.load();
        Clock clock = Clock.systemUTC();
        Console console = Console.of(spec);
        Map<String, Standing> standings = standings(config, console);
        List<Coming> coming = new ArrayList<>();
        config.schedules()
                .forEach(
                        (name, schedule) -> {
                            ZoneId zone = schedule.zone() == null ? config.zone() : schedule.zone();
                            CronSchedule.parse(schedule.cron(), zone)
                                    .upcoming(clock.instant(), count)
                                    .forEach(
                                            at ->
                                                    coming.add(
                                                            new Coming(
                                                                    name,
                                                                    schedule.kind().word(),
                                                                    (json
                                                                                    ? DateTimeFormatter
                                                                                            .ISO_OFFSET_DATE_TIME
                                                                                    : TIME)
                                                                            .format(
                                                                                    at.atZone(
                                                                                            zone)),
                                                                    zone.getId(),
                                                                    config.targetsOf(schedule),
                                                                    paused(
                                                                            config, name,
                                                                            standings))));
                        });
        if (json) {
            console.json(coming);
            return ExitCode.DONE;
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("SCHEDULE", "KIND", "NEXT", "ZONE", "TARGETS"));
        coming.forEach(
                c ->
                        rows.add(
                                List.of(
                                        c.schedule(),
                                        c.kind(),
                                        c.time(),
                                        c.zone(),
                                        c.spokenTargets())));
        console.table(rows);
        return ExitCode.DONE;
    }

    /** Without a journal that can be read, the times are true all the same. */
    private static Map<String, Standing> standings(AgentConfig config, Console console) {
        Map<String, Standing> standings = new HashMap<>();
        for (String target : config.targets().keySet()) {
            Path journal = config.stateDirectory(target).resolve(Journal.FILE_NAME);
            try {
                standings.put(target, RunHistory.standing(new Journal(journal), target));
            } catch (JournalException e) {
                console.message(
                        "[WARNING] %s: whether it is paused is not known: %s"
                                .formatted(target, e.getMessage()));
            }
        }
        return standings;
    }

    private static List<String> paused(
            AgentConfig config, String schedule, Map<String, Standing> standings) {
        return config.targetsOf(config.schedules().get(schedule)).stream()
                .filter(standings::containsKey)
                .filter(target -> standings.get(target).pause(schedule).isPresent())
                .toList();
    }
}
