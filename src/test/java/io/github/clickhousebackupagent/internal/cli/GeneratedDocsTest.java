package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.config.ConfigLoader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What stands in the documents of keys and commands is made of the schema and of the commands. */
class GeneratedDocsTest {

    private static final Path README = Path.of("README.md");

    @Test
    void theReferenceOfTheConfigurationSaysWhatTheSchemaSays() throws Exception {
        JsonNode schema = new ObjectMapper().readTree(ConfigLoader.schemaText());
        StringBuilder text =
                new StringBuilder(
                        """
                        # Configuration

                        All keys of `agent.yaml`, made from its JSON Schema (`clickhouse-backup-agent config schema`). `NAME` stands
                        for a name of your own. Durations are a number and a unit: `ms`, `s`, `m`, `h`, `d`. Any value, and any
                        name, may hold `{{env:NAME}}` or `{{env:NAME:default}}`. An empty value counts as none.

                        | key | default | what it is |
                        |---|---|---|
                        """);
        rows(schema, "", text);
        same(Path.of("docs/reference/configuration.md"), text.toString());
    }

    @Test
    void theReadmeShowsTheTopKeysOfTheConfiguration() throws Exception {
        JsonNode schema = new ObjectMapper().readTree(ConfigLoader.schemaText());
        StringBuilder text = new StringBuilder("| key | default | what it is |\n|---|---|---|\n");
        for (Map.Entry<String, JsonNode> key : schema.get("properties").properties()) {
            row(key.getKey(), key.getValue(), text);
        }
        section(
                "configuration",
                text + "\nAll keys: [reference](docs/reference/configuration.md).\n");
    }

    @Test
    void theReadmeShowsEachCommand() throws Exception {
        StringBuilder text = new StringBuilder("| command | what it does |\n|---|---|\n");
        for (Map.Entry<String, CommandLine> command : commands().entrySet()) {
            text.append("| `%s` | %s |\n".formatted(command.getKey(), what(command.getValue())));
        }
        section("commands", text.toString());
    }

    @Test
    void theReferenceOfTheCommandsIsTheirHelp() throws Exception {
        StringBuilder text =
                new StringBuilder(
                        "# Commands\n\nWhat `--help` says of each, made from the commands themselves.\n");
        help("clickhouse-backup-agent", AgentCommand.commandLine(), text);
        same(Path.of("docs/reference/commands.md"), text.toString());
    }

    @Test
    void thePictureOfTheRoutesShowsThemAsTheyAre() throws Exception {
        StringWriter picture = new StringWriter();
        int exitCode =
                AgentCommand.commandLine()
                        .setOut(new PrintWriter(picture))
                        .execute("diagram", "--routes", "routes", "--format", "svg");
        assertThat(exitCode).isZero();
        same(Path.of("docs/explanation/routes.svg"), picture.toString());
    }

    private static Map<String, CommandLine> commands() {
        return AgentCommand.commandLine().getSubcommands();
    }

    private static String what(CommandLine command) {
        return String.join(" ", command.getCommandSpec().usageMessage().description());
    }

    private static void help(String name, CommandLine command, StringBuilder text) {
        command.setUsageHelpWidth(100);
        text.append(
                "\n## %s\n\n```\n%s```\n"
                        .formatted(
                                name,
                                command.getUsageMessage(CommandLine.Help.Ansi.OFF)
                                        .replaceAll("(?m) +$", "")));
        command.getSubcommands().forEach((word, below) -> help(name + " " + word, below, text));
    }

    private static void rows(JsonNode schema, String path, StringBuilder text) {
        for (Map.Entry<String, JsonNode> key : schema.path("properties").properties()) {
            String below = path + key.getKey();
            row(below, key.getValue(), text);
            rows(key.getValue(), below + ".", text);
        }
        if (schema.path("additionalProperties").isObject()) {
            rows(schema.get("additionalProperties"), path + "NAME.", text);
        }
    }

    private static void row(String key, JsonNode schema, StringBuilder text) {
        String standard = schema.has("default") ? "`" + schema.get("default").asText() + "`" : "";
        text.append(
                "| `%s` | %s | %s |\n"
                        .formatted(key, standard, schema.path("description").asText("")));
    }

    private static void section(String name, String content) throws Exception {
        String readme = Files.readString(README);
        String begin = "<!-- generated: " + name + " -->\n";
        int from = readme.indexOf(begin) + begin.length();
        int to = readme.indexOf("<!-- /generated -->", from);
        same(README, readme.substring(0, from) + content + readme.substring(to));
    }

    private static void same(Path file, String expected) throws Exception {
        if (Boolean.getBoolean("update-generated")) {
            Files.writeString(file, expected);
        }
        assertThat(file)
                .as("out of date: run mvn test -Dtest='*Docs*,*Schema*' -Dupdate-generated=true")
                .hasContent(expected);
    }
}
