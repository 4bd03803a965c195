package io.github.clickhousebackupagent.internal.route;

import com.fasterxml.jackson.annotation.JsonInclude;

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

    /** Returns the same of another file. */
    RouteProblem in(String other) {
        return new RouteProblem(other, line, found, allowed);
    }

    /** Returns it in one line. */
    @Override
    public String toString() {
        return "%s%s: %s; allowed: %s"
                .formatted(file, line == null ? "" : ":" + line, found, allowed);
    }
}
