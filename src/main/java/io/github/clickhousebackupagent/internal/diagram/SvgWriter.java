package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.diagram.Graph.Cluster;
import io.github.clickhousebackupagent.internal.diagram.Graph.Edge;
import io.github.clickhousebackupagent.internal.diagram.Graph.Node;
import io.github.clickhousebackupagent.internal.diagram.Graph.Passed;
import io.github.clickhousebackupagent.internal.diagram.Graph.Tone;
import io.github.clickhousebackupagent.internal.diagram.Layout.Box;
import io.github.clickhousebackupagent.internal.diagram.Layout.Line;
import io.github.clickhousebackupagent.internal.diagram.Layout.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** A graph as a picture: needs nothing beside it, and is the same on each machine. */
public final class SvgWriter {

    private final Graph graph;
    private final Layout layout;
    private final StringBuilder text = new StringBuilder();

    private SvgWriter(Graph graph) {
        this.graph = graph;
        this.layout = Layout.of(graph);
    }

    /** Returns the text of an SVG file. */
    public static String write(Graph graph) {
        return new SvgWriter(graph).write();
    }

    private String write() {
        Box all = layout.all();
        line(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\" viewBox=\"0 0 %s %s\" role=\"img\">"
                        .formatted(
                                number(all.width()),
                                number(all.height()),
                                number(all.width()),
                                number(all.height())));
        line("<title>" + Xml.escape(graph.title()) + "</title>");
        style();
        arrows();
        line(
                "<rect class=\"page\" width=\"%s\" height=\"%s\" rx=\"8\"/>"
                        .formatted(number(all.width()), number(all.height())));
        graph.clusters().forEach(this::cluster);
        drawn().forEach(this::edge);
        graph.nodes().forEach(this::node);
        drawn().forEach(this::label);
        line("</svg>");
        return text.toString();
    }

    private void style() {
        line("<style>");
        line(
                "text { font: %spx -apple-system, \"Segoe UI\", \"Noto Sans\", Helvetica, Arial, sans-serif; text-anchor: middle }"
                        .formatted(number(Layout.TEXT)));
        line(".name { font-weight: 600 }");
        line(".title { text-anchor: start; fill: #59636e }");
        line(".small { font-size: %spx }".formatted(number(Layout.LABEL)));
        line(".page { fill: #ffffff }");
        line(".frame { fill: #818b981a; stroke: #818b98; stroke-dasharray: 4 3 }");
        line(".errors { fill: #cf222e0d; stroke: #cf222e; stroke-dasharray: 4 3 }");
        line(".edge { fill: none; stroke-width: 1.4 }");
        line(".strong { stroke-width: 3 }");
        line(".dashed { stroke-dasharray: 5 4 }");
        line(".behind { fill: #ffffff; fill-opacity: 0.85 }");
        for (Look look : Look.ALL) {
            line(".%s { fill: %s; stroke: %s }".formatted(look.word(), look.fill(), look.stroke()));
            line(".%s-text { fill: %s }".formatted(look.word(), look.text()));
        }
        line("@media (prefers-color-scheme: dark) {");
        line(".page, .behind { fill: #0d1117 }");
        line(".title { fill: #9198a1 }");
        line("}");
        line("</style>");
    }

    private List<Edge> drawn() {
        return graph.edges().stream().filter(edge -> edge.way() != Graph.Way.BELOW).toList();
    }

    /** One arrowhead for each colour that an edge has. */
    private void arrows() {
        Set<String> colours = new TreeSet<>();
        drawn().forEach(edge -> colours.add(Look.of(edge, graph.showsRun())));
        line("<defs>");
        for (String colour : colours) {
            line(
                    "<marker id=\"%s\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path d=\"M0 0 8 4 0 8z\" fill=\"%s\"/></marker>"
                            .formatted(arrow(colour), colour));
        }
        line("</defs>");
    }

    private static String arrow(String colour) {
        return "arrow-" + colour.substring(1);
    }

    private void cluster(Cluster cluster) {
        Box box = layout.box(cluster.id());
        String look = cluster.tone() == Tone.ERROR ? "errors" : "frame";
        line(
                "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"6\"/>"
                        .formatted(
                                look,
                                number(box.x()),
                                number(box.y()),
                                number(box.width()),
                                number(box.height())));
        double y = box.y() + 17;
        if (!cluster.name().isEmpty()) {
            text("title name", cluster.name(), box.x() + 10, y);
            y += 15;
        }
        for (String words : layout.title(cluster)) {
            text("title small", words, box.x() + 10, y);
            y += Layout.LABEL_LINE;
        }
    }

    private void edge(Edge edge) {
        Line way = layout.line(edge);
        List<Point> points = new ArrayList<>(way.points());
        points.set(0, outline(edge.from(), points.get(0)));
        int last = points.size() - 1;
        points.set(last, outline(edge.to(), points.get(last)));
        String colour = Look.of(edge, graph.showsRun());
        line(
                "<path class=\"edge%s%s\" d=\"%s\" stroke=\"%s\"%s marker-end=\"url(#%s)\"/>"
                        .formatted(
                                edge.passed() == Passed.NO ? "" : " strong",
                                Look.isDashed(edge) ? " dashed" : "",
                                path(points),
                                colour,
                                edge.returns()
                                        ? " marker-start=\"url(#" + arrow(colour) + ")\""
                                        : "",
                                arrow(colour)));
    }

