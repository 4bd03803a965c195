package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.diagram.Program;
import io.github.clickhousebackupagent.internal.diagram.RunGraph;
import io.github.clickhousebackupagent.internal.diagram.SvgWriter;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;

/**
 * Draws the ways of runs on the routes that are in force. One at a time: a picture takes a good
 * part of a second of one core, and nobody is to keep the machine busy with it.
 */
public final class RunDiagrams implements Function<List<JournalEvent>, String> {

    private static final int KEPT = 8;

    /**
     * A picture.
     *
     * @param run whose way it is
     * @param events how many of the run were told then: another one may change it
     * @param last when the last of them was: of very many not more are told
     */
    private record Drawn(String run, int events, Instant last, String svg) {

        boolean shows(List<JournalEvent> told) {
            return run.equals(runOf(told)) && events == told.size() && last.equals(lastOf(told));
        }
    }

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
    @Override
    public synchronized String apply(List<JournalEvent> events) {
        if (program == null) {
            // Read when somebody asks: most agents are never asked.
            program = RouteReader.of(files);
        }
        return drawn.stream()
                .filter(one -> one.shows(events))
                .findFirst()
                .orElseGet(() -> draw(events))
                .svg();
    }

    private static String runOf(List<JournalEvent> events) {
        return events.isEmpty() ? "" : events.get(0).run();
    }

    private static Instant lastOf(List<JournalEvent> events) {
        return events.isEmpty() ? Instant.MIN : events.get(events.size() - 1).time();
    }

    /** Keeps the last ones: the same is asked for by each browser that shows the run. */
    private Drawn draw(List<JournalEvent> events) {
        String svg = SvgWriter.write(RunGraph.of(program, events));
        Drawn now = new Drawn(runOf(events), events.size(), lastOf(events), svg);
        drawn.addFirst(now);
        if (drawn.size() > KEPT) {
            drawn.removeLast();
        }
        return now;
    }
}
