package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.internal.diagram.Detail;
import io.github.clickhousebackupagent.internal.diagram.Graph;
import io.github.clickhousebackupagent.internal.diagram.Graph.Edge;
import io.github.clickhousebackupagent.internal.diagram.Graph.Node;
import io.github.clickhousebackupagent.internal.diagram.Graph.Shape;
import io.github.clickhousebackupagent.internal.diagram.Graph.Tone;
import io.github.clickhousebackupagent.internal.diagram.Graph.Way;
import io.github.clickhousebackupagent.internal.diagram.Overview;
import io.github.clickhousebackupagent.internal.diagram.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a picture shows of routes as somebody may write them. */
class RouteReaderTest {

    @TempDir Path folder;

    @Test
    void theWayOfABackupIsThereFromTheScheduleToTheMarker() {
        Graph graph = Overview.of(RouteReader.read(Path.of("routes")), Set.of());

        assertThat(named(graph))
                .contains("schedule", "http-api", "take-up", "target-queue", "choose-base")
                .contains("start-create", "await-operation", "list-remote", "move-marker")
                .contains("succeed", "fail", "skip", "run-restore", "run-delete", "run-adopt");
        assertThat(texts(graph)).contains("TYPE?", "Status?", "Until uploaded", "A step fails");
        assertThat(labels(graph))
                .contains("FULL", "DIFF on local base", "in progress", "error", "success");
        assertThat(graph.nodes()).hasSizeLessThan(60);
    }

    @Test
    void theRoutesInTheJarAreDrawnToo() {
        assertThat(RouteReader.read(null)).isEqualTo(RouteReader.read(Path.of("routes")));
    }

    @Test
    void inAStageOnlyTheRouteOfThatStageIsDrawn() {
        Graph graph = Overview.of(RouteReader.read(Path.of("routes")), Set.of());

        assertThat(named(graph)).contains("settle-create").doesNotContain("settle-restore");
    }

    @Test
    void aChoiceIsADiamondWithAnEdgeForEachCase() throws Exception {
        Graph graph =
                overview(
                        """
                        - choice:
                            description: TYPE?
                            when:
                              - simple: "${body} == 1"
                                description: FULL
                                steps: [{to: "http:one"}]
                              - simple: "${exchangeProperty.run.diff}"
                                steps: [{to: "http:two"}]
                        - to: "http:after"
                        """);

        assertThat(node(graph, "TYPE?").shape()).isEqualTo(Shape.CHOICE);
        assertThat(edge(graph, "TYPE?", "http:one").label()).isEqualTo("FULL");
        assertThat(edge(graph, "TYPE?", "http:two").label()).isEqualTo("run.diff");
        assertThat(edge(graph, "TYPE?", "http:after").label()).isEqualTo("otherwise");
        assertThat(edge(graph, "http:one", "http:after").way()).isEqualTo(Way.FLOW);
    }

    @Test
    void aFilterIsADiamondThatMayBeLeftOut() throws Exception {
        Graph graph =
                overview(
                        """
                        - filter:
                            simple: "${body} == 1"
                            steps: [{to: "http:in"}]
                        - to: "http:after"
                        """);

        assertThat(edge(graph, "body == 1?", "http:in").label()).isEqualTo("yes");
        assertThat(edge(graph, "body == 1?", "http:after").label()).isEqualTo("no");
    }

    @Test
    void aLoopLeadsBackToItsBeginning() throws Exception {
        Graph graph =
                overview(
                        """
                        - loop:
                            description: Until done
                            doWhile: true
                            simple: "${body} == 1"
                            steps:
                              - to: "http:first"
                              - to: "http:second"
                        - to: "http:after"
                        """);

        assertThat(node(graph, "Until done").shape()).isEqualTo(Shape.LOOP);
        assertThat(edge(graph, "http:second", "Until done").way()).isEqualTo(Way.BACK);
        assertThat(edge(graph, "Until done", "http:after").label()).isEqualTo("done");
    }

