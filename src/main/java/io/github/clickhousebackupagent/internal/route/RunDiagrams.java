package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.diagram.Program;
import io.github.clickhousebackupagent.internal.diagram.RunGraph;
import io.github.clickhousebackupagent.internal.diagram.SvgWriter;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Draws the ways of runs on the routes that are in force. One at a time: a picture takes a good
 * part of a second of one core, and nobody is to keep the machine busy with it.
 */
public final class RunDiagrams {

    private static final int KEPT = 8;

    /**
     * A picture.
     *
     * @param run whose way it is
     * @param events how many the run had then: another one may change it
     */
    private record Drawn(String run, int events, String svg) {}

    private final RouteFiles files;
    private final Deque<Drawn> drawn = new ArrayDeque<>();
    private Program program;

    /**
     * @param files the routes; null: those in the jar
     */
    RunDiagrams(RouteFiles files) {
        this.files = files;
    }

    /**
     * Returns the way of a run as SVG.
     *
     * @param events what the journal says of it, the oldest first
     */
    public synchronized String svg(List<JournalEvent> events) {
        if (program == null) {
            // Read when somebody asks: most agents are never asked.
            program = RouteReader.of(files);
        }
        String run = events.isEmpty() ? "" : events.get(0).run();
        return drawn.stream()
                .filter(one -> one.run().equals(run) && one.events() == events.size())
                .findFirst()
                .orElseGet(() -> draw(run, events))
                .svg();
    }

    /** Keeps the last ones: the same is asked for by each browser that shows the run. */
    private Drawn draw(String run, List<JournalEvent> events) {
        String svg = SvgWriter.write(RunGraph.of(program, events));
        Drawn now = new Drawn(run, events.size(), svg);
        drawn.addFirst(now);
        if (drawn.size() > KEPT) {
            drawn.removeLast();
        }
        return now;
    }
}
