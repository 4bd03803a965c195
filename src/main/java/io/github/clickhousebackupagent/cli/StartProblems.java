package io.github.clickhousebackupagent.cli;

import io.github.clickhousebackupagent.config.ConfigException;
import java.net.BindException;
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

    /** Returns whether a route, rather than anything else, kept the agent from starting. */
    static boolean isOfRoutes(Throwable problem) {
        return find(problem, FailedToCreateRouteException.class).isPresent()
                || find(problem, FailedToStartRouteException.class).isPresent()
                || find(problem, BindException.class).isPresent()
                || routeFile(problem).isPresent();
    }

    static String explain(Throwable problem) {
        if (problem instanceof ConfigException || problem instanceof UsageException) {
            return problem.getMessage();
        }
        Throwable root = root(problem);
        String why = oneLine(root.getMessage() == null ? root.toString() : root.getMessage());
        if (root instanceof BindException) {
            return "http.port: the port cannot be had (%s); allowed: a free port".formatted(why);
        }
        Optional<String> file = routeFile(problem);
        if (file.isPresent()) {
            String line = line(problem).map(number -> ":" + number).orElse("");
            return "routes/%s%s: %s; allowed: a route as Camel's YAML DSL has it"
                    .formatted(file.get(), line, why);
        }
        return find(problem, FailedToCreateRouteException.class)
                .map(route -> "route " + route.getRouteId() + ": " + why)
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
