package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command that draws the routes. */
class DiagramCommandTest {

    private static final String GOOD =
            """
            {"time":"2026-11-22T20:30:00Z","run":"good","event":"requested","schedule":"full","kind":"full"}
            {"time":"2026-11-22T20:30:01Z","run":"good","event":"begun","target":"shard1","kind":"full"}
            {"time":"2026-11-22T20:30:02Z","run":"good","event":"base-chosen","kind":"full","backup":"B"}
            {"time":"2026-11-22T20:30:03Z","run":"good","event":"operation-announced","operation":"create","backup":"B"}
            {"time":"2026-11-22T20:30:04Z","run":"good","event":"operation-acknowledged","operation":"create","operation-id":"1"}
            {"time":"2026-11-22T20:31:00Z","run":"good","event":"operation-ended","operation":"create","status":"success"}
            {"time":"2026-11-22T20:31:01Z","run":"good","event":"operation-announced","operation":"upload","backup":"B"}
            {"time":"2026-11-22T20:32:00Z","run":"good","event":"operation-ended","operation":"upload","status":"error","error":"no route to storage"}
            {"time":"2026-11-22T20:32:01Z","run":"good","event":"operation-announced","operation":"upload","backup":"B"}
            {"time":"2026-11-22T20:33:00Z","run":"good","event":"operation-ended","operation":"upload","status":"success"}
            {"time":"2026-11-22T20:33:01Z","run":"good","event":"proven","backup":"B","size":1,"chain-length":1}
            {"time":"2026-11-22T20:33:02Z","run":"good","event":"marker-announced","backup":"B"}
            {"time":"2026-11-22T20:33:03Z","run":"good","event":"marker-moved","backup":"B"}
            {"time":"2026-11-22T20:33:04Z","run":"good","event":"ended","outcome":"success","stage":"move-marker"}
            """;

    private static final String BAD =
            """
            {"time":"2026-11-22T21:30:01Z","run":"bad","event":"begun","target":"shard1","kind":"full"}
            {"time":"2026-11-22T21:30:02Z","run":"bad","event":"base-chosen","kind":"full","backup":"C"}
            {"time":"2026-11-22T21:30:03Z","run":"bad","event":"operation-announced","operation":"create","backup":"C"}
            {"time":"2026-11-22T21:31:00Z","run":"bad","event":"operation-ended","operation":"create","status":"error","error":"disk full"}
            {"time":"2026-11-22T21:31:01Z","run":"bad","event":"ended","outcome":"failed","stage":"create","reason":"disk full"}
            """;

    private static final String CUT =
            """
            {"time":"2026-11-22T22:30:01Z","run":"cut","event":"begun","target":"shard1","kind":"restore","order":{}}
            {"time":"2026-11-22T22:30:03Z","run":"cut","event":"operation-announced","operation":"download","backup":"B"}
            {"time":"2026-11-22T22:30:04Z","run":"cut","event":"operation-acknowledged","operation":"download","operation-id":"1"}
            """;

    @TempDir Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path config;

    @BeforeEach
    void configure() throws Exception {
        Path journal =
                Files.createDirectories(folder.resolve("state/shard1")).resolve("runs.jsonl");
        Files.writeString(journal, GOOD + BAD + CUT);
        config = folder.resolve("agent.yaml");
        Files.writeString(
                config,
                """
                log-directory: %s
                state-directory: %s
                targets:
                  shard1: { url: "http://127.0.0.1:1", username: u, password: p }
                """
                        .formatted(folder.resolve("logs"), folder.resolve("state")));
    }

