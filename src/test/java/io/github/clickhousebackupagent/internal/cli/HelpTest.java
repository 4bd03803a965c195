package io.github.clickhousebackupagent.internal.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Whoever asks for help in a hurry reads one screen. */
class HelpTest {

    private static final int LINES = 40;
    private static final int COLUMNS = 80;

    static List<CommandLine> commands() {
        List<CommandLine> all = new ArrayList<>();
        collect(AgentCommand.commandLine(), all);
        return all;
    }

    private static void collect(CommandLine command, List<CommandLine> all) {
        all.add(command);
        command.getSubcommands().values().forEach(below -> collect(below, all));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void theHelpOfEachCommandFitsAScreen(CommandLine command) {
        String help = command.setUsageHelpWidth(COLUMNS).getUsageMessage(CommandLine.Help.Ansi.OFF);

        assertThat(help.lines()).hasSizeLessThanOrEqualTo(LINES);
        assertThat(help.lines()).allMatch(line -> line.length() <= COLUMNS);
    }
}
