package io.github.clickhousebackupagent.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A rule that nobody waits for would be one that nobody has seen. */
class FasterRulesTest {

    private static final Path RULES = Path.of("deploy/prometheus/rules.yaml");

    @TempDir Path directory;

    @Test
    void noTimeOfTheShippedRulesIsLeft() throws IOException {
        Path faster = directory.resolve("rules.yaml");

        FasterRules.of(RULES).write(faster);

        List<String> queries =
                Files.readAllLines(faster).stream().filter(l -> l.contains("\"expr\"")).toList();
        assertThat(queries)
                .hasSizeGreaterThan(20)
                .noneMatch(query -> query.matches(".*\\b([0-9]+[hdwy]|[0-9]{3,})\\b.*"));
        assertThat(faster).content().doesNotContainPattern("\"(for|interval)\" : \"(?!1s)");
    }

    @ParameterizedTest
    @CsvSource({
        "> 259200, > 300000, 300000",
        "[15m], [90m], 90m",
        "offset 2d, offset 1w2d, 1w2d",
        "for: 30h, keep_firing_for: 30h, keep_firing_for"
    })
    void aTimeThatHasNoShorterOneIsRefused(String shipped, String other, String named)
            throws IOException {
        String rules = Files.readString(RULES);
        assertThat(rules).contains(shipped);
        Path changed =
                Files.writeString(directory.resolve("rules.yaml"), rules.replace(shipped, other));

        assertThatThrownBy(() -> FasterRules.of(changed))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(named);
    }

    @Test
    void aTimeThatNoRuleHasIsRefused() throws IOException {
        String rules = Files.readString(RULES);
        Path changed =
                Files.writeString(
                        directory.resolve("rules.yaml"), rules.replace("259200", "86400"));

        assertThatThrownBy(() -> FasterRules.of(changed))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("259200");
    }
}
