package io.github.clickhousebackupagent.samples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * A compose file, as Docker Compose reads it where no variable is set: merge keys and {@code
 * ${NAME:-default}} are resolved.
 *
 * @param name the file's name, for messages
 * @param root what it says
 */
public record ComposeFile(String name, Map<String, Object> root) {

    private static final Pattern VARIABLE =
            Pattern.compile("\\$(\\$|\\{([A-Z_]+)(?::-([^}]*))?\\})");

    /** Reads a file. */
    public static ComposeFile read(Path file) throws IOException {
        return parse(file.getFileName().toString(), Files.readString(file));
    }

    /** Reads a file's text. */
    static ComposeFile parse(String name, String text) {
        Object loaded = new Load(LoadSettings.builder().build()).loadFromString(text);
        return new ComposeFile(name, map(resolved(loaded)));
    }

    /** The services by name. */
    public Map<String, Service> services() {
        Map<String, Service> services = new LinkedHashMap<>();
        map(root.get("services"))
                .forEach((name, keys) -> services.put(name, new Service(name, map(keys))));
        return services;
    }

    /** The service of that name. */
    public Service service(String service) {
        Service found = services().get(service);
        if (found == null) {
            throw new IllegalArgumentException(name + ": no service " + service);
        }
        return found;
    }

    /**
     * The names below a key of the top level, such as {@code volumes}, with what is said of each.
     */
    public Map<String, Object> top(String key) {
        return map(root.get(key));
    }

    /** The file that a secret or config is read from, relative to the compose file. */
    Path file(String key, String entry) {
        return Path.of(map(top(key).get(entry)).get("file").toString());
    }

    /**
     * A service.
     *
     * @param name its name
     * @param keys what is said of it
     */
    public record Service(String name, Map<String, Object> keys) {

        /** The text of a key; empty if it is not there. */
        public String text(String key) {
            Object value = keys.get(key);
            return value == null ? "" : value.toString();
        }

        /** The texts of a list; of a map its keys. Empty if it is not there. */
        public List<String> texts(String key) {
            Object value = keys.get(key);
            if (value instanceof Map<?, ?> map) {
                return map.keySet().stream().map(Object::toString).toList();
            }
            return list(value).stream().map(Object::toString).toList();
        }

        /** What is below a key; empty if it is not there. */
        public Map<String, Object> map(String key) {
            return ComposeFile.map(keys.get(key));
        }

        /** The entries of a list. */
        List<Object> list(String key) {
            return list(keys.get(key));
        }

        /** Its variables. */
        public Map<String, String> environment() {
            Map<String, String> environment = new LinkedHashMap<>();
            map("environment").forEach((key, value) -> environment.put(key, value.toString()));
            return environment;
        }

        /** What a shell is given to run at its start. */
        public String startScript() {
            return script(texts("entrypoint"));
        }

        /** What a shell is given to run as its health check. */
        public String healthScript() {
            List<String> test = texts(map("healthcheck").get("test"));
            return script(test.subList(1, test.size()));
        }

        private String script(List<String> command) {
            if (command.size() != 3 || !command.subList(0, 2).equals(List.of("bash", "-ec"))) {
                throw new IllegalArgumentException(name + ": not bash -ec SCRIPT: " + command);
            }
            return command.get(2);
        }

        private static List<String> texts(Object value) {
            return list(value).stream().map(Object::toString).toList();
        }

        private static List<Object> list(Object value) {
            return value instanceof List<?> list ? new ArrayList<>(list) : List.of();
        }
    }

    static Map<String, Object> map(Object value) {
        Map<String, Object> map = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> found) {
            found.forEach((key, below) -> map.put(key.toString(), below));
        }
        return map;
    }

    private static Object resolved(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> result = new LinkedHashMap<>();
            // What stands in the map itself counts before what is merged into it.
            if (resolved(map.get("<<")) instanceof Map<?, ?> merged) {
                result.putAll(merged);
            }
            map.forEach(
                    (key, below) -> {
                        if (!key.equals("<<")) {
                            result.put(key, resolved(below));
                        }
                    });
            return result;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(ComposeFile::resolved).toList();
        }
        return value instanceof String text
                ? VARIABLE.matcher(text).replaceAll(ComposeFile::substitute)
                : value;
    }

    private static String substitute(MatchResult found) {
        if (found.group(1).equals("$")) {
            return Matcher.quoteReplacement("$");
        }
        return Matcher.quoteReplacement(found.group(3) == null ? "" : found.group(3));
    }
}
