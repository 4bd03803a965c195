package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.diagram.Graph.Cluster;
import io.github.clickhousebackupagent.internal.diagram.Graph.Edge;
import io.github.clickhousebackupagent.internal.diagram.Graph.Node;
import io.github.clickhousebackupagent.internal.diagram.Graph.Tone;
import io.github.clickhousebackupagent.internal.diagram.Graph.Way;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A graph as a flowchart of Mermaid, which GitHub and GitLab draw by themselves. */
public final class MermaidWriter {

    private final Graph graph;
    private final StringBuilder text = new StringBuilder();

    private MermaidWriter(Graph graph) {
        this.graph = graph;
    }

    /** Returns the text of a flowchart. */
    public static String write(Graph graph) {
        return new MermaidWriter(graph).write();
    }

    private String write() {
        text.append(
                "%%{init: {\"flowchart\": {\"nodeSpacing\": 16, \"rankSpacing\": 26, \"padding\": 8,"
                        + " \"subGraphTitleMargin\": {\"top\": 2, \"bottom\": 12},"
                        + " \"diagramPadding\": 4}, \"themeVariables\": {\"fontSize\": \"13px\"}}}%%\n");
        text.append("flowchart TB\n");
        text.append("  accTitle: ").append(title(graph.title())).append('\n');
        inside(null, "  ");
        Map<String, List<Integer>> colours = new LinkedHashMap<>();
        for (int i = 0; i < graph.edges().size(); i++) {
            Edge edge = graph.edges().get(i);
            edge(edge);
            if (edge.way() == Way.BELOW) {
                continue;
            }
            String style =
                    "stroke:"
                            + Look.of(edge, graph.showsRun())
                            + (edge.passed() == Graph.Passed.NO ? "" : ",stroke-width:3px");
            colours.computeIfAbsent(style, key -> new ArrayList<>()).add(i);
        }
        styles();
        colours.forEach(
                (style, edges) ->
                        line(
                                "  ",
                                "linkStyle "
                                        + edges.stream()
                                                .map(String::valueOf)
                                                .collect(Collectors.joining(","))
                                        + " "
                                        + style));
        return text.toString();
    }

    private void inside(String parent, String indent) {
        for (Cluster cluster : graph.clustersIn(parent)) {
            line(indent, "subgraph " + cluster.id() + "[\"" + label(cluster) + "\"]");
            line(indent + "  ", "direction TB");
            inside(cluster.id(), indent + "  ");
            line(indent, "end");
        }
        for (Node node : graph.nodesIn(parent)) {
            line(indent, node.id() + shape(node));
        }
    }

    private static String label(Cluster cluster) {
        String name = cluster.name().isEmpty() ? "" : "<b>" + escape(cluster.name()) + "</b>";
        String between = name.isEmpty() || cluster.text().isEmpty() ? "" : ": ";
        return name + between + escape(cluster.text());
    }

    private static String shape(Node node) {
        int named = Look.named(node);
        List<String> lines = Look.lines(node);
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = escape(lines.get(i));
            parts.add(i < named ? "<b>" + line + "</b>" : line);
        }
        String label = "\"" + String.join("<br/>", parts) + "\"";
        return switch (node.shape()) {
            case START, END -> "([" + label + "])";
            case QUEUE -> "[(" + label + ")]";
            case STEP -> "[" + label + "]";
            case ROUTE -> "[[" + label + "]]";
            case CHOICE -> "{" + label + "}";
            case LOOP -> "{{" + label + "}}";
            case OUTSIDE -> "[/" + label + "/]";
        };
    }

    private void edge(Edge edge) {
        if (edge.way() == Way.BELOW) {
            line("  ", edge.from() + " ~~~ " + edge.to());
            return;
        }
        String arrow = (edge.returns() ? "<" : "") + (Look.isDashed(edge) ? "-.->" : "-->");
        String label =
                edge.label().isEmpty()
                        ? ""
                        : "|\""
                                + Words.wrap(edge.label(), 22).stream()
                                        .map(MermaidWriter::escape)
                                        .collect(Collectors.joining("<br/>"))
                                + "\"|";
        line("  ", edge.from() + " " + arrow + label + " " + edge.to());
    }

    private void styles() {
        boolean run = graph.showsRun();
        Map<String, List<String>> classes = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            classes.computeIfAbsent(Look.of(node, run).word(), key -> new ArrayList<>())
                    .add(node.id());
        }
        classes.forEach(
                (word, ids) -> {
                    Look look = Look.of(word);
                    line(
                            "  ",
                            "classDef "
                                    + word
                                    + " fill:"
                                    + look.fill()
                                    + ",stroke:"
                                    + look.stroke()
                                    + ",color:"
                                    + look.text());
                    line("  ", "class " + String.join(",", ids) + " " + word);
                });
        for (Tone tone : Tone.values()) {
            List<String> ids =
                    graph.clusters().stream()
                            .filter(cluster -> cluster.tone() == tone)
                            .map(Cluster::id)
                            .toList();
            if (!ids.isEmpty()) {
                // Neither dark nor light: the title is in the colour of the page.
                String word = tone == Tone.ERROR ? "errors" : "frame";
                String stroke = tone == Tone.ERROR ? Look.RED : Look.GREY;
                line(
                        "  ",
                        "classDef "
                                + word
                                + " fill:#8080801a,stroke:"
                                + stroke
                                + ",stroke-dasharray:4 3");
                line("  ", "class " + String.join(",", ids) + " " + word);
            }
        }
    }

    private void line(String indent, String line) {
        text.append(indent).append(line).append('\n');
    }

    /** The title is one line, which ends what is not quoted. */
    private static String title(String text) {
        return text.replaceAll("[\\s;#%]+", " ").strip();
    }

    /**
     * Writes what Mermaid, its Markdown or HTML would take for something of their own as the number
     * of the letter.
     */
    static String escape(String text) {
        StringBuilder safe = new StringBuilder();
        text.codePoints()
                .forEach(
                        letter -> {
                            if ("\"#&<>`;".indexOf(letter) >= 0 || Character.isISOControl(letter)) {
                                safe.append('#').append(letter).append(';');
                            } else {
                                safe.appendCodePoint(letter);
                            }
                        });
        // A line that begins so is a list for Markdown.
        return safe.toString()
                .replaceFirst("^([0-9]+)\\. ", "$1#46; ")
                .replaceFirst("^- ", "#45; ")
                .replaceFirst("^\\+ ", "#43; ");
    }
}
