package io.github.clickhousebackupagent.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What figures are to come to, at most. Immutable. */
final class Goals {

    /** So far over its goal a figure may be on a machine that does other things, too. */
    private static final double SLACK = 1.5;

    /**
     * One of them.
     *
     * @param figure the name of the figure
     * @param what it is, in words
     * @param goal the most that its median may be
     * @param unit of both
     * @param aim what would be better still; null: nothing
     * @param ofRuntime whether it is meant for an agent with a Java of its own only
     */
    record Goal(
            String figure, String what, double goal, String unit, Double aim, boolean ofRuntime) {}

    private final Map<String, Goal> goals;

    Goals(List<Goal> goals) {
        Map<String, Goal> byFigure = new LinkedHashMap<>();
        goals.forEach(goal -> byFigure.put(goal.figure(), goal));
        this.goals = byFigure;
    }

    /**
     * Reads them from a file: a list of objects with figure, what, goal, unit and, at will, aim and
     * runtime.
     */
    static Goals read(Path file) throws IOException {
        List<Goal> goals = new ArrayList<>();
        for (JsonNode goal : new ObjectMapper().readTree(file.toFile())) {
            goals.add(
                    new Goal(
                            goal.required("figure").asText(),
                            goal.required("what").asText(),
                            goal.required("goal").asDouble(),
                            goal.required("unit").asText(),
                            goal.has("aim") ? goal.get("aim").asDouble() : null,
                            goal.path("runtime").asBoolean()));
        }
        return new Goals(goals);
    }

    List<Goal> all() {
        return List.copyOf(goals.values());
    }

    /**
     * Returns a line for each figure whose median is over its goal by more than half. Times are
     * left out, which tell of the machine as much as of the agent: their ratios are held.
     *
     * @param hasRuntime whether the agent that was measured has a Java of its own
     */
    List<String> over(List<Figure> figures, boolean hasRuntime) {
        List<String> lines = new ArrayList<>();
        for (Figure figure : figures) {
            Goal goal = goals.get(figure.name());
            // Not "greater", so that what is no number at all is over it.
            boolean isMeant =
                    goal != null && !goal.unit().equals("s") && (hasRuntime || !goal.ofRuntime());
            if (isMeant && !(figure.median() <= goal.goal() * SLACK)) {
                lines.add(
                        String.format(
                                Locale.ROOT,
                                "%s: found %.4g %s; allowed: %.4g, the goal of %.4g and half of it",
                                figure.name(),
                                figure.median(),
                                figure.unit(),
                                goal.goal() * SLACK,
                                goal.goal()));
            }
        }
        return lines;
    }
}
