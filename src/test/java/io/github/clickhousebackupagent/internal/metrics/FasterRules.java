package io.github.clickhousebackupagent.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The rules that are shipped, with seconds in place of hours and days. What there is no shorter
 * time for makes {@link #of} fail: a new rule would else be one that no test here can wait for.
 */
final class FasterRules {

    /** What stands in queries, as a range or an offset. */
    private static final Map<String, String> DURATIONS =
            Map.of(
                    // Longer than a restart of an agent takes.
                    "15m", "15s",
                    // Time for five starts of an agent.
                    "1h", "3m",
                    "3h", "5s",
                    "1d", "15s",
                    "2d", "25s",
                    "30d", "2m");

    /** What stands in queries as a number of seconds. */
    private static final Map<String, String> SECONDS =
            Map.of(
                    "300", "1",
                    "1800", "1",
                    "21600", "5",
                    "43200", "10",
                    "86400", "4",
                    "259200", "8");

    private static final String EACH = "1s";
    private static final int LARGE = 10;
    private static final Pattern FIGURE = Pattern.compile("(?<![\\w.])\\d[\\w.]*");
    private static final Set<String> KEYS =
            Set.of("record", "alert", "expr", "for", "labels", "annotations");

    private final JsonNode rules;

    private FasterRules(JsonNode rules) {
        this.rules = rules;
    }

    /** Reads rules of Prometheus, and makes them faster. */
    static FasterRules of(Path file) throws IOException {
        JsonNode rules =
                new ObjectMapper()
                        .valueToTree(
                                new Load(LoadSettings.builder().build())
                                        .loadFromString(Files.readString(file)));
        Set<String> used = new TreeSet<>();
        for (JsonNode group : rules.get("groups")) {
            assertThat(group.fieldNames())
                    .toIterable()
                    .containsExactlyInAnyOrder("name", "interval", "rules");
            ((ObjectNode) group).put("interval", EACH);
            for (JsonNode rule : group.get("rules")) {
                assertThat(rule.fieldNames()).toIterable().isSubsetOf(KEYS);
                ObjectNode faster = (ObjectNode) rule;
                faster.put("expr", faster(rule.get("expr").asText(), used));
                if (rule.has("for")) {
                    faster.put("for", EACH);
                }
            }
        }
        assertThat(used)
                .as("what there is a shorter time for stands in a rule")
                .containsAll(DURATIONS.keySet())
                .containsAll(SECONDS.keySet());
        return new FasterRules(rules);
    }

    private static String faster(String query, Set<String> used) {
        return FIGURE.matcher(query)
                .replaceAll(
                        match -> {
                            String figure = match.group();
                            if (figure.matches("[0-9.]+") && Double.parseDouble(figure) < LARGE) {
                                return figure;
                            }
                            String other = DURATIONS.getOrDefault(figure, SECONDS.get(figure));
                            assertThat(other)
                                    .as("a shorter time in place of %s in: %s", figure, query)
                                    .isNotNull();
                            used.add(figure);
                            return other;
                        });
    }

    /**
     * Returns a query for what was a time ago.
     *
     * @param series with a place for labels
     * @param ago as it stands in the rules
     */
    String then(String series, String ago) {
        return series + "{%s} offset " + DURATIONS.get(ago);
    }

    /** Returns the names of all alerts. */
    List<String> alerts() {
        List<String> names = new ArrayList<>();
        rules.findValues("alert").forEach(name -> names.add(name.asText()));
        return names;
    }

    /** Writes them as JSON, which is YAML, too. */
    void write(Path file) throws IOException {
        Files.writeString(file, rules.toPrettyString());
    }
}
