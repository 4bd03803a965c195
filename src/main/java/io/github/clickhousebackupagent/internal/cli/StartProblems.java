package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.api.ApiException;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.internal.run.AgentRunningException;
import io.github.clickhousebackupagent.internal.run.Causes;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;

/** Says in one line what kept an agent from starting. */
final class StartProblems {

    private static final Pattern ROUTE_FILE = Pattern.compile("([A-Za-z0-9._-]+\\.camel\\.yaml)");
    private static final Pattern LINE = Pattern.compile("line[: ]+(\\d+)");

    private StartProblems() {}

    /** Returns whether the configuration or a route kept the agent from starting. */
    static boolean areOfConfiguration(Throwable problem) {
        return find(problem, ConfigException.class).isPresent()
                || find(problem, FailedToCreateRouteException.class).isPresent()
                || find(problem, FailedToStartRouteException.class).isPresent()
                || routeFile(problem).isPresent();
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
        Throwable root = problem instanceof Exception e ? Causes.telling(e) : root(problem);
        String why = oneLine(root.getMessage() == null ? root.toString() : root.getMessage());
        Optional<String> file = routeFile(problem);
        if (file.isPresent()) {
            String line = line(problem).map(number -> ":" + number).orElse("");
            return "routes/%s%s: %s; allowed: a route as Camel's YAML DSL has it"
                    .formatted(file.get(), line, why);
        }
        return find(problem, FailedToCreateRouteException.class)
                .map(route -> "route " + route.getRouteId() + file(route) + ": " + why)
                .orElse(root.getClass().getSimpleName() + ": " + why);
    }

    private static <T extends Throwable> Optional<T> find(Throwable problem, Class<T> type) {
        for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return Optional.of(type.cast(cause));
            }
        }
        return Optional.empty();
    }

    private static String file(FailedToCreateRouteException route) {
        return route.getLocation() == null
                ? ""
                : " (" + route.getLocation().replaceFirst("^[a-z]+:", "") + ")";
    }

    private static Throwable root(Throwable problem) {
        Throwable root = problem;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private static Optional<String> routeFile(Throwable problem) {
        return match(problem, ROUTE_FILE);
    }

    private static Optional<String> line(Throwable problem) {
        return match(problem, LINE);
    }

    private static Optional<String> match(Throwable problem, Pattern pattern) {
        for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
            Matcher matcher = pattern.matcher(String.valueOf(cause.getMessage()));
            if (matcher.find()) {
                return Optional.of(matcher.group(1));
            }
        }
        return Optional.empty();
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }
}
