package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.internal.text.NearestName;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command as a whole; all it does is done by its parts. */
@Command(
        name = "clickhouse-backup-agent",
        description = "Schedules, waits for and proves the backups that clickhouse-backup makes.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = AgentCommand.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:a run failed",
            "2:wrong arguments",
            "3:the configuration or a route is wrong",
            "4:the API cannot be reached",
            "5:something else is at work on the target or the state folder",
            "6:a backup was made, and is not proven",
            "7:a backup is too old",
            "8:refused, as it would destroy something"
        })
final class AgentCommand implements Runnable {

    /** In the order of the help. */
    private static final List<Class<?>> COMMANDS =
            List.of(
                    RunCommand.class,
                    BackupCommands.Full.class,
                    BackupCommands.Diff.class,
                    CreateCommands.Full.class,
                    CreateCommands.Diff.class,
                    AdoptCommand.class,
                    RestoreCommand.class,
                    DeleteCommand.class,
                    KillCommand.class,
                    CheckCommand.class,
                    NextCommand.class,
                    HistoryCommand.class,
                    ListCommand.class,
                    StatusCommand.class,
                    PauseCommands.PauseNow.class,
                    PauseCommands.Resume.class,
                    ConfigCommand.class,
                    DiagramCommand.class,
                    RoutesCommand.class,
                    CompletionCommand.class,
                    DemoCommand.class);

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "no command; allowed: " + commands(spec.commandLine()));
    }

    /** Runs a command and returns its exit code. */
    static int execute(String... args) {
        return commandLine(asked(args)).execute(args);
    }

    /** Returns the command with all its parts. */
    static CommandLine commandLine() {
        return commandLine(COMMANDS);
    }

    /**
     * Returns the part that the first word names, else all: reading the annotations of each takes
     * longer than most of them work.
     */
    private static List<Class<?>> asked(String... args) {
        return COMMANDS.stream()
                .filter(part -> args.length > 0 && args[0].equals(nameOf(part)))
                .findFirst()
                .<List<Class<?>>>map(List::of)
                .orElse(COMMANDS);
    }

    private static String nameOf(Class<?> part) {
        return part.getAnnotation(Command.class).name();
    }

    private static CommandLine commandLine(List<Class<?>> parts) {
        CommandLine line = new CommandLine(new AgentCommand());
        parts.forEach(line::addSubcommand);
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .setExitCodeExceptionMapper(StartProblems::exitCode)
                .setExecutionExceptionHandler(
                        (problem, command, result) -> StartProblems.tell(problem, command.getErr()))
                .setParameterExceptionHandler(
                        (problem, args) -> {
                            problem.getCommandLine().getErr().println("[ERROR] " + say(problem));
                            return ExitCode.USAGE;
                        });
    }

    private static String say(ParameterException problem) {
        CommandLine line = problem.getCommandLine();
        if (problem instanceof UnmatchedArgumentException unmatched
                && !line.getSubcommands().isEmpty()) {
            String word = unmatched.getUnmatched().get(0);
            return "unknown command '%s'; allowed: %s"
                    .formatted(word, NearestName.allowed(word, line.getSubcommands().keySet()));
        }
        String hint =
                problem instanceof MissingParameterException
                                || problem instanceof UnmatchedArgumentException
                        ? "; see " + line.getCommandSpec().qualifiedName() + " --help"
                        : "";
        return problem.getMessage() + hint;
    }

    private static String commands(CommandLine line) {
        return line.getSubcommands().keySet().stream().collect(Collectors.joining(", "));
    }

    /** The version, as it stands in the manifest of the jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = AgentCommand.class.getPackage().getImplementationVersion();
            return new String[] {
                "clickhouse-backup-agent " + (version == null ? "(not packaged)" : version)
            };
        }
    }
}