    @Test
    void aFailureThatIsCaughtIsAnErrorWay() throws Exception {
        Graph graph =
                overview(
                        """
                        - doTry:
                            steps: [{to: "http:in"}]
                            doCatch:
                              - exception: [java.io.IOException]
                                steps: [{to: "http:caught"}]
                            doFinally:
                              steps: [{to: "http:last"}]
                        """);

        assertThat(edge(graph, "try", "http:caught"))
                .extracting(Edge::label, Edge::way)
                .containsExactly("IOException", Way.ERROR);
        assertThat(node(graph, "http:caught").tone()).isEqualTo(Tone.ERROR);
        assertThat(edge(graph, "http:in", "http:last").way()).isEqualTo(Way.FLOW);
    }

    @Test
    void whatASplitDoesIsDrawnOnce() throws Exception {
        Graph graph =
                overview(
                        """
                        - split:
                            simple: "${body}"
                            steps: [{to: "http:each"}]
                        """);

        assertThat(edge(graph, "Begins", "http:each").label()).isEqualTo("each");
    }

    @Test
    void anAddressThatIsOpenLeadsToAllRoutesThatItMayMean() throws Exception {
        Graph graph =
                overview(
                        "- toD: \"direct:run-${exchangeProperty.run.way}\"",
                        route("run-one", "direct:run-one", "- log: a"),
                        route("run-two", "direct:run-two", "- log: b"),
                        route("other", "direct:other", "- log: c"));

        assertThat(named(graph)).contains("run-one", "run-two").doesNotContain("other");
        assertThat(labels(graph)).contains("one", "two");
    }

    @Test
    void aQueueOfATemplateIsMetByAnOpenAddress() throws Exception {
        String template =
                """
                - routeTemplate:
                    id: queue
                    description: Works
                    parameters: [{name: target}]
                    from:
                      uri: seda:{{target}}
                      steps:
                        - log:
                            description: Does it
                            message: x
                """;
        Graph graph = overview("- toD: \"seda:${body.target}\"", template);

        assertThat(node(graph, "Works").shape()).isEqualTo(Shape.QUEUE);
        assertThat(edge(graph, "Begins", "Works")).isNotNull();
    }

    @Test
    void anAddressThatMayBeAnythingIsNotDrawnAsAllRoutes() throws Exception {
        Graph graph =
                overview(
                        "- toD: \"direct:${header.where}\"",
                        route("one", "direct:one", "- log: a"));

        assertThat(node(graph, "direct:header.where").shape()).isEqualTo(Shape.OUTSIDE);
        assertThat(named(graph)).doesNotContain("one");
    }

    @Test
    void aCallOfARouteThatIsNotThereIsSeen() throws Exception {
        Graph graph = overview("- to: direct:nowhere");

        assertThat(graph.nodes())
                .filteredOn(node -> "direct:nowhere".equals(node.name()))
                .singleElement()
                .extracting(Node::tone, Node::text)
                .containsExactly(Tone.ERROR, "no route begins with it");
    }

    @Test
    void aRouteThatCallsItselfHasAnEnd() throws Exception {
        Graph graph =
                overview(
                        "- to: direct:again",
                        route(
                                "again",
                                "direct:again",
                                "- log: {description: Works, message: x}",
                                "- to: direct:again"));

        assertThat(edge(graph, "Works", "Works").way()).isEqualTo(Way.BACK);
    }

    @Test
    void whatEndsAFailedRunIsDrawnInItsOwnFrame() throws Exception {
        Graph graph =
                overview(
                        "- to: http:in",
                        """
                        - routeConfiguration:
                            description: Ends what fails
                            onException:
                              - onException:
                                  description: no room
                                  exception: [java.io.IOException]
                                  steps: [{to: "http:tell"}]
                        """);

        assertThat(graph.clusters()).anyMatch(frame -> frame.text().equals("Ends what fails"));
        assertThat(edge(graph, "A step fails", "http:tell"))
                .extracting(Edge::label, Edge::way)
                .containsExactly("no room", Way.ERROR);
    }

    @Test
    void aRouteOfAUserThatIsCalledAtTheEndIsSeenBesideWhatCallsIt() throws Exception {
        Graph graph =
                overview(
                        "- to: direct:succeed",
                        route(
                                "succeed",
                                "direct:succeed",
                                "- log: written",
                                "- to: direct:tell-others"),
                        route(
                                "tell-others",
                                "direct:tell-others",
                                "- to: {description: Sends a webhook, uri: \"https://hooks.example.com/x\"}"));

        assertThat(graph.clusters()).anyMatch(frame -> frame.name().equals("succeed"));
        assertThat(node(graph, "Sends a webhook").name()).isEqualTo("tell-others");
    }

