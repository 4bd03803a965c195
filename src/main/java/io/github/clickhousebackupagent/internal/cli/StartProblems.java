package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.api.ApiException;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.internal.route.RouteProblem;
import io.github.clickhousebackupagent.internal.route.RouteProblems;
import io.github.clickhousebackupagent.internal.run.AgentRunningException;
import io.github.clickhousebackupagent.internal.run.Causes;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.stream.Collectors;

/** Says in one line what kept an agent from starting. */
final class StartProblems {

    private StartProblems() {}

    /** Returns whether the configuration or a route kept the agent from starting. */
    static boolean areOfConfiguration(Throwable problem) {
        return find(problem, ConfigException.class).isPresent()
                || RouteProblems.areOfRoutes(problem);
    }

    /** Says what is wrong, and returns the exit code that goes with it. */
    static int tell(Exception problem, PrintWriter err) {
        explain(problem).lines().forEach(line -> err.println("[ERROR] " + line));
        err.flush();
        return exitCode(problem);
    }

    static int exitCode(Throwable problem) {
        if (problem instanceof UsageException) {
            return ExitCode.USAGE;
        }
        if (problem instanceof AgentRunningException) {
            return ExitCode.BUSY;
        }
        return areOfConfiguration(problem) ? ExitCode.CONFIGURATION : ExitCode.FAILED;
    }

    static String explain(Throwable problem) {
        Optional<String> ours =
                find(problem, ConfigException.class)
                        .map(Throwable::getMessage)
                        .or(() -> find(problem, UsageException.class).map(Throwable::getMessage))
                        .or(() -> find(problem, ApiException.class).map(Throwable::getMessage))
                        .or(
                                () ->
                                        find(problem, AgentRunningException.class)
                                                .map(Throwable::getMessage));
        if (ours.isPresent()) {
            return ours.get();
        }
        if (RouteProblems.areOfRoutes(problem)) {
            return RouteProblems.of(problem).stream()
                    .map(RouteProblem::toString)
                    .collect(Collectors.joining("\n"));
        }
        Throwable root = problem instanceof Exception e ? Causes.telling(e) : root(problem);
        String why = root.getMessage() == null ? root.toString() : root.getMessage();
        return root.getClass().getSimpleName() + ": " + why.strip().replaceAll("\\s+", " ");
    }

    private static <T extends Throwable> Optional<T> find(Throwable problem, Class<T> type) {
        for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return Optional.of(type.cast(cause));
            }
        }
        return Optional.empty();
    }

    private static Throwable root(Throwable problem) {
        Throwable root = problem;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }
}
