package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.run.Causes;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;

/** Says what kept Camel from making or starting routes, and where it stands. */
public final class RouteProblems {

    private static final Pattern FILE =
            Pattern.compile(
                    "(?:file:|classpath:)?([^\\s:'\"\\[\\]()]*\\.camel\\.yaml)(?::(\\d+))?");
    private static final Pattern LINE = Pattern.compile("line[: ]+(\\d+)");

    private RouteProblems() {}

    /** Returns whether a route is what it is about. */
    public static boolean areOfRoutes(Throwable problem) {
        return find(problem, RouteException.class).isPresent()
                || find(problem, FailedToCreateRouteException.class).isPresent()
                || find(problem, FailedToStartRouteException.class).isPresent()
                || match(problem, FILE).isPresent();
    }

    /** Returns what is wrong, at least one thing. */
    public static List<RouteProblem> of(Throwable problem) {
        Optional<RouteException> ours = find(problem, RouteException.class);
        if (ours.isPresent()) {
            return ours.get().problems();
        }
        Throwable root = problem instanceof Exception e ? Causes.telling(e) : root(problem);
        String why = oneLine(root.getMessage() == null ? root.toString() : root.getMessage());
        Optional<Matcher> file = match(problem, FILE);
        Integer line =
                file.map(found -> found.group(2))
                        .or(() -> match(problem, LINE).map(found -> found.group(1)))
                        .map(Integer::valueOf)
                        .orElse(null);
        String place =
                file.map(found -> found.group(1))
                        .or(
                                () ->
                                        find(problem, FailedToCreateRouteException.class)
                                                .map(route -> "route " + route.getRouteId()))
                        .or(
                                () ->
                                        find(problem, FailedToStartRouteException.class)
                                                .map(route -> "route " + route.getRouteId()))
                        .orElse("routes");
        return List.of(
                new RouteProblem(
                        place, line, why, "a route as Camel's YAML DSL has it, all of it there"));
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

    private static Optional<Matcher> match(Throwable problem, Pattern pattern) {
        for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
            Matcher matcher = pattern.matcher(String.valueOf(cause.getMessage()));
            if (matcher.find()) {
                return Optional.of(matcher);
            }
        }
        return Optional.empty();
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }
}