    @Test
    void aStepThatIsDeletedIsGone() throws Exception {
        String file = "run-backup.camel.yaml";
        for (Path each : RouteFilesTest.files()) {
            if (each.getParent().equals(Path.of("routes"))) {
                Files.copy(each, folder.resolve(each.getFileName()));
            }
        }
        String text = Files.readString(folder.resolve(file));
        Files.writeString(
                folder.resolve(file),
                text.replace("        - to:\n            uri: direct:move-marker\n", ""));

        assertThat(named(Overview.of(RouteReader.read(folder), Set.of())))
                .contains("succeed")
                .doesNotContain("move-marker");
    }

    @Test
    void whatIsHookedInIsShownAtItsPoint() throws Exception {
        for (Path each : RouteFilesTest.files()) {
            Files.copy(each, folder.resolve(each.getFileName()));
        }

        assertThat(named(Overview.of(RouteReader.read(folder), Set.of())))
                .contains("webhook-on-success", "command-on-failure")
                .doesNotContain("hook");
    }

    @Test
    void inDetailEachStepAndEachRouteIsThere() throws Exception {
        Program program =
                RouteReader.read(
                        routes(
                                "- setHeader: {name: a, constant: b}\n- to: direct:one",
                                route("one", "direct:one", "- log: hello"),
                                route("alone", "direct:alone", "- log: nobody calls")));

        Graph graph = Detail.of(program);

        assertThat(texts(graph)).contains("header a = b", "log: hello", "log: nobody calls");
        assertThat(edge(graph, "one", "direct:one").way()).isEqualTo(Way.CALL);
        assertThat(texts(Detail.from(program, "one")))
                .contains("log: hello")
                .doesNotContain("header a = b", "log: nobody calls");
    }

    @Test
    void whatAllRoutesHaveInCommonIsDrawnOnce() {
        Graph graph = Detail.of(RouteReader.read(Path.of("routes")));

        assertThat(graph.nodes()).filteredOn(node -> node.text().equals("A step fails")).hasSize(1);
        assertThat(graph.nodes()).allMatch(node -> node.cluster() != null);
    }

    @Test
    void aFileThatIsNoRouteIsNamed() throws Exception {
        Files.writeString(folder.resolve("bad.camel.yaml"), "- rout:\n    id: x\n");

        assertThatThrownBy(() -> RouteReader.read(folder))
                .hasStackTraceContaining("bad.camel.yaml");
    }

    @Test
    void aFolderWithoutRoutesIsAnError() {
        assertThatThrownBy(() -> RouteReader.read(folder))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("found no *.camel.yaml");
    }

    private Graph overview(String steps, String... more) throws Exception {
        return Overview.of(RouteReader.read(routes(steps, more)), Set.of());
    }

    private Path routes(String steps, String... more) throws Exception {
        String root = route("root", "timer:root", steps.split("(?m)^(?=- )"));
        root = root.replace("    id: root\n", "    id: root\n    description: Begins\n");
        Files.writeString(folder.resolve("a.camel.yaml"), root + String.join("", more));
        return folder;
    }

    private static String route(String id, String from, String... steps) {
        StringBuilder text =
                new StringBuilder(
                        "- route:\n    id: %s\n    from:\n      uri: %s\n      steps:\n"
                                .formatted(id, from));
        for (String step : steps) {
            text.append(step.stripTrailing().indent(8));
        }
        return text.toString();
    }

    private static Node node(Graph graph, String text) {
        return graph.nodes().stream()
                .filter(node -> node.text().equals(text))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + text + " in " + texts(graph)));
    }

    private static Edge edge(Graph graph, String from, String to) {
        return graph.edges().stream()
                .filter(edge -> edge.way() != Way.BELOW)
                .filter(edge -> edge.from().equals(node(graph, from).id()))
                .filter(edge -> edge.to().equals(node(graph, to).id()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no such edge in " + graph.edges()));
    }

    private static List<String> named(Graph graph) {
        return graph.nodes().stream().map(Node::name).filter(name -> name != null).toList();
    }

    private static List<String> texts(Graph graph) {
        return graph.nodes().stream().map(Node::text).toList();
    }

    private static List<String> labels(Graph graph) {
        return graph.edges().stream().map(Edge::label).toList();
    }
}
