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

    /** In place of a file that is not known. */
    static final String NOWHERE = "routes";

    private static final Pattern FILE =
            Pattern.compile(
                    "(?:file:|classpath:)?([^\\s:'\"\\[\\]()]*\\.camel\\.yaml)(?::(\\d+))?");
    private static final Pattern STEP = Pattern.compile(">>> (.*?) <<<", Pattern.DOTALL);
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
        return of(problem, null);
    }

    /**
     * Returns what is wrong, at least one thing.
     *
     * @param text the files that it stands in; null: not at hand
     */
    static List<RouteProblem> of(Throwable problem, RouteText text) {
        Optional<RouteException> ours = find(problem, RouteException.class);
        if (ours.isPresent()) {
            return ours.get().problems();
        }
        Throwable root = problem instanceof Exception e ? Causes.telling(e) : root(problem);
        String why =
                root instanceof UnsupportedOperationException && root.getMessage() == null
                        ? "found a step in a form that the YAML DSL does not have"
                        : oneLine(root.getMessage() == null ? root.toString() : root.getMessage());
        // Where a name is mistyped, Camel does not know that the value is a secret.
        why = why.replaceAll("([?&{,]\\s*[A-Za-z][\\w.-]*)=[^,}&\\]\\s]+", "$1=...");
        Optional<String> route = route(problem);
        RouteText.Place place =
                route.flatMap(
                                id ->
                                        Optional.ofNullable(text)
                                                .flatMap(files -> files.place(id, told(problem))))
                        .or(() -> placeIn(problem))
                        .orElse(
                                new RouteText.Place(
                                        route.map(id -> "route " + id).orElse(NOWHERE), null));
        return List.of(
                new RouteProblem(
                        place.file(), place.line(), why, "what Camel and its components have"));
    }

    private static Optional<String> route(Throwable problem) {
        return find(problem, FailedToCreateRouteException.class)
                .map(FailedToCreateRouteException::getRouteId)
                .or(
                        () ->
                                find(problem, FailedToStartRouteException.class)
                                        .map(FailedToStartRouteException::getRouteId));
    }

    /** Returns what Camel says of the step that it means; where it names none, all that it says. */
    private static String told(Throwable problem) {
        String all = String.valueOf(problem.getMessage());
        Matcher step = STEP.matcher(all);
        return step.find() ? step.group(1) : all;
    }

    private static Optional<RouteText.Place> placeIn(Throwable problem) {
        return match(problem, FILE)
                .map(
                        file ->
                                new RouteText.Place(
                                        file.group(1),
                                        Optional.ofNullable(file.group(2))
                                                .or(
                                                        () ->
                                                                match(problem, LINE)
                                                                        .map(line -> line.group(1)))
                                                .map(Integer::valueOf)
                                                .orElse(null)));
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
