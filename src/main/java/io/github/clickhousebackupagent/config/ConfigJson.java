package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.function.Function;

/** How the values of a configuration are written in JSON. */
final class ConfigJson {

    private ConfigJson() {}

    static ObjectMapper mapper() {
        SimpleModule module = new SimpleModule();
        text(module, Duration.class, Durations::parse, Durations::format);
        text(module, CatchUp.class, CatchUp::parse, CatchUp::toString);
        text(module, ZoneId.class, ZoneId::of, ZoneId::getId);
        text(module, Path.class, Path::of, Path::toString);
        text(module, Secret.class, Secret::new, Secret::toString);
        return JsonMapper.builder().addModule(module).build();
    }

    private static <T> void text(
            SimpleModule module,
            Class<T> type,
            Function<String, T> parse,
            Function<T, String> format) {
        module.addDeserializer(
                type,
                new JsonDeserializer<>() {
                    @Override
                    public T deserialize(JsonParser parser, DeserializationContext context)
                            throws IOException {
                        return parse.apply(parser.getText());
                    }
                });
        module.addSerializer(
                type,
                new JsonSerializer<>() {
                    @Override
                    public void serialize(
                            T value, JsonGenerator generator, SerializerProvider provider)
                            throws IOException {
                        generator.writeString(format.apply(value));
                    }
                });
    }
}
