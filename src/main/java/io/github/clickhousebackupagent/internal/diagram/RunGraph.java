package io.github.clickhousebackupagent.internal.diagram;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.RunKind;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The routes with the way of a run on them. Stateless. */
public final class RunGraph {

    private RunGraph() {}

    /**
     * Draws all that begins by itself, with the way of a run.
     *
     * @param events all of the run, oldest first
     */
    public static Graph of(Program program, List<JournalEvent> events) {
        return Trail.of(Overview.of(program, opened(events)), events);
    }

    /** Returns the box that the run went into, which is to be opened: of a restore, for example. */
    public static Set<String> opened(List<JournalEvent> events) {
        String way =
                events.stream()
                        .flatMap(event -> Stream.ofNullable(event.detail("kind")))
                        .flatMap(word -> RunKind.of(word).stream())
                        .reduce((first, second) -> second)
                        .map(RunKind::way)
                        .orElse(RunKind.FULL.way());
        return Set.of("run-" + way);
    }
}
