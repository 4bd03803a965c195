package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.diagram.Detail;
import io.github.clickhousebackupagent.internal.diagram.DotWriter;
import io.github.clickhousebackupagent.internal.diagram.Graph;
import io.github.clickhousebackupagent.internal.diagram.MermaidWriter;
import io.github.clickhousebackupagent.internal.diagram.Overview;
import io.github.clickhousebackupagent.internal.diagram.Program;
import io.github.clickhousebackupagent.internal.diagram.Program.RouteTree;
import io.github.clickhousebackupagent.internal.diagram.RunGraph;
import io.github.clickhousebackupagent.internal.diagram.SvgWriter;
import io.github.clickhousebackupagent.internal.diagram.Trail;
import io.github.clickhousebackupagent.internal.journal.Journal;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.route.RouteReader;
import io.github.clickhousebackupagent.internal.text.NearestName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Draws the routes as they are in their folder. Starts nothing, and asks no server. */
@Command(
        name = "diagram",
        description = {
            "Draws the routes as they are loaded, with what you have changed in them.",
            "Starts nothing, and asks no server."
        })
final class DiagramCommand implements Callable<Integer> {

    /** How many runs an error names. */
    private static final int NAMED = 5;

    enum Format {
        mermaid,
        dot,
        svg
    }

    @Mixin private ConfigOption configuration;

    @Mixin private RoutesOption routes;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "mermaid",
            description =
                    "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). GitHub shows"
                            + " Mermaid, browsers show SVG.")
    private Format format;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "Where the picture goes (default: stdout).")
    private Path output;

    @Option(
            names = "--detail",
            description = "Draws each step of each route. Without: the main way.")
    private boolean detail;

    @Option(
            names = "--route",
            paramLabel = "ID",
            description = "Draws from this route on (default: from what begins by itself).")
    private String route;

    @Option(
            names = "--run",
            paramLabel = "ID",
            description = "Colours the way of a run, by its journal. The id is in the log.")
    private String run;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        if (detail && run != null) {
            throw new ParameterException(
                    spec.commandLine(), "--run: found --detail beside it; allowed: one of them");
        }
        Program program = RouteReader.read(routes.folder());
        requireRoute(program);
        Graph graph = run == null ? draw(program) : ofRun(program);
        String text =
                switch (format) {
                    case mermaid -> MermaidWriter.write(graph);
                    case dot -> DotWriter.write(graph);
                    case svg -> SvgWriter.write(graph);
                };
        if (output == null) {
            Console.of(spec).line(text.stripTrailing());
        } else {
            write(text);
        }
        return ExitCode.DONE;
    }

    private Graph draw(Program program) {
        if (detail) {
            return route == null ? Detail.of(program) : Detail.from(program, route);
        }
        return overview(program, Set.of());
    }

    private Graph overview(Program program, Set<String> opened) {
        return route == null ? Overview.of(program, opened) : Overview.from(program, route, opened);
    }

    private Graph ofRun(Program program) {
        List<JournalEvent> events = journal(configuration.load());
        return Trail.of(overview(program, RunGraph.opened(events)), events);
    }

    private List<JournalEvent> journal(AgentConfig config) {
        Map<String, List<JournalEvent>> all = new LinkedHashMap<>();
        for (String target : config.targets().keySet()) {
            Path file = config.stateDirectory(target).resolve(Journal.FILE_NAME);
            all.putAll(new Journal(file).runs());
        }
        if (!all.containsKey(run)) {
            List<String> latest =
                    all.values().stream()
                            .sorted(
                                    Comparator.comparing(
                                            (List<JournalEvent> events) -> events.get(0).time()))
                            .map(events -> events.get(0).run())
                            .skip(Math.max(0, all.size() - NAMED))
                            .toList();
            throw new UsageException(
                    latest.isEmpty()
                            ? "unknown run '%s'; allowed: none, as no journal has a run"
                                    .formatted(run)
                            : "unknown run '%s'; allowed: a run of the journals, as the latest: %s"
                                    .formatted(run, NearestName.allowed(run, latest)));
        }
        return all.get(run);
    }

    private void requireRoute(Program program) {
        if (route != null && program.route(route).isEmpty()) {
            throw new UsageException(
                    "unknown route '%s'; allowed: %s"
                            .formatted(
                                    route,
                                    NearestName.allowed(
                                            route,
                                            program.routes().stream()
                                                    .map(RouteTree::id)
                                                    .toList())));
        }
    }

    private void write(String text) {
        try {
            Files.writeString(output, text);
        } catch (IOException e) {
            throw new UsageException(
                    "--output: found %s, which cannot be written (%s); allowed: a file that can be"
                            .formatted(output, e.getClass().getSimpleName()));
        }
    }
}
