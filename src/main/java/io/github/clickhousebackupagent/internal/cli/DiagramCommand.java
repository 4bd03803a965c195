package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.internal.diagram.Detail;
import io.github.clickhousebackupagent.internal.diagram.DotWriter;
import io.github.clickhousebackupagent.internal.diagram.Graph;
import io.github.clickhousebackupagent.internal.diagram.MermaidWriter;
import io.github.clickhousebackupagent.internal.diagram.Overview;
import io.github.clickhousebackupagent.internal.diagram.Program;
import io.github.clickhousebackupagent.internal.diagram.SvgWriter;
import io.github.clickhousebackupagent.internal.route.RouteReader;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Draws the routes. */
@Command(name = "diagram", description = "Draws the routes, as they are loaded.")
final class DiagramCommand implements Callable<Integer> {

    @Mixin private RoutesOption routes;

    @Option(names = "--format", defaultValue = "mermaid")
    private String format;

    @Option(names = "--detail")
    private boolean detail;

    @Option(names = "--route")
    private String route;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        Program program = RouteReader.read(routes.folder());
        Graph graph =
                detail
                        ? route == null ? Detail.of(program) : Detail.from(program, route)
                        : route == null
                                ? Overview.of(program, Set.of())
                                : Overview.from(program, route, Set.of());
        Console.of(spec)
                .line(
                        format.equals("svg")
                                ? SvgWriter.write(graph)
                                : format.equals("dot")
                                        ? DotWriter.write(graph)
                                        : MermaidWriter.write(graph));
        return 0;
    }
}
