package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.run.Pause;
import io.github.clickhousebackupagent.internal.run.PauseRequest;
import io.github.clickhousebackupagent.internal.run.Pauses;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.camel.CamelExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The commands that keep schedules from asking for runs, and let them again. */
final class PauseCommands {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ssXXX");

    private PauseCommands() {}

    /** What is meant by a name: a target as a whole, or one schedule of it. */
    record Meant(String target, String schedule) {

        String spoken() {
            return target + ": " + (schedule == null ? "all schedules" : "schedule " + schedule);
        }
    }

    /** No more runs by schedule. */
    @Command(
            name = "pause",
            description = {
                "Keeps schedules from asking for runs, until they are resumed.",
                "What runs goes on; runs by hand are made as before."
            })
    static final class PauseNow extends Change {

        @Option(names = "--reason", paramLabel = "TEXT", description = "Why; shown by status.")
        private String reason;

        @Override
        String change(Agent agent, AgentConfig config, Meant meant) {
            Pauses.Change change = agent.pause(request(meant, reason));
            return change.changed()
                    ? meant.spoken() + (meant.schedule() == null ? " are" : " is") + " paused now"
                    : meant.spoken()
                            + (meant.schedule() == null ? " were" : " was")
                            + " paused already, since "
                            + told(config, change.pause());
        }
    }

    /** Runs by schedule again. */
    @Command(
            name = "resume",
            description = {
                "Lets schedules ask for runs again.",
                "What was left out meanwhile is not made up for."
            })
    static final class Resume extends Change {

        @Override
        String change(Agent agent, AgentConfig config, Meant meant) {
            Pauses.Change change = agent.resume(request(meant, null));
            String verb = meant.schedule() == null ? " are" : " is";
            String said =
                    change.changed()
                            ? meant.spoken() + verb + " resumed now"
                            : meant.spoken() + verb + " not paused";
            if (change.remaining().isEmpty()) {
                return said;
            }
            return said
                    + ", but "
                    + change.remaining().stream()
                            .map(
                                    pause ->
                                            (pause.schedule() == null
                                                            ? "all schedules are paused since "
                                                            : "schedule "
                                                                    + pause.schedule()
                                                                    + " is paused since ")
                                                    + told(config, pause))
                            .collect(Collectors.joining("; "));
        }
    }

    /** What both have in common. */
    abstract static class Change implements Callable<Integer> {

        @Mixin private ConfigOption configuration;

        @Mixin private RoutesOption routes;

        @Parameters(
                paramLabel = "NAME",
                arity = "1..*",
                description = "A schedule, target or group; schedule:NAME, target:NAME if both.")
        private List<String> names;

        @Spec private CommandSpec spec;

        abstract String change(Agent agent, AgentConfig config, Meant meant);

        PauseRequest request(Meant meant, String reason) {
            String why = reason == null || reason.isBlank() ? null : reason.strip();
            return new PauseRequest(
                    meant.target(), meant.schedule(), why, System.getProperty("user.name"));
        }

        @Override
        public Integer call() {
            AgentConfig config = configuration.load();
            Set<Meant> all = new LinkedHashSet<>();
            names.forEach(name -> all.addAll(meant(config, name)));
            Console console = Console.of(spec);
            boolean failed = false;
            try (Agent agent = routes.quiet(config).start()) {
                for (Meant meant : all) {
                    try {
                        console.line(change(agent, config, meant));
                    } catch (CamelExecutionException e) {
                        failed = true; // The others are changed all the same.
                        console.message(
                                "[ERROR] " + meant.spoken() + ": " + StartProblems.explain(e));
                    }
                }
            }
            return failed ? ExitCode.FAILED : ExitCode.DONE;
        }
    }

    private static String told(AgentConfig config, Pause pause) {
        return TIME.format(pause.since().atZone(config.zone())) + " " + pause.told();
    }

    /**
     * Returns what a name stands for.
     *
     * @throws UsageException if it stands for nothing, or for two things
     */
    static List<Meant> meant(AgentConfig config, String name) {
        int colon = name.indexOf(':');
        String kind = colon < 0 ? "" : name.substring(0, colon);
        String bare = name.substring(colon + 1);
        boolean schedule = config.schedules().containsKey(bare) && !kind.equals("target");
        boolean target =
                (config.targets().containsKey(bare) || config.groups().containsKey(bare))
                        && !kind.equals("schedule");
        if (schedule && target) {
            throw new UsageException(
                    "'%1$s' is both a schedule and a target; allowed: schedule:%1$s, target:%1$s"
                            .formatted(bare));
        }
        boolean known = List.of("", "schedule", "target").contains(kind) && (schedule || target);
        if (!known) {
            List<String> all = new ArrayList<>();
            if (!kind.equals("target")) {
                all.addAll(config.schedules().keySet());
            }
            if (!kind.equals("schedule")) {
                all.addAll(config.targets().keySet());
                all.addAll(config.groups().keySet());
            }
            throw new UsageException(
                    "unknown schedule or target '%s'; allowed: %s"
                            .formatted(name, NearestName.allowed(bare, all)));
        }
        if (schedule) {
            return config.targetsOf(config.schedules().get(bare)).stream()
                    .map(of -> new Meant(of, bare))
                    .toList();
        }
        return ConfigOption.targets(config, List.of(bare)).stream()
                .map(of -> new Meant(of, null))
                .toList();
    }
}
