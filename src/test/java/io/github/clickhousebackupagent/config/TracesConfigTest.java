package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TracesConfigTest {

    @Test
    void withoutAnEndpointThereAreNone() throws Exception {
        assertThat(ConfigGroups.parse("").traces()).isEqualTo(TracesConfig.defaults());
        assertThat(TracesConfig.defaults().endpoint()).isNull();
        ConfigGroups.assertSchemaDefaults(
                "/properties/traces",
                TracesConfig.defaults(),
                "endpoint",
                "headers",
                "headers-file",
                "resource-attributes");
    }

    @Test
    void everythingElse() {
        assertThat(
                        ConfigGroups.parse(
                                        "traces: { endpoint: 'https://c:4318/x', headers: 'a=b',"
                                                + " service-name: n, resource-attributes: 'c=d' }")
                                .traces())
                .isEqualTo(
                        new TracesConfig(
                                URI.create("https://c:4318/x"),
                                new Secret("a=b"),
                                null,
                                "n",
                                "c=d"));
    }

    @Test
    void theHeadersMayComeFromAFileAndAreNotShown(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("headers"), "a=TopSecret\n");

        AgentConfig config = ConfigGroups.parse("traces: { headers-file: '%s' }".formatted(file));

        assertThat(config.traces().headers()).isEqualTo(new Secret("a=TopSecret"));
        assertThat(config.traces().headersFile()).isEqualTo(file);
        assertThat(ConfigLoader.show(config).toString()).doesNotContain("TopSecret");
        assertThatThrownBy(
                        () ->
                                ConfigGroups.parse(
                                        "traces: { headers: a=b, headers-file: '%s' }"
                                                .formatted(file)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("traces.headers-file: found both headers and headers-file");
    }

    @Test
    void headersThatCannotBeReadAreToldWithoutThem(@TempDir Path directory) throws Exception {
        assertThatThrownBy(() -> ConfigGroups.parse("traces: { headers: 'a=b,TopSecret' }"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(
                        "traces.headers: found a list of which part 2 is not KEY=VALUE; allowed: KEY=VALUE,KEY=VALUE")
                .hasMessageNotContaining("TopSecret");
        Path file = Files.writeString(directory.resolve("headers"), "TopSecret");
        assertThatThrownBy(
                        () -> ConfigGroups.parse("traces: { headers-file: '%s' }".formatted(file)))
                .hasMessageContaining("traces.headers-file: found a list of which part 1")
                .hasMessageNotContaining("TopSecret");
    }

    @Test
    void anEndpointWithAPasswordIsRefusedWithoutShowingIt() {
        assertThatThrownBy(() -> ConfigGroups.parse("traces: { endpoint: 'http://u:TopSecret@c' }"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("traces.endpoint: found a user or password in the URL")
                .hasMessageNotContaining("TopSecret");
        assertThatThrownBy(() -> ConfigGroups.parse("traces: { endpoint: 'collector:4317' }"))
                .hasMessageContaining("traces.endpoint: found 'collector:4317'");
    }

    /** It would be sent to /v1/traces/v1/traces, where no collector takes anything. */
    @Test
    void thePathIsNotGivenTwice() {
        assertThatThrownBy(
                        () -> ConfigGroups.parse("traces: { endpoint: 'http://c:4318/v1/traces' }"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(
                        "traces.endpoint: found 'http://c:4318/v1/traces'; allowed: the address without /v1/traces, which is added");
    }

    @Test
    void keysAndValuesAreReadAsOpenTelemetryWritesThem() {
        assertThat(KeyValues.parse("a=b, c = d=e ,f=Bearer%20x%2Cy+z"))
                .containsExactly(
                        Map.entry("a", "b"), Map.entry("c", "d=e"), Map.entry("f", "Bearer x,y+z"));
        assertThat(KeyValues.parse(" ")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'=b',1", "'a=b,',2", "'a b=c',1", "'a=%zz',1", "'a=b%0Ac',1"})
    void whatIsNoListIsRefusedByTheNumberOfThePart(String text, int part) {
        assertThatThrownBy(() -> KeyValues.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("part " + part);
    }

    @Test
    void unknownKey() {
        ConfigGroups.assertUnknown("traces: { endpoints: x }", "endpoints", "endpoint");
    }
}
