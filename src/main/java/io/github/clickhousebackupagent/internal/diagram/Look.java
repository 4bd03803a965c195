package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.diagram.Graph.Edge;
import io.github.clickhousebackupagent.internal.diagram.Graph.Node;
import io.github.clickhousebackupagent.internal.diagram.Graph.Passed;
import io.github.clickhousebackupagent.internal.diagram.Graph.Tone;
import io.github.clickhousebackupagent.internal.diagram.Graph.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What all formats have in common: colours and lines. The colours are those of GitHub, each
 * readable on white and on black.
 *
 * @param word of the colour, for classes
 * @param fill of the inside
 * @param stroke of the border
 * @param text of the letters
 */
record Look(String word, String fill, String stroke, String text) {

    /** Of edges that are nothing special. */
    static final String GREY = "#7d8590";

    static final String RED = "#cf222e";
    static final String GREEN = "#1a7f37";
    static final String BLUE = "#0969da";

    private static final String INK = "#1f2328";

    private static final int NODE = 18;
    private static final int CHOICE = 14;

    static final List<Look> ALL =
            List.of(
                    new Look("start", "#dafbe1", GREEN, INK),
                    new Look("step", "#eaeef2", "#6e7781", INK),
                    new Look("route", "#ddf4ff", BLUE, INK),
                    new Look("choice", "#fff8c5", "#9a6700", INK),
                    new Look("loop", "#fbefff", "#8250df", INK),
                    new Look("outside", "#ffffff", "#6e7781", INK),
                    new Look("error", "#ffebe9", RED, INK),
                    new Look("passed", "#aceebb", GREEN, INK),
                    new Look("failed", "#ffcecb", RED, INK),
                    new Look("now", "#b6e3ff", BLUE, INK),
                    new Look("other", "#f6f8fa", "#d1d9e0", "#818b98"));

    static Look of(String word) {
        return ALL.stream().filter(look -> look.word().equals(word)).findFirst().orElseThrow();
    }

    /** Returns what a node looks like in a picture that may show a run. */
    static Look of(Node node, boolean run) {
        if (run) {
            return of(
                    switch (node.passed()) {
                        case NO -> "other";
                        case YES -> "passed";
                        case FAILED -> "failed";
                        case NOW -> "now";
                    });
        }
        if (node.tone() == Tone.ERROR) {
            return of("error");
        }
        return of(
                switch (node.shape()) {
                    case START, QUEUE, END -> "start";
                    case STEP -> "step";
                    case ROUTE -> "route";
                    case CHOICE -> "choice";
                    case LOOP -> "loop";
                    case OUTSIDE -> "outside";
                });
    }

    /** Returns the colour of an edge. */
    static String of(Edge edge, boolean run) {
        if (run) {
            return edge.passed() == Passed.NO
                    ? "#b7bfc8"
                    : edge.passed() == Passed.FAILED ? RED : GREEN;
        }
        return edge.way() == Way.ERROR ? RED : edge.way() == Way.BACK ? "#8250df" : GREY;
    }

    /** Returns whether an edge is drawn in pieces. */
    static boolean isDashed(Edge edge) {
        return edge.way() == Way.ERROR || edge.way() == Way.CALL;
    }

    /** Returns the lines of a node: the name, if it has one, is the first. */
    static List<String> lines(Node node) {
        List<String> lines = new ArrayList<>();
        if (node.name() != null) {
            lines.addAll(Words.wrap(node.name(), NODE));
        }
        String text = node.text().isBlank() ? "" : node.text();
        if (!text.isEmpty()) {
            lines.addAll(Words.wrap(text, most(node)));
        }
        if (node.times() > 1) {
            lines.add("(" + node.times() + " times)");
        }
        if (lines.isEmpty()) {
            lines.add("?");
        }
        return lines;
    }

    /** Returns how many of the lines are the name. */
    static int named(Node node) {
        return node.name() == null ? 0 : Words.wrap(node.name(), NODE).size();
    }

    /** A question is narrow, but not so narrow that its words are broken. */
    private static int most(Node node) {
        if (!node.isQuestion()) {
            return NODE;
        }
        int longest = Stream.of(node.text().split("\\s+")).mapToInt(String::length).max().orElse(0);
        return Math.min(24, Math.max(CHOICE, longest));
    }
}
