package io.github.clickhousebackupagent.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How what an agent takes grows with its targets, as a picture. SVG that is readable on a light and
 * on a dark page.
 */
final class Growth {

    private static final Pattern NAME = Pattern.compile("targets-(\\d+)-([a-z-]+)");
    private static final int LEFT = 70;
    private static final int TOP = 40;
    private static final int PANEL_WIDTH = 300;
    private static final int PANEL_HEIGHT = 170;
    private static final int GAP = 80;

    private record Line(String figure, String label, String style) {}

    private record Panel(String title, List<Line> lines) {}

    private static final List<Panel> PANELS =
            List.of(
                    new Panel(
                            "Wall, s (11 s are the servers' work)",
                            List.of(
                                    new Line("first-wall", "first round", "b"),
                                    new Line("wall", "second round", "a"))),
                    new Panel(
                            "Memory, MiB",
                            List.of(
                                    new Line("rss", "resident", "b"),
                                    new Line("heap", "heap after collection", "a"))),
                    new Panel(
                            "CPU of a round, s",
                            List.of(
                                    new Line("agent-cpu", "agent", "a"),
                                    new Line("server-cpu", "simulated servers", "b"))),
                    new Panel("From start to armed, s", List.of(new Line("start", "", "a"))));

    private Growth() {}

    /** Returns the picture; of figures that are not of targets nothing is shown. */
    static String svg(List<Figure> figures) {
        StringBuilder svg = new StringBuilder();
        int width = 2 * (LEFT + PANEL_WIDTH) + GAP;
        int height = 2 * (TOP + PANEL_HEIGHT + GAP) - GAP / 2;
        svg.append(
                """
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">
                <title>How wall time, memory, CPU and start grow with the number of targets</title>
                <style>
                text { font: 12px sans-serif; fill: #24292f }
                .title { font-weight: bold }
                .grid { stroke: #d0d7de; stroke-width: 1 }
                .a { stroke: #0550ae; fill: #0550ae }
                .b { stroke: #bc4c00; fill: #bc4c00; stroke-dasharray: 5 3 }
                polyline { fill: none !important; stroke-width: 2 }
                circle { stroke: none !important }
                text.a, text.b { stroke: none }
                @media (prefers-color-scheme: dark) {
                text { fill: #e6edf3 }
                .grid { stroke: #444c56 }
                .a { stroke: #6cb6ff; fill: #6cb6ff }
                .b { stroke: #f69d50; fill: #f69d50 }
                }
                </style>
                """
                        .formatted(width, height, width, height));
        for (int i = 0; i < PANELS.size(); i++) {
            int x = LEFT + i % 2 * (PANEL_WIDTH + LEFT + GAP / 2);
            int y = TOP + i / 2 * (PANEL_HEIGHT + GAP);
            panel(svg, PANELS.get(i), figures, x, y);
        }
        return svg.append("</svg>\n").toString();
    }

    /** Returns the medians of a figure by the number of targets. */
    static TreeMap<Integer, Double> byTargets(List<Figure> figures, String figure) {
        TreeMap<Integer, Double> values = new TreeMap<>();
        for (Figure one : figures) {
            Matcher name = NAME.matcher(one.name());
            if (name.matches() && name.group(2).equals(figure)) {
                values.put(Integer.parseInt(name.group(1)), one.median());
            }
        }
        return values;
    }

    private static void panel(
            StringBuilder svg, Panel panel, List<Figure> figures, int left, int top) {
        List<TreeMap<Integer, Double>> lines = new ArrayList<>();
        panel.lines().forEach(line -> lines.add(byTargets(figures, line.figure())));
        double most =
                lines.stream().flatMap(l -> l.values().stream()).max(Double::compare).orElse(1.0);
        double step = step(most);
        double ceiling = Math.max(step, Math.ceil(most / step) * step);
        text(svg, "title", left, top - 12, "start", panel.title());
        for (double value = 0; value <= ceiling * 1.0001; value += step) {
            double y = top + PANEL_HEIGHT * (1 - value / ceiling);
            svg.append(
                    format(
                            "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n",
                            left, y, left + PANEL_WIDTH, y));
            text(svg, "", left - 8, y + 4, "end", format(step < 1 ? "%.1f" : "%.0f", value));
        }
        for (int i = 0; i < lines.size(); i++) {
            Line line = panel.lines().get(i);
            StringBuilder points = new StringBuilder();
            for (var point : lines.get(i).entrySet()) {
                double x = x(left, point.getKey());
                double y = top + PANEL_HEIGHT * (1 - point.getValue() / ceiling);
                points.append(format("%.1f,%.1f ", x, y));
                svg.append(
                        format(
                                "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n",
                                line.style(), x, y));
                if (i == 0) {
                    text(
                            svg,
                            "",
                            x,
                            top + PANEL_HEIGHT + 18,
                            "middle",
                            format("%,d", point.getKey()));
                }
            }
            svg.append(
                    "<polyline class=\"%s\" points=\"%s\"/>\n"
                            .formatted(line.style(), points.toString().strip()));
            if (!line.label().isEmpty()) {
                text(svg, line.style(), left + 10, top + 16 + 16 * i, "start", line.label());
            }
        }
        text(svg, "", left + PANEL_WIDTH / 2.0, top + PANEL_HEIGHT + 34, "middle", "targets");
    }

    /** Each ten times as many are as far apart, from 10 to 10,000. */
    private static double x(int left, int targets) {
        return left + 10 + (PANEL_WIDTH - 20) * (Math.log10(targets) - 1) / 3;
    }

    /** Returns a round number, of which some go into the most. */
    static double step(double most) {
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(most, 0.1))));
        for (double part : new double[] {0.2, 0.5, 1, 2}) {
            if (most / (power * part) <= 6) {
                return power * part;
            }
        }
        return power * 5;
    }

    private static void text(
            StringBuilder svg, String style, double x, double y, String anchor, String text) {
        svg.append(
                format(
                        "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
                        style, x, y, anchor, text));
    }

    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }
}
