package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A mistake in an edit is told, and changes nothing: not the routes, not the run in flight. All
 * edits are made to one agent, with one run in flight that all of them must leave alone.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusedEditTest {

    /** An edit that must not be taken up. */
    interface Edit {
        void of(EditedAgent agent) throws IOException;
    }

    private static final String ROUTE =
            """
            - route:
                id: %s
                from:
                  uri: %s
                  steps:
                    - %s
            """;

    @TempDir static Path directory;

    private SimulatedServer server;
    private AutoCloseable gate;
    private EditedAgent agent;

    @BeforeAll
    void startARun() {
        server = SandboxAgent.server().start();
        gate = server.faults().hold("upload");
        agent = EditedAgent.start(directory, server);
        agent.fire(EditedAgent.TARGET);
        agent.awaitEvent(EditedAgent.TARGET, JournalEvent.OPERATION_ACKNOWLEDGED, 2);
    }

    /** The run has not noticed anything, and ends well. */
    @AfterAll
    void endTheRun() throws Exception {
        gate.close();
        try {
            assertThat(agent.awaitResult(EditedAgent.TARGET).outcome()).isEqualTo(Outcome.SUCCESS);
            assertThat(agent.count(EditedAgent.TARGET, JournalEvent.SUSPENDED)).isZero();
            assertThat(agent.count(EditedAgent.TARGET, JournalEvent.RESUMED)).isZero();
            assertThat(server.operations()).hasSize(2);
            assertThat(agent.marker()).isEqualTo(server.operations().get(1).name());
        } finally {
            agent.close();
            server.close();
        }
    }

    static Arguments edit(String name, Edit edit, String... told) {
        return Arguments.of(name, edit, List.of(told));
    }

    private static String route(String id, String from, String step) {
        return ROUTE.formatted(id, from, step);
    }

    static Stream<Arguments> edits() {
        return Stream.of(
                edit(
                        "broken YAML",
                        agent -> agent.edit("mine", "- route:\n    id: \"mine\n    from: {\n"),
                        "mine.camel.yaml:",
                        "found unexpected end of stream",
                        "allowed: YAML"),
                edit(
                        "no list",
                        agent -> agent.edit("mine", "route:\n  id: mine\n"),
                        "mine.camel.yaml:1: found no list"),
                edit(
                        "a name twice",
                        agent ->
                                agent.edit(
                                        "mine",
                                        route("mine", "direct:mine", "log: a")
                                                + "    description: a\n    description: b\n"),
                        "mine.camel.yaml:8: found the name description again (first in line 7)"),
                edit(
                        "an unknown word of the YAML DSL",
                        agent -> agent.edit("mine", route("mine", "direct:mine", "tooo: direct:a")),
                        "mine.camel.yaml:6",
                        "tooo"),
                edit(
                        "a form that the YAML DSL does not have",
                        agent ->
                                agent.edit(
                                        "mine", route("mine", "direct:mine", "wireTap: direct:a")),
                        "mine.camel.yaml: "),
                edit(
                        "a secret under a mistyped name",
                        agent ->
                                agent.edit(
                                        "mine",
                                        route(
                                                "mine",
                                                "direct:mine",
                                                "to: log:a?tokn=" + SandboxAgent.PASSWORD)),
                        "mine.camel.yaml:6: ",
                        "tokn"),
                edit(
                        "a knot",
                        agent -> agent.edit("mine", "- &a\n  route: *a\n"),
                        "mine.camel.yaml"),
                edit(
                        "an unknown component",
                        agent -> agent.edit("mine", route("mine", "direct:mine", "to: webhok:a")),
                        "mine.camel.yaml:6: ",
                        "webhok"),
                edit(
                        "an unknown property",
                        agent -> agent.edit("mine", route("mine", "timer:mine?perod=5s", "log: a")),
                        "mine.camel.yaml:4: ",
                        "perod"),
                edit(
                        "a cron expression of crontab",
                        agent ->
                                agent.edit(
                                        "mine",
                                        """
                                        - route:
                                            id: mine
                                            from:
                                              uri: quartz:mine
                                              parameters:
                                                cron: "30 20 * * 6"
                                              steps:
                                                - log: a
                                        """),
                        "mine.camel.yaml:6: cron: found '30 20 * * 6'",
                        "five fields",
                        "allowed: six or seven fields"),
                edit(
                        "a second that never comes",
                        agent ->
                                agent.edit(
                                        "mine",
                                        """
                                        - route:
                                            id: mine
                                            from:
                                              uri: quartz:mine
                                              parameters: { cron: "99 * * * * ?" }
                                              steps:
                                                - log: a
                                        """),
                        "mine.camel.yaml:5: cron: found '99 * * * * ?'"),
                edit(
                        "a placeholder that is not there",
                        agent -> agent.edit("mine", route("mine", "direct:{{nope}}", "log: a")),
                        "mine.camel.yaml:4: ",
                        "nope"),
                edit(
                        "a broken expression",
                        agent ->
                                agent.edit(
                                        "mine",
                                        route(
                                                "mine",
                                                "direct:mine",
                                                "setBody: { simple: \"${\" }")),
                        "mine.camel.yaml:6: "),
                edit(
                        "an unknown function in an expression",
                        agent ->
                                agent.edit(
                                        "mine",
                                        route(
                                                "mine",
                                                "direct:mine",
                                                "setBody: { simple: \"${boddy}\" }")),
                        "mine.camel.yaml:6: ",
                        "boddy"),
                edit(
                        "an id of another file",
                        agent -> agent.edit("mine", route("succeed", "direct:mine", "log: a")),
                        "outcome.camel.yaml:",
                        "found the id succeed again (first in",
                        "mine.camel.yaml:2)"),
                edit(
                        "an entry of another file",
                        agent -> agent.edit("mine", route("mine", "direct:succeed", "log: a")),
                        "found direct:succeed, which route",
                        "begins with, too"),
                edit(
                        "a call of nobody",
                        agent ->
                                agent.edit(
                                        "mine", route("mine", "direct:mine", "to: direct:suceed")),
                        "mine.camel.yaml:6: found a call of direct:suceed",
                        "such as direct:succeed"),
                edit(
                        "a route gone that others call",
                        agent -> Files.delete(agent.file("prove-backup")),
                        "found a call of direct:prove-backup, which no route begins with"),
                edit(
                        "a route renamed that others call",
                        agent ->
                                agent.replace(
                                        "outcome", "uri: direct:succeed", "uri: direct:succeeded"),
                        "found a call of direct:succeed, which no route begins with"),
                edit("a template gone", agent -> Files.delete(agent.file("schedule")), "schedule"),
                edit(
                        "no error handling",
                        agent -> Files.delete(agent.file("errors")),
                        "found no onException in a route configuration"),
                edit(
                        "an unknown method of a bean",
                        agent ->
                                agent.replace(
                                        "prove-backup", "method: \"prove(", "method: \"proof("),
                        "prove-backup.camel.yaml:",
                        "found a call of steps.proof, which is not there",
                        "prove"),
                edit(
                        "too few arguments",
                        agent ->
                                agent.replace(
                                        "outcome",
                                        "method: succeed(${exchangeProperty.run})",
                                        "method: succeed()"),
                        "found a call of runs.succeed with 0 argument(s), which is not there",
                        "allowed: 1 argument(s)"),
                edit(
                        "an unknown bean",
                        agent ->
                                agent.edit(
                                        "mine",
                                        route(
                                                "mine",
                                                "direct:mine",
                                                "setBody: { method: { ref: ruhns, method: leave } }")),
                        "mine.camel.yaml:6",
                        "ruhns"),
                edit(
                        "a property that a run does not have",
                        agent ->
                                agent.replace(
                                        "run-backup",
                                        "${exchangeProperty.run.proven} == false",
                                        "${exchangeProperty.run.prooven} == false"),
                        "run-backup.camel.yaml:",
                        "run has no prooven",
                        "proven"),
                edit(
                        "no routes at all",
                        agent -> {
                            try (Stream<Path> files = Files.list(agent.routes)) {
                                for (Path file : files.toList()) {
                                    Files.delete(file);
                                }
                            }
                        },
                        "found no *.camel.yaml"),
                edit(
                        "no folder",
                        agent -> Files.move(agent.routes, agent.directory.resolve("away")),
                        "found no readable folder"),
                edit(
                        "an unknown key of the configuration",
                        agent ->
                                EditedAgent.write(
                                        agent.configFile,
                                        EditedAgent.read(agent.configFile) + "zoone: UTC\n"),
                        "agent.yaml:",
                        "zoone",
                        "zone"),
                edit(
                        "a bad time in the configuration",
                        agent ->
                                EditedAgent.write(
                                        agent.configFile,
                                        EditedAgent.read(agent.configFile)
                                                .replace(EditedAgent.NEVER, "0 99 * * * ?")),
                        "agent.yaml:",
                        "0 99 * * * ?"),
                edit(
                        "no configuration",
                        agent -> Files.delete(agent.configFile),
                        "agent.yaml: found no file"),
                edit(
                        "another folder of journals",
                        agent ->
                                EditedAgent.write(
                                        agent.configFile,
                                        EditedAgent.read(agent.configFile)
                                                .replace("/state\"", "/other\"")),
                        "state-directory: found",
                        "after a restart"),
                edit(
                        "a port that is taken",
                        agent ->
                                EditedAgent.write(
                                        agent.configFile,
                                        EditedAgent.read(agent.configFile)
                                                .replace("port: 0", "port: " + taken())),
                        "http.port: found"));
    }

    private static int taken() {
        return TAKEN.getLocalPort();
    }

    private static final ServerSocket TAKEN = takePort();

    private static ServerSocket takePort() {
        try {
            return new ServerSocket(0, 1, InetAddress.getByName("0.0.0.0"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("edits")
    void aMistakeIsToldAndChangesNothing(String name, Edit edit, List<String> told)
            throws Exception {
        Map<Path, String> before = contents();
        Generation running = agent.agent().generation();
        try {
            edit.of(agent);

            String problems = String.join("\n", agent.awaitRefused());
            assertThat(problems)
                    .contains(told)
                    .doesNotContain("Exception:", SandboxAgent.PASSWORD)
                    .as("found and allowed")
                    .contains("allowed: ");
            assertThat(agent.agent().generation()).isSameAs(running);
        } finally {
            restore(before);
            await().atMost(EditedAgent.SOON)
                    .untilAsserted(() -> assertThat(agent.state().refused()).isNull());
        }
        assertThat(agent.agent().generation()).as("mended by going back").isSameAs(running);
        assertThat(agent.state().taken()).isZero();
    }

    @Test
    void aRefusedEditThatIsMendedIsTakenUpNext() {
        // In a folder of its own: the agent above must not take up any.
        Path other = directory.resolve("mended");
        try (SimulatedServer another = SandboxAgent.server().start();
                EditedAgent mended = EditedAgent.start(other, another)) {
            mended.edit("mine", route("mine", "direct:mine", "to: direct:nobody"));
            assertThat(mended.awaitRefused()).singleElement().asString().contains("direct:nobody");

            mended.edit("mine", route("mine", "direct:mine", "log: a"));

            mended.awaitTaken(1);
            assertThat(mended.agent().context().getRoute("mine")).isNotNull();
        }
    }

    private Map<Path, String> contents() throws IOException {
        try (Stream<Path> files = Files.list(agent.routes)) {
            Map<Path, String> contents = new HashMap<>();
            for (Path file : files.toList()) {
                contents.put(file, Files.readString(file));
            }
            contents.put(agent.configFile, Files.readString(agent.configFile));
            return contents;
        }
    }

    private void restore(Map<Path, String> contents) throws IOException {
        Files.createDirectories(agent.routes);
        try (Stream<Path> files = Files.list(agent.routes)) {
            for (Path file : files.filter(f -> !contents.containsKey(f)).toList()) {
                Files.delete(file);
            }
        }
        contents.forEach(EditedAgent::write);
    }
}