    @Test
    void theDefaultIsWhatGitHubShows() {
        assertThat(diagram()).isZero();

        assertThat(out.toString()).contains("flowchart TB", "move-marker");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void eachFormatIsPrinted() {
        assertThat(diagram("--format", "dot")).isZero();
        assertThat(out.toString()).startsWith("digraph routes {");
        assertThat(diagram("--format", "SVG")).isZero();
        assertThat(out.toString()).contains("<svg ", "</svg>");
    }

    @Test
    void aFileGetsThePictureAndStdoutNothing() throws Exception {
        Path file = folder.resolve("routes.svg");

        assertThat(diagram("--format", "svg", "--output", file.toString())).isZero();

        assertThat(file).content().startsWith("<svg ").endsWith("</svg>\n");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void nothingIsStartedOrWrittenByIt() throws Exception {
        assertThat(diagram("--detail")).isZero();

        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile).map(Path::getFileName))
                    .map(Path::toString)
                    .containsExactlyInAnyOrder("agent.yaml", "runs.jsonl");
        }
        assertThat(folder.resolve("logs")).doesNotExist();
    }

    @Test
    void onlyTheRunNeedsAConfiguration() {
        assertThat(execute("diagram", "--routes", "routes")).isZero();
    }

    @Test
    void fromOneRouteOnTheRestIsLeftOut() {
        assertThat(diagram("--route", "run-restore")).isZero();

        assertThat(out.toString()).contains("start-download").doesNotContain("choose-base");
    }

    @Test
    void aRouteThatIsNotThereIsNamedWithThoseThatAre() {
        assertThat(diagram("--route", "run-restor")).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString())
                .startsWith("[ERROR] unknown route 'run-restor'; allowed: ")
                .contains("did you mean run-restore?");
    }

    @Test
    void aFormatThatIsNotThereIsNamedWithThoseThatAre() {
        assertThat(diagram("--format", "png")).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString()).contains("png", "mermaid, dot, svg");
    }

    @Test
    void aFileThatCannotBeWrittenIsNamed() {
        Path file = folder.resolve("no/such/folder.svg");

        assertThat(diagram("--output", file.toString())).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString()).contains("--output: found " + file, "allowed:");
    }

    @Test
    void aRunThatIsNotThereIsNamedWithTheLatest() {
        assertThat(diagram("--run", "goood")).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString())
                .contains("unknown run 'goood'", "good, bad, cut", "did you mean good?");
    }

    @Test
    void theWayOfARunIsNotShownInDetail() {
        assertThat(diagram("--run", "good", "--detail")).isEqualTo(ExitCode.USAGE);

        assertThat(err.toString()).contains("--run: found --detail beside it");
    }

    @Test
    void aRunThatSucceededIsGreenFromTheScheduleToTheEnd() {
        assertThat(diagram("--run", "good")).isZero();

        assertThat(nodes("passed"))
                .contains("r_schedule_2", "r_target_queue_2", "r_choose_base", "r_start_create")
                .contains("r_post_upload", "r_move_marker", "r_succeed")
                .doesNotContain("r_fail", "r_skip", "r_run_restore", "r_settle_create");
        assertThat(nodes("failed")).isEmpty();
        assertThat(nodes("now")).isEmpty();
        assertThat(out.toString()).contains("stroke:#1a7f37,stroke-width:3px");
    }

    @Test
    void aFullIsNotShownToGoTheWayOfADiff() {
        assertThat(diagram("--run", "good", "--format", "dot")).isZero();

        assertThat(out.toString().lines())
                .filteredOn(line -> line.contains("label = <FULL>"))
                .singleElement()
                .asString()
                .contains("penwidth");
        assertThat(out.toString().lines())
                .filteredOn(line -> line.contains("label = <DIFF"))
                .hasSize(2)
                .noneMatch(line -> line.contains("penwidth"));
    }

    @Test
    void aSecondTryIsSeen() {
        assertThat(diagram("--run", "good")).isZero();

        assertThat(out.toString().lines())
                .filteredOn(line -> line.contains("TYPE?") && line.contains("(2 times)"))
                .hasSize(1);
    }

    @Test
    void aRunThatFailedIsRedWhereItFailed() {
        assertThat(diagram("--run", "bad")).isZero();

        assertThat(nodes("failed")).contains("r_fail").hasSize(2);
        assertThat(nodes("passed"))
                .contains("r_start_create", "r_error")
                .doesNotContain("r_succeed", "r_move_marker", "r_schedule_2");
    }

    @Test
    void aRunThatIsNotOverIsSeenWhereItIs() {
        assertThat(diagram("--run", "cut")).isZero();

        assertThat(out.toString()).contains("start-download");
        assertThat(nodes("now")).singleElement().asString().startsWith("r_await_operation");
        assertThat(nodes("passed")).anyMatch(id -> id.startsWith("r_start_download"));
    }

    private List<String> nodes(String look) {
        return out.toString()
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("class ") && line.endsWith(" " + look))
                .flatMap(line -> Stream.of(line.split(" ")[1].split(",")))
                .toList();
    }

    private int diagram(String... more) {
        List<String> args =
                Stream.concat(
                                Stream.of(
                                        "diagram",
                                        "--routes",
                                        "routes",
                                        "--config",
                                        config.toString()),
                                Stream.of(more))
                        .toList();
        return execute(args.toArray(String[]::new));
    }

    private int execute(String... args) {
        CommandLine line =
                AgentCommand.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true));
        return line.execute(args);
    }
}
