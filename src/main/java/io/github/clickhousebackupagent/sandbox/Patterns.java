package io.github.clickhousebackupagent.sandbox;

import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Table patterns as the server reads them: with commas between them, each as {@code filepath.Match}
 * of Go has it, where brackets are a choice of letters and a backslash takes the meaning away from
 * what follows. Nothing means all.
 */
final class Patterns {
    private static final Pattern NONE = Pattern.compile("(?!)");

    private Patterns() {}

    static List<String> split(String patterns) {
        return Stream.of(patterns.split(",")).map(String::trim).toList();
    }

    static List<Table> matching(Collection<Table> tables, String patterns) {
        if (patterns.isEmpty()) {
            return List.copyOf(tables);
        }
        List<Pattern> globs = split(patterns).stream().map(Patterns::glob).toList();
        return tables.stream()
                .filter(t -> globs.stream().anyMatch(g -> g.matcher(t.id()).matches()))
                .toList();
    }

    /** Of one that is malformed, the server takes nothing, and says nothing. */
    private static Pattern glob(String text) {
        StringBuilder regex = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            char sign = text.charAt(at++);
            if (sign == '*') {
                regex.append("[^/]*");
            } else if (sign == '?') {
                regex.append("[^/]");
            } else if (sign == '[') {
                int end = endOfChoice(text, at);
                if (end < 0) {
                    return NONE;
                }
                regex.append(choice(text.substring(at, end)));
                at = end + 1;
            } else if (sign != '\\') {
                regex.append(literal(sign));
            } else if (at < text.length()) {
                regex.append(literal(text.charAt(at++)));
            } else {
                return NONE;
            }
        }
        return Pattern.compile(regex.toString());
    }

    private static int endOfChoice(String text, int from) {
        int first = text.startsWith("^", from) ? from + 1 : from;
        for (int at = first; at < text.length(); at++) {
            if (text.charAt(at) == ']') {
                return at == first ? -1 : at;
            }
            if (text.charAt(at) == '\\') {
                at++;
            }
        }
        return -1;
    }

    private static String choice(String letters) {
        StringBuilder regex = new StringBuilder("[");
        for (int at = 0; at < letters.length(); at++) {
            char sign = letters.charAt(at);
            if (sign == '-' || sign == '^' && at == 0) {
                regex.append(sign);
            } else if (sign == '\\') {
                regex.append(literal(letters.charAt(++at)));
            } else {
                regex.append(literal(sign));
            }
        }
        return regex.append(']').toString();
    }

    private static String literal(char sign) {
        boolean plain = Character.isLetterOrDigit(sign) || Character.isSurrogate(sign);
        return plain ? String.valueOf(sign) : "\\" + sign;
    }
}
