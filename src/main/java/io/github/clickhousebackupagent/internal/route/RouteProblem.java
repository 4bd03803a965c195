package io.github.clickhousebackupagent.internal.route;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Something that is wrong with the routes.
 *
 * @param file the file, or the route where the file is not known
 * @param line counted from 1; null: not known
 * @param found what is there
 * @param allowed what could be there
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RouteProblem(String file, Integer line, String found, String allowed) {

    private static final Pattern LINE =
            Pattern.compile("(.+?):(\\d+): (.*?); allowed: (.*)", Pattern.DOTALL);

    private static final Pattern NO_LINE =
            Pattern.compile("(.+?): (.*?); allowed: (.*)", Pattern.DOTALL);

    /** Returns what a message says that tells of a problem as {@link #toString} does. */
    public static RouteProblem of(String message) {
        Matcher exact = LINE.matcher(message);
        if (exact.matches()) {
            return new RouteProblem(
                    exact.group(1),
                    Integer.valueOf(exact.group(2)),
                    exact.group(3),
                    exact.group(4));
        }
        Matcher file = NO_LINE.matcher(message);
        return file.matches()
                ? new RouteProblem(file.group(1), null, file.group(2), file.group(3))
                : new RouteProblem("", null, message, "");
    }

    /** Returns the same of another file. */
    RouteProblem in(String other) {
        return new RouteProblem(other, line, found, allowed);
    }

    /** Returns it in one line. */
    @Override
    public String toString() {
        if (file.isEmpty()) {
            return found;
        }
        return "%s%s: %s; allowed: %s"
                .formatted(file, line == null ? "" : ":" + line, found, allowed);
    }
}
