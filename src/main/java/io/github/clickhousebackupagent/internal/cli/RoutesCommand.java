package io.github.clickhousebackupagent.internal.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.route.Agent;
import io.github.clickhousebackupagent.internal.route.RouteException;
import io.github.clickhousebackupagent.internal.route.RouteProblem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells of the routes. */
@Command(
        name = "routes",
        description = "Checks the routes before they are used.",
        subcommands = RoutesCommand.Check.class)
final class RoutesCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command; allowed: check");
    }

    /** The checks that an edit must pass, without an agent. */
    @Command(
            name = "check",
            description = {
                "Loads routes and says what is wrong with them, as an agent does",
                "with an edit. Nothing runs, and no server is asked."
            })
    static final class Check implements Callable<Integer> {

        /**
         * What is told.
         *
         * @param ok whether an agent would take them up
         * @param routes the folder; null: those in the jar
         * @param config the file; null: none, a target and a schedule are made up
         * @param problems what is wrong, where it is not ok
         */
        @JsonInclude(JsonInclude.Include.NON_NULL)
        record Report(boolean ok, String routes, String config, List<RouteProblem> problems) {}

        @Parameters(
                arity = "0..1",
                paramLabel = "DIR",
                description = "The folder of the routes (default: routes).")
        private Path directory;

        @Mixin private ConfigOption configuration;

        @Option(
                names = "--any-config",
                description = "Checks with a made-up target, where the real file cannot be read.")
        private boolean anyConfig;

        @Option(names = "--json", description = "Prints the result as JSON.")
        private boolean json;

        @Spec private CommandSpec spec;

        @Override
        public Integer call() {
            if (anyConfig && configuration.given()) {
                throw new UsageException(
                        "found --any-config beside --config; allowed: one of them");
            }
            Path home = Main.home().resolve("routes");
            Path folder = directory != null ? directory : Files.isDirectory(home) ? home : null;
            Supplier<AgentConfig> config = anyConfig ? Check::madeUp : configuration::load;
            List<RouteProblem> problems = problems(folder, config);
            Console console = Console.of(spec);
            if (json) {
                console.json(
                        new Report(
                                problems.isEmpty(),
                                folder == null ? null : folder.toString(),
                                anyConfig ? null : configuration.file().toString(),
                                problems));
            } else if (problems.isEmpty()) {
                console.line((folder == null ? "The routes in the jar" : folder) + ": ok");
            } else {
                problems.forEach(problem -> console.message("[ERROR] " + problem));
            }
            return problems.isEmpty() ? ExitCode.DONE : ExitCode.CONFIGURATION;
        }

        private static List<RouteProblem> problems(Path folder, Supplier<AgentConfig> config) {
            try {
                Agent.check(config.get(), folder, Clock.systemUTC());
                return List.of();
            } catch (RouteException e) {
                return e.problems();
            } catch (ConfigException e) {
                return e.getMessage().lines().map(RouteProblem::of).toList();
            }
        }

        private static AgentConfig madeUp() {
            return new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC())
                    .parse(
                            "made up",
                            """
                            targets: { any: { url: "http://localhost:7171" } }
                            schedules: { daily: { do: full, cron: "0 2 * * *" } }
                            """);
        }
    }
}
