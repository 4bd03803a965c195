package io.github.clickhousebackupagent.sandbox;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The query of a call, read as Go's net/url reads it: what cannot be decoded is dropped silently.
 */
final class Query {
    private final Map<String, List<String>> values = new LinkedHashMap<>();

    Query(String raw) {
        if (raw == null || raw.isEmpty()) {
            return;
        }
        for (String pair : raw.split("&")) {
            if (pair.isEmpty() || pair.indexOf(';') >= 0) {
                continue;
            }
            int equals = pair.indexOf('=');
            try {
                String key = unescape(equals < 0 ? pair : pair.substring(0, equals));
                String value = equals < 0 ? "" : unescape(pair.substring(equals + 1));
                values.computeIfAbsent(key, k -> new ArrayList<>()).add(value);
            } catch (BadEscape e) {
                continue; // as Go does
            }
        }
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    List<String> all(String key) {
        return values.getOrDefault(key, List.of());
    }

    Optional<String> first(String key) {
        return all(key).stream().findFirst();
    }

    /** Newer servers accept both spellings of a parameter, the one with underscores first. */
    Optional<String> firstInAnySpelling(String key) {
        return first(key.replace('-', '_')).or(() -> first(key.replace('_', '-')));
    }

    /** Percent and plus decoding that refuses what Go refuses. */
    static String unescape(String text) throws BadEscape {
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
            return text;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                String hex = text.substring(Math.min(i + 1, text.length()));
                if (hex.length() < 2
                        || Character.digit(hex.charAt(0), 16) < 0
                        || Character.digit(hex.charAt(1), 16) < 0) {
                    throw new BadEscape("%" + hex.substring(0, Math.min(2, hex.length())));
                }
                bytes.write(Integer.parseInt(hex.substring(0, 2), 16));
                i += 2;
            } else if (c == '+') {
                bytes.write(' ');
            } else {
                bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** A percent sign that is not followed by two hexadecimal digits; the message is the escape. */
    static final class BadEscape extends Exception {
        BadEscape(String escape) {
            super(escape);
        }
    }
}
