package io.github.clickhousebackupagent.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads {@code KEY=VALUE,KEY=VALUE}, as variables of OpenTelemetry have it. */
public final class KeyValues {

    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9!#$&'*+.^_`|~-]+");

    private KeyValues() {}

    /**
     * Returns values by key, in the order of the text.
     *
     * @param text may be null
     * @throws IllegalArgumentException if it is not of that form; its message says which part, by
     *     number, as a value may be a secret
     */
    public static Map<String, String> parse(String text) {
        Map<String, String> values = new LinkedHashMap<>();
        if (text == null || text.isBlank()) {
            return values;
        }
        int number = 0;
        for (String part : text.split(",", -1)) {
            number++;
            int equals = part.indexOf('=');
            String key = equals < 0 ? "" : part.substring(0, equals).strip();
            if (!KEY.matcher(key).matches()) {
                throw new IllegalArgumentException("part " + number + " is not KEY=VALUE");
            }
            values.put(key, decoded(part.substring(equals + 1).strip(), number));
        }
        return values;
    }

    private static String decoded(String value, int number) {
        try {
            // Of a URL's query this reads all but the plus, which is itself here.
            String text = URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (text.chars().anyMatch(sign -> sign < ' ' || sign == 0x7f)) {
                throw new IllegalArgumentException("a line break");
            }
            return text;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "part " + number + " has a value that cannot be decoded", e);
        }
    }
}
