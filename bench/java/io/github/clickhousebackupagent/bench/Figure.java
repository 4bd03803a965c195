package io.github.clickhousebackupagent.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured, once for each repetition.
 *
 * @param name that goals and tables know it by
 * @param unit such as {@code s}, {@code MiB}, {@code %}, {@code ratio} or {@code calls}
 * @param values in the order in which they were measured; at least one
 */
record Figure(String name, String unit, List<Double> values) {

    Figure {
        values = List.copyOf(values);
        if (values.isEmpty()) {
            throw new IllegalArgumentException(name + ": nothing was measured");
        }
    }

    static Figure of(String name, String unit, double value) {
        return new Figure(name, unit, List.of(value));
    }

    /**
     * Returns a value for each pair of repetitions that were made side by side.
     *
     * @param parts as many as there are of the whole
     */
    static Figure ratio(String name, List<Double> parts, List<Double> wholes) {
        if (parts.size() != wholes.size()) {
            throw new IllegalArgumentException(
                    "%s: %d values cannot be held against %d"
                            .formatted(name, parts.size(), wholes.size()));
        }
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            values.add(parts.get(i) / wholes.get(i));
        }
        return new Figure(name, "ratio", values);
    }

    double min() {
        return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    double max() {
        return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }

    /** Returns the one in the middle; of an even number the mean of the two in the middle. */
    double median() {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", name);
        json.put("unit", unit);
        json.put("min", rounded(min()));
        json.put("median", rounded(median()));
        json.put("max", rounded(max()));
        json.put("values", values.stream().map(Figure::rounded).toList());
        return json;
    }

    static Figure of(JsonNode json) {
        List<Double> values = new ArrayList<>();
        json.get("values").forEach(value -> values.add(value.asDouble()));
        return new Figure(json.get("name").asText(), json.get("unit").asText(), values);
    }

    private static double rounded(double value) {
        return Math.round(value * 10_000) / 10_000.0;
    }
}
