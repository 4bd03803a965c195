package io.github.clickhousebackupagent.internal.http;

import java.util.Map;

/** A call is refused, or cannot be answered. */
public final class ProblemException extends RuntimeException {

    private final transient Problem problem;
    private final transient Map<String, String> headers;

    private ProblemException(Problem problem, Map<String, String> headers) {
        super(problem.detail());
        this.problem = problem;
        this.headers = headers;
    }

    static ProblemException of(int status, String detail) {
        return new ProblemException(Problem.of(status, detail, null), Map.of());
    }

    static ProblemException busy(String run, String detail) {
        return new ProblemException(Problem.of(409, detail, run.isEmpty() ? null : run), Map.of());
    }

    /** Returns the same with a header beside it. */
    ProblemException with(String header, String value) {
        return new ProblemException(problem, Map.of(header, value));
    }

    /** Returns what is said of it. */
    Problem problem() {
        return problem;
    }

    /** Returns the headers that go with it. */
    Map<String, String> headers() {
        return headers;
    }
}
