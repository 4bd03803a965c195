package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.ConfigLoader;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The commands of the shell agent that this one replaces, with its words. */
final class CreateCommands {

    private CreateCommands() {}

    /** A FULL of a server. */
    @Command(
            name = "create_full_backup",
            description = "Makes a FULL of a server now, without any configuration.")
    static final class Full extends Create {
        Full() {
            super(BackupKind.FULL);
        }
    }

    /** A DIFF of a server. */
    @Command(
            name = "create_diff_backup",
            description = "Makes a DIFF of a server now, without any configuration.")
    static final class Diff extends Create {
        Diff() {
            super(BackupKind.DIFF);
        }
    }

    /** What both have in common. */
    abstract static class Create implements Callable<Integer> {

        private final BackupKind kind;

        @Mixin private ConfigOption configuration;

        @Mixin private RoutesOption routes;

        @Parameters(
                index = "0",
                paramLabel = "SERVER",
                description = {
                    "Name of the server; its API is http://SERVER:7171. SERVER:PORT is another"
                            + " port, and SERVER-PORT its name then. With --config: a target of that"
                            + " name is taken from there."
                })
        private String server;

        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "USER",
                description = "User of the API (default: API_USERNAME in the environment).")
        private String user;

        @Parameters(
                index = "2",
                arity = "0..1",
                paramLabel = "PASSWORD",
                description = {
                    "Password of the API. All users of the machine can read it in the process list:"
                            + " better API_PASSWORD or API_PASSWORD_FILE in the environment."
                })
        private String password;

        @Option(
                names = "--log-directory",
                paramLabel = "DIR",
                description =
                        "Folder of log and marker (default: LOG_DIRECTORY in the environment, or"
                                + " /var/log/clickhouse-backup).")
        private Path logDirectory;

        @Option(
                names = "--state-directory",
                paramLabel = "DIR",
                description =
                        "Folder of the journal (default: STATE_DIRECTORY in the environment, or"
                                + " /var/lib/clickhouse-backup-agent).")
        private Path stateDirectory;

        @Option(names = "--json", description = "Prints the outcome as JSON.")
        private boolean json;

        @Spec private CommandSpec spec;

        Create(BackupKind kind) {
            this.kind = kind;
        }

        @Override
        public Integer call() {
            Console console = Console.of(spec);
            // A name of its own for any other port: log, marker and journal are the server's own.
            String target = server.replaceFirst(":7171$", "").replaceFirst(":(\\d+)$", "-$1");
            var results =
                    BackupCommands.run(routes, config(target), kind, List.of(target), console);
            if (json) {
                console.json(results);
            }
            return ExitCode.of(results);
        }

        private static String orEnvironment(Path given, String variable) {
            return given == null ? System.getenv(variable) : given.toString();
        }

        private AgentConfig config(String target) {
            if (configuration.given()) {
                if (user != null || logDirectory != null || stateDirectory != null) {
                    throw new UsageException(
                            "found --config beside USER, --log-directory or --state-directory;"
                                    + " allowed: one or the other");
                }
                AgentConfig config = configuration.load();
                ConfigOption.targets(config, List.of(target));
                return config;
            }
            // The same way in as for a file: what is wrong with an argument is told as it is there.
            Map<String, String> values = new LinkedHashMap<>();
            values.put("SERVER", target);
            values.put("URL", "http://" + (server.matches(".*:\\d+") ? server : server + ":7171"));
            values.put("USER", user != null ? user : System.getenv("API_USERNAME"));
            values.put("PASSWORD", password != null ? password : System.getenv("API_PASSWORD"));
            values.put(
                    "PASSWORD_FILE", password != null ? null : System.getenv("API_PASSWORD_FILE"));
            values.put("LOG", orEnvironment(logDirectory, "LOG_DIRECTORY"));
            values.put("STATE", orEnvironment(stateDirectory, "STATE_DIRECTORY"));
            String yaml =
                    """
                    targets:
                      "{{env:SERVER}}":
                        url: "{{env:URL}}"
                        username: "{{env:USER:}}"
                        password: "{{env:PASSWORD:}}"
                        password-file: "{{env:PASSWORD_FILE:}}"
                    log-directory: "{{env:LOG:}}"
                    state-directory: "{{env:STATE:}}"
                    """;
            try {
                return new ConfigLoader(values::get, Clock.systemDefaultZone())
                        .parse("arguments", yaml);
            } catch (ConfigException e) {
                throw new UsageException(e.getMessage());
            }
        }
    }
}