    /** Moves a point on the upper or lower side of what is around a node to the node itself. */
    private Point outline(String id, Point point) {
        Box box = layout.box(id);
        double middle = box.y() + box.height() / 2;
        double half = box.width() / 2;
        double aside = Math.abs(point.x() - box.middle());
        double slope =
                graph.nodes().stream()
                        .filter(node -> node.id().equals(id))
                        .findFirst()
                        .map(
                                node ->
                                        switch (node.shape()) {
                                            case CHOICE -> aside / half;
                                            case LOOP -> Math.max(0, (aside - half + 18) / 18);
                                            default -> 0.0;
                                        })
                        .orElse(0.0);
        return new Point(point.x(), point.y() + (middle - point.y()) * Math.min(1, slope));
    }

    /** Corners are round, which tells one line from another where they cross. */
    private static String path(List<Point> points) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < points.size(); i++) {
            Point point = points.get(i);
            if (i == 0) {
                path.append('M').append(at(point));
            } else if (i == points.size() - 1) {
                path.append(" L").append(at(point));
            } else {
                path.append(" L").append(at(towards(point, points.get(i - 1))));
                path.append(" Q").append(at(point)).append(' ');
                path.append(at(towards(point, points.get(i + 1))));
            }
        }
        return path.toString();
    }

    private static Point towards(Point from, Point to) {
        double length = Math.hypot(to.x() - from.x(), to.y() - from.y());
        double part = length == 0 ? 0 : Math.min(6, length / 2) / length;
        return new Point(
                from.x() + (to.x() - from.x()) * part, from.y() + (to.y() - from.y()) * part);
    }

    private void label(Edge edge) {
        Box box = layout.line(edge).label();
        if (box == null) {
            return;
        }
        line(
                "<rect class=\"behind\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"3\"/>"
                        .formatted(
                                number(box.x()),
                                number(box.y()),
                                number(box.width()),
                                number(box.height())));
        double y = box.y() + Layout.LABEL_LINE - 3;
        for (String words : Words.wrap(edge.label(), Layout.LABEL_WORDS)) {
            line(
                    "<text class=\"small\" x=\"%s\" y=\"%s\" fill=\"%s\">%s</text>"
                            .formatted(
                                    number(box.middle()),
                                    number(y),
                                    Look.of(edge, graph.showsRun()),
                                    Xml.escape(words)));
            y += Layout.LABEL_LINE;
        }
    }

    private void node(Node node) {
        Box box = layout.box(node.id());
        String look = Look.of(node, graph.showsRun()).word();
        line(
                "<g class=\"%s\"%s>"
                        .formatted(look, node.passed() == Passed.NO ? "" : " stroke-width=\"2\""));
        line(shape(node, box));
        line("</g>");
        List<String> lines = Look.lines(node);
        int named = Look.named(node);
        double middle = box.y() + box.height() / 2;
        if (node.shape() == Graph.Shape.QUEUE) {
            middle += 5;
        }
        double y = middle - (lines.size() - 1) * Layout.LINE / 2 + Layout.TEXT * 0.36;
        for (int i = 0; i < lines.size(); i++) {
            text(look + "-text" + (i < named ? " name" : ""), lines.get(i), box.middle(), y);
            y += Layout.LINE;
        }
    }

    private static String shape(Node node, Box box) {
        String x = number(box.x());
        String y = number(box.y());
        String right = number(box.x() + box.width());
        String bottom = number(box.y() + box.height());
        String across = number(box.middle());
        String middle = number(box.y() + box.height() / 2);
        return switch (node.shape()) {
            case START, END -> rect(box, Math.min(18, box.height() / 2));
            case STEP -> rect(box, 4);
            case ROUTE ->
                    rect(box, 4)
                            + "<path fill=\"none\" d=\"M%s %sV%s M%s %sV%s\"/>"
                                    .formatted(
                                            number(box.x() + 7),
                                            y,
                                            bottom,
                                            number(box.x() + box.width() - 7),
                                            y,
                                            bottom);
            case CHOICE -> polygon(across, y, right, middle, across, bottom, x, middle);
            case LOOP ->
                    polygon(
                            number(box.x() + 18),
                            y,
                            number(box.x() + box.width() - 18),
                            y,
                            right,
                            middle,
                            number(box.x() + box.width() - 18),
                            bottom,
                            number(box.x() + 18),
                            bottom,
                            x,
                            middle);
            case OUTSIDE ->
                    polygon(
                            number(box.x() + 14),
                            y,
                            right,
                            y,
                            number(box.x() + box.width() - 14),
                            bottom,
                            x,
                            bottom);
            case QUEUE -> {
                String radius = number(box.width() / 2);
                String top = number(box.y() + 8);
                String low = number(box.y() + box.height() - 8);
                yield "<path d=\"M%s %sA%s 8 0 0 1 %s %sV%sA%s 8 0 0 1 %s %sZ\"/>"
                                .formatted(x, top, radius, right, top, low, radius, x, low)
                        + "<path fill=\"none\" d=\"M%s %sA%s 8 0 0 0 %s %s\"/>"
                                .formatted(x, top, radius, right, top);
            }
        };
    }

    private static String rect(Box box, double round) {
        return "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"%s\"/>"
                .formatted(
                        number(box.x()),
                        number(box.y()),
                        number(box.width()),
                        number(box.height()),
                        number(round));
    }

    private static String polygon(String... numbers) {
        return "<polygon points=\"" + String.join(" ", numbers) + "\"/>";
    }

    private void text(String look, String words, double x, double y) {
        line(
                "<text class=\"%s\" x=\"%s\" y=\"%s\">%s</text>"
                        .formatted(look, number(x), number(y), Xml.escape(words)));
    }

    private static String at(Point point) {
        return number(point.x()) + " " + number(point.y());
    }

    /** A tenth of a pixel is enough. */
    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value).replaceFirst("\\.0$", "");
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
