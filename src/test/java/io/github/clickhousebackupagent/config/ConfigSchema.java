package io.github.clickhousebackupagent.config;

import com.fasterxml.classmate.ResolvedType;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.victools.jsonschema.generator.CustomDefinition;
import com.github.victools.jsonschema.generator.FieldScope;
import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerationContext;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import com.github.victools.jsonschema.module.jackson.JacksonModule;
import com.github.victools.jsonschema.module.jackson.JacksonOption;
import java.lang.reflect.Field;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Map;

/** Makes the JSON Schema of the configuration from its records. */
final class ConfigSchema {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String PLACEHOLDER = "^.*\\{\\{.+}}.*$";

    private ConfigSchema() {}

    static String generate() {
        SchemaGeneratorConfigBuilder builder =
                new SchemaGeneratorConfigBuilder(
                                SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
                        .with(
                                Option.FORBIDDEN_ADDITIONAL_PROPERTIES_BY_DEFAULT,
                                Option.MAP_VALUES_AS_ADDITIONAL_PROPERTIES,
                                Option.INLINE_ALL_SCHEMAS)
                        .without(Option.SCHEMA_VERSION_INDICATOR)
                        .with(
                                new JacksonModule(
                                        JacksonOption.RESPECT_JSONPROPERTY_REQUIRED,
                                        JacksonOption.FLATTENED_ENUMS_FROM_JSONPROPERTY));
        builder.forTypesInGeneral().withCustomDefinitionProvider(ConfigSchema::simple);
        builder.forFields()
                .withDefaultResolver(ConfigSchema::defaultOf)
                .withInstanceAttributeOverride(ConfigSchema::bounds);
        ObjectNode generated =
                new SchemaGenerator(builder.build()).generateSchema(AgentConfig.class);
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "Configuration of clickhouse-backup-agent");
        schema.setAll(generated);
        schema.withObject("/properties/targets").put("minProperties", 1);
        withPlaceholders(schema);
        schema.withObject("/$defs/placeholder")
                .put("type", "string")
                .put("pattern", PLACEHOLDER)
                .put("description", "{{env:NAME}} or {{env:NAME:default}}");
        return schema.toPrettyString() + "\n";
    }

    private static CustomDefinition simple(ResolvedType type, SchemaGenerationContext context) {
        Class<?> raw = type.getErasedType();
        ObjectNode text = JsonNodeFactory.instance.objectNode().put("type", "string");
        if (raw == Duration.class) {
            return new CustomDefinition(text.put("pattern", Durations.PATTERN), true);
        }
        if (raw == CatchUp.class) {
            return new CustomDefinition(text.put("pattern", CatchUp.PATTERN), true);
        }
        boolean isText =
                raw == URI.class || raw == ZoneId.class || raw == Secret.class || raw == Path.class;
        return isText ? new CustomDefinition(text, true) : null;
    }

    private static Object defaultOf(FieldScope field) {
        Field raw = field.getRawMember();
        JsonProperty annotation = raw.getAnnotation(JsonProperty.class);
        if (annotation == null || annotation.defaultValue().isEmpty()) {
            return null;
        }
        return raw.getType() == Integer.class
                ? (Object) Integer.valueOf(annotation.defaultValue())
                : annotation.defaultValue();
    }

    private static void bounds(
            ObjectNode schema, FieldScope field, SchemaGenerationContext context) {
        if (field.getRawMember().getType() == Integer.class) {
            schema.put("minimum", 0);
            if (field.getName().equals("port")) {
                schema.put("maximum", 65535);
            }
        }
    }

    /** Lets a placeholder stand wherever a value is not any text: an editor sees it unresolved. */
    private static void withPlaceholders(JsonNode node) {
        if (!(node instanceof ObjectNode object)) {
            node.forEach(ConfigSchema::withPlaceholders);
            return;
        }
        // A map and its description come as two parts, which editors show as two choices.
        JsonNode parts = object.remove("allOf");
        if (parts != null) {
            parts.forEach(part -> object.setAll((ObjectNode) part));
        }
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            withPlaceholders(field.getValue());
        }
        boolean narrow =
                object.path("type").asText().equals("integer")
                        || object.has("enum")
                        || object.path("type").asText().equals("string") && object.has("pattern");
        if (narrow) {
            ObjectNode strict = object.objectNode();
            for (String key : new String[] {"type", "enum", "pattern", "minimum", "maximum"}) {
                JsonNode value = object.remove(key);
                if (value != null) {
                    strict.set(key, value);
                }
            }
            object.putArray("anyOf")
                    .add(strict)
                    .add(object.objectNode().put("$ref", "#/$defs/placeholder"));
        }
    }

    static JsonNode tree() throws Exception {
        return MAPPER.readTree(generate());
    }
}
