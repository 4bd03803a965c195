package io.github.clickhousebackupagent.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.schedule.CronSchedule;
import java.time.Clock;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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

    /** One coming run. */
    record Coming(String schedule, String kind, String time, String zone, List<String> targets) {}

    @Override
    public Integer call() {
        Console.requirePositive(spec, "--count", count);
        AgentConfig config = configuration.load();
        Clock clock = Clock.systemUTC();
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
                                                                    config.targetsOf(schedule))));
                        });
        Console console = Console.of(spec);
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
                                        String.join(", ", c.targets()))));
        console.table(rows);
        return ExitCode.DONE;
    }
}
