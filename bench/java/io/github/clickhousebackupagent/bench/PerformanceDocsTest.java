package io.github.clickhousebackupagent.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.bench.Goals.Goal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The figures in the documents are those that were measured. */
class PerformanceDocsTest {

    private static final Path PAGE = Path.of("docs/performance.md");
    private static final Path PICTURE = Path.of("docs/performance-targets.svg");
    private static final Path RESULTS = Path.of("bench/results");
    private static final Pattern BLOCK =
            Pattern.compile("(?s)<!-- generated: ([a-z-]+) -->\n.*?<!-- /generated -->");

    /** One benchmark's results. */
    private record Measured(JsonNode json, List<Figure> figures) {

        Optional<Figure> figure(String name) {
            return figures.stream().filter(figure -> figure.name().equals(name)).findFirst();
        }
    }

    private static Map<String, Measured> results() throws IOException {
        Map<String, Measured> results = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(RESULTS)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                JsonNode json = new ObjectMapper().readTree(file.toFile());
                List<Figure> figures = new ArrayList<>();
                json.get("figures").forEach(figure -> figures.add(Figure.of(figure)));
                results.put(json.get("benchmark").asText(), new Measured(json, figures));
            }
        }
        return results;
    }

    @Test
    void eachTableShowsWhatWasMeasured() throws Exception {
        Map<String, Measured> results = results();
        String page = Files.readString(PAGE);
        List<String> blocks = new ArrayList<>();
        Matcher block = BLOCK.matcher(page);
        StringBuilder expected = new StringBuilder();
        while (block.find()) {
            String name = block.group(1);
            blocks.add(name);
            String table = name.equals("goals") ? goals(results) : table(results.get(name), name);
            block.appendReplacement(
                    expected,
                    Matcher.quoteReplacement(
                            "<!-- generated: %s -->\n%s<!-- /generated -->"
                                    .formatted(name, table)));
        }
        block.appendTail(expected);
        same(PAGE, expected.toString());

        List<String> all = new ArrayList<>(results.keySet());
        all.add("goals");
        assertThat(blocks).as("no result is kept back").containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void thePictureShowsWhatWasMeasured() throws Exception {
        Measured measured = results().get("many-targets");

        assertThat(Growth.byTargets(measured.figures(), "wall")).hasSizeGreaterThan(1);
        same(PICTURE, Growth.svg(measured.figures()));
    }

    @Test
    void theScaleOfAPictureIsOfRoundNumbers() {
        assertThat(Growth.step(13)).isEqualTo(5);
        assertThat(Growth.step(250)).isEqualTo(50);
        assertThat(Growth.step(1)).isEqualTo(0.2);
        assertThat(Growth.step(99)).isEqualTo(20);
    }

    private static String goals(Map<String, Measured> results) throws IOException {
        StringBuilder text =
                new StringBuilder(
                        "| what | goal | measured (lowest to highest, times) | |\n|---|---|---|---|\n");
        for (Goal goal : Goals.read(Path.of("bench/goals.json")).all()) {
            Optional<Measured> of =
                    results.values().stream()
                            .filter(measured -> measured.figure(goal.figure()).isPresent())
                            .findFirst();
            String shown = "not measured here";
            String judged = "";
            if (of.isPresent()) {
                Figure figure = of.get().figure(goal.figure()).orElseThrow();
                boolean plain =
                        goal.ofRuntime()
                                && of.get().json().at("/agent/form").asText().contains("plain");
                shown = spread(figure);
                judged =
                        plain
                                ? "plain Java: the goal is for the image"
                                : figure.median() <= goal.goal() ? "met" : "**not met**";
            }
            text.append(
                    "| %s | %s%s | %s | %s |\n"
                            .formatted(
                                    goal.what(),
                                    number(goal.goal(), goal.unit()),
                                    goal.aim() == null
                                            ? ""
                                            : ", aim " + number(goal.aim(), goal.unit()),
                                    shown,
                                    judged));
        }
        return text.toString();
    }

    private static String table(Measured measured, String name) {
        assertThat(measured).as("a table of %s, of which there is no result", name).isNotNull();
        JsonNode json = measured.json();
        StringBuilder text = new StringBuilder("| figure | median | lowest | highest | times |\n");
        text.append("|---|---|---|---|---|\n");
        for (Figure figure : measured.figures()) {
            text.append(
                    "| `%s` | %s | %s | %s | %d |\n"
                            .formatted(
                                    figure.name(),
                                    number(figure.median(), figure.unit()),
                                    number(figure.min(), figure.unit()),
                                    number(figure.max(), figure.unit()),
                                    figure.values().size()));
        }
        JsonNode machine = json.get("machine");
        text.append(
                "\n%s; %s, %d cores, %s, load %s before; agent: %s, %s%s.\n"
                        .formatted(
                                json.get("date").asText(),
                                machine.get("cpu").asText(),
                                machine.get("cores").asInt(),
                                machine.get("system").asText(),
                                machine.get("load").asText(),
                                json.at("/agent/form").asText(),
                                json.at("/agent/java").asText(),
                                json.get("short").asBoolean() ? "; the short form" : ""));
        return text.toString();
    }

    private static String spread(Figure figure) {
        return figure.values().size() == 1
                ? number(figure.median(), figure.unit())
                : "%s (%s to %s, %d)"
                        .formatted(
                                number(figure.median(), figure.unit()),
                                number(figure.min(), figure.unit()),
                                number(figure.max(), figure.unit()),
                                figure.values().size());
    }

    private static String number(double value, String unit) {
        String digits = value >= 100 || value == Math.rint(value) && value >= 10 ? "%.0f" : "%.3g";
        String number = String.format(Locale.ROOT, digits, value);
        if (number.contains(".") && !number.contains("e")) {
            number = number.replaceFirst("0+$", "").replaceFirst("\\.$", "");
        }
        return unit.equals("ratio") ? number : number + " " + unit;
    }

    private static void same(Path file, String expected) throws IOException {
        if (Boolean.getBoolean("update-generated")) {
            Files.writeString(file, expected);
        }
        assertThat(file)
                .as("out of date: run mvn test -Dtest='*Docs*,*Schema*' -Dupdate-generated=true")
                .hasContent(expected);
    }
}
