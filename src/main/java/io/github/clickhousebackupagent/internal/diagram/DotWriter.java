package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.diagram.Graph.Cluster;
import io.github.clickhousebackupagent.internal.diagram.Graph.Edge;
import io.github.clickhousebackupagent.internal.diagram.Graph.Node;
import io.github.clickhousebackupagent.internal.diagram.Graph.Passed;
import io.github.clickhousebackupagent.internal.diagram.Graph.Tone;
import io.github.clickhousebackupagent.internal.diagram.Graph.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A graph in the language of Graphviz: {@code dot -Tpdf}. */
public final class DotWriter {

    private final Graph graph;
    private final StringBuilder text = new StringBuilder();

    private DotWriter(Graph graph) {
        this.graph = graph;
    }

    /** Returns the text of a digraph. */
    public static String write(Graph graph) {
        return new DotWriter(graph).write();
    }

    private String write() {
        line("", "digraph routes {");
        line("  ", "label = " + quoted(graph.title()));
        line("  ", "labelloc = t");
        line("  ", "rankdir = TB");
        line("  ", "compound = true");
        line("  ", "newrank = true");
        line("  ", "fontname = \"sans-serif\"");
        line("  ", "nodesep = 0.35");
        line("  ", "ranksep = 0.45");
        line(
                "  ",
                "node [style = filled, fontname = \"sans-serif\", fontsize = 12, margin = \"0.15,0.08\"]");
        line("  ", "edge [fontname = \"sans-serif\", fontsize = 11]");
        inside(null, "  ");
        graph.edges().forEach(this::edge);
        line("", "}");
        return text.toString();
    }

    private void inside(String parent, String indent) {
        for (Cluster cluster : graph.clustersIn(parent)) {
            line(indent, "subgraph cluster_" + cluster.id() + " {");
            String name = cluster.name().isEmpty() ? "" : "<B>" + escape(cluster.name()) + "</B>";
            String between = name.isEmpty() || cluster.text().isEmpty() ? "" : ": ";
            line(indent + "  ", "label = <" + name + between + escape(cluster.text()) + ">");
            String colour = cluster.tone() == Tone.ERROR ? Look.RED : Look.GREY;
            line(indent + "  ", "style = \"rounded,dashed\"");
            line(indent + "  ", "color = \"" + colour + "\"");
            line(indent + "  ", "fontcolor = \"" + colour + "\"");
            inside(cluster.id(), indent + "  ");
            line(indent, "}");
        }
        graph.nodesIn(parent).forEach(node -> node(node, indent));
    }

    private void node(Node node, String indent) {
        Look look = Look.of(node, graph.showsRun());
        int named = Look.named(node);
        List<String> lines = Look.lines(node);
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = escape(lines.get(i));
            parts.add(i < named ? "<B>" + line + "</B>" : line);
        }
        String shape =
                switch (node.shape()) {
                    case START, END -> "box, style = \"rounded,filled\"";
                    case QUEUE -> "cylinder";
                    case STEP -> "box";
                    case ROUTE -> "box, peripheries = 2";
                    case CHOICE -> "diamond, margin = \"0,0\"";
                    case LOOP -> "hexagon";
                    case OUTSIDE -> "parallelogram";
                };
        line(
                indent,
                "%s [label = <%s>, shape = %s, fillcolor = \"%s\", color = \"%s\", fontcolor = \"%s\"%s]"
                        .formatted(
                                node.id(),
                                String.join("<BR/>", parts),
                                shape,
                                look.fill(),
                                look.stroke(),
                                look.text(),
                                node.passed() == Passed.NO ? "" : ", penwidth = 2"));
    }

    private void edge(Edge edge) {
        List<String> with = new ArrayList<>();
        String from = edge.from();
        if (isCluster(from)) {
            // Graphviz draws from nodes only, and cuts the line off at the frame.
            with.add("ltail = cluster_" + from);
            from = lastNode(from);
        }
        if (edge.way() == Way.BELOW) {
            line("  ", from + " -> " + edge.to() + " [style = invis]");
            return;
        }
        String colour = Look.of(edge, graph.showsRun());
        if (edge.returns()) {
            with.add("dir = both");
        }
        with.add("color = \"" + colour + "\"");
        if (!edge.label().isEmpty()) {
            with.add(
                    "label = <"
                            + Words.wrap(edge.label(), 22).stream()
                                    .map(DotWriter::escape)
                                    .collect(Collectors.joining("<BR/>"))
                            + ">");
            with.add("fontcolor = \"" + colour + "\"");
        }
        if (Look.isDashed(edge)) {
            with.add("style = dashed");
        }
        if (edge.way() == Way.BACK) {
            with.add("constraint = false");
        }
        if (edge.passed() != Passed.NO) {
            with.add("penwidth = 2.5");
        }
        line("  ", from + " -> " + edge.to() + " [" + String.join(", ", with) + "]");
    }

    private boolean isCluster(String id) {
        return graph.clusters().stream().anyMatch(cluster -> cluster.id().equals(id));
    }

    private String lastNode(String cluster) {
        List<Node> inside = graph.nodesIn(cluster);
        return inside.isEmpty()
                ? lastNode(graph.clustersIn(cluster).get(0).id())
                : inside.get(inside.size() - 1).id();
    }

    private void line(String indent, String line) {
        text.append(indent).append(line).append('\n');
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private static String escape(String text) {
        return Xml.escape(text);
    }
}
