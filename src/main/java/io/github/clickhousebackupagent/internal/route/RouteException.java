package io.github.clickhousebackupagent.internal.route;

import java.util.List;
import java.util.stream.Collectors;

/** The routes cannot be used as they are. */
public final class RouteException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<RouteProblem> problems;

    RouteException(List<RouteProblem> problems) {
        super(problems.stream().map(RouteProblem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** Returns what is wrong, at least one thing. */
    public List<RouteProblem> problems() {
        return problems;
    }
}
