package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What bash offers at the tab key, found out by bash. */
class CompletionTest {

    @TempDir Path directory;

    private Path script;

    @BeforeEach
    void print() throws Exception {
        StringWriter out = new StringWriter();
        CommandLine line = AgentCommand.commandLine().setOut(new PrintWriter(out));
        assertThat(line.execute("completion")).isZero();
        script = Files.writeString(directory.resolve("completion"), out.toString());
    }

    @Test
    void allCommandsAreOffered() throws Exception {
        assertThat(complete("")).containsAll(AgentCommand.commandLine().getSubcommands().keySet());
    }

    @Test
    void theBeginningOfACommandIsCompleted() throws Exception {
        assertThat(complete("sta")).containsExactly("status");
        assertThat(complete("pau")).containsExactly("pause");
        assertThat(complete("config", "sch")).containsExactly("schema");
    }

    @Test
    void theOptionsOfACommandAreOfferedAndNoOthers() throws Exception {
        assertThat(complete("status", "--")).contains("--max-age", "--nagios", "--json");
        assertThat(complete("status", "--")).doesNotContain("--tree");
        assertThat(complete("list", "--t")).containsExactly("--tree");
    }

    @Test
    void zshIsServedByItsEmulationOfBash() throws Exception {
        assertThat(script).content().contains("bashcompinit");
    }

    /** Returns what is offered for the last of the words, as the shell's tab key does it. */
    private List<String> complete(String... words) throws Exception {
        StringBuilder line = new StringBuilder("COMP_WORDS=(clickhouse-backup-agent");
        for (String word : words) {
            line.append(" '").append(word).append('\'');
        }
        line.append("); COMP_CWORD=").append(words.length).append('\n');
        String program =
                """
                set -e
                compopt() { :; } # Only known while the shell itself completes.
                source '%s'
                %s
                COMP_LINE="${COMP_WORDS[*]}"
                COMP_POINT=${#COMP_LINE}
                completer=$(complete -p clickhouse-backup-agent | sed 's/.*-F \\([^ ]*\\).*/\\1/')
                set +e
                "$completer" clickhouse-backup-agent "${COMP_WORDS[COMP_CWORD]}" ""
                compgen -W "${COMPREPLY[*]}" -- "${COMP_WORDS[COMP_CWORD]}"
                """
                        .formatted(script, line);
        Process bash =
                new ProcessBuilder("bash", "--norc", "-c", program)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return out.lines().toList();
    }
}
