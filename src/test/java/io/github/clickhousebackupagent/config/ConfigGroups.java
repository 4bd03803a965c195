package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import java.util.Map;

/** What the tests of all groups of keys need. */
final class ConfigGroups {

    private static final String TARGET = "targets: { node: { url: 'http://node:7171' } }\n";

    private ConfigGroups() {}

    /** Returns a configuration with one target {@code node}, and what is in the YAML. */
    static AgentConfig parse(String yaml) {
        String text = yaml.startsWith("targets:") ? yaml : TARGET + yaml;
        return new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC())
                .parse("f.yaml", text);
    }

    static void assertUnknown(String yaml, String key, String nearest) {
        assertThatThrownBy(() -> parse(yaml))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("found the unknown key " + key + ";")
                .hasMessageContaining("did you mean " + nearest + "?");
    }

    /**
     * Asserts that the schema promises the defaults that the record has.
     *
     * @param pointer to the schema of the group, empty for the top
     * @param defaults a group that was made of nothing
     * @param without keys that have no default of their own, or one that depends on the machine
     */
    static void assertSchemaDefaults(String pointer, Object defaults, String... without)
            throws Exception {
        JsonNode schema = new ObjectMapper().readTree(ConfigLoader.schemaText());
        JsonNode properties = schema.at(pointer + "/properties");
        JsonNode values = ConfigJson.mapper().valueToTree(defaults);
        assertThat(properties.isEmpty()).isFalse();
        assertThat(properties.fieldNames()).toIterable().hasSize(values.size());
        for (Map.Entry<String, JsonNode> property : properties.properties()) {
            if (java.util.List.of(without).contains(property.getKey())) {
                assertThat(property.getValue().has("default")).as(property.getKey()).isFalse();
            } else {
                assertThat(property.getValue().path("default"))
                        .as("default of " + property.getKey())
                        .isEqualTo(values.get(property.getKey()));
            }
        }
    }

    /**
     * Asserts the same, where the schema gives durations in the unit that people think in.
     *
     * @param pointer to the schema of the group
     * @param defaults a group that was made of nothing
     */
    static void assertSchemaDurations(String pointer, Object defaults) throws Exception {
        JsonNode schema = new ObjectMapper().readTree(ConfigLoader.schemaText());
        JsonNode properties = schema.at(pointer + "/properties");
        JsonNode values = ConfigJson.mapper().valueToTree(defaults);
        assertThat(properties.fieldNames()).toIterable().hasSize(values.size());
        for (Map.Entry<String, JsonNode> property : properties.properties()) {
            String promised = property.getValue().path("default").asText();
            String value = values.get(property.getKey()).asText();
            boolean isDuration = promised.matches(Durations.PATTERN);
            assertThat(isDuration ? Durations.format(Durations.parse(promised)) : promised)
                    .as("default of " + property.getKey())
                    .isEqualTo(value);
        }
    }
}
