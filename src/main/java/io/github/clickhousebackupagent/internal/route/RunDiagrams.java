package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.internal.diagram.Program;
import io.github.clickhousebackupagent.internal.diagram.RunGraph;
import io.github.clickhousebackupagent.internal.diagram.SvgWriter;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import java.util.List;

/**
 * Draws the ways of runs on the routes that are in force. One at a time: a picture takes a good
 * part of a second of one core, and nobody is to keep the machine busy with it.
 */
public final class RunDiagrams {

    private final RouteFiles files;
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
        return SvgWriter.write(RunGraph.of(program, events));
    }
}
