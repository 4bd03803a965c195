package io.github.clickhousebackupagent.internal.diagram;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which addresses of steps mean which routes, as far as that can be told before they run. */
final class Uris {

    private static final Set<String> IN_MEMORY =
            Set.of("direct", "seda", "vm", "disruptor", "disruptor-vm");

    /** Stands for what is only known when it runs. */
    private static final char OPEN = '\u0001';

    private Uris() {}

    /** Returns whether an address is within the process. */
    static boolean isInMemory(String uri) {
        return IN_MEMORY.contains(scheme(uri));
    }

    static boolean isDirect(String uri) {
        return scheme(uri).equals("direct");
    }

    static String scheme(String uri) {
        int colon = uri.indexOf(':');
        return colon < 0 ? "" : uri.substring(0, colon);
    }

    /** Returns whether two addresses are the same, and wholly known. */
    static boolean isSame(String call, String entry) {
        String from = open(call);
        return from.indexOf(OPEN) < 0 && from.equals(open(entry));
    }

    /** Returns whether a call of one address may get to the other. */
    static boolean mayMeet(String call, String entry) {
        String from = open(call);
        String to = open(entry);
        boolean fromOpen = from.indexOf(OPEN) >= 0;
        boolean toOpen = to.indexOf(OPEN) >= 0;
        if (!scheme(from).equals(scheme(to)) || !fromOpen && !toOpen) {
            return false;
        }
        if (toOpen) {
            return pattern(to).matcher(from).matches();
        }
        // All addresses of a kind are no answer.
        String fixed = from.substring(from.indexOf(':') + 1).replace(String.valueOf(OPEN), "");
        return !fixed.isBlank() && pattern(from).matcher(to).matches();
    }

    /** Returns what stands in an address for what is only known when it runs. */
    static Optional<String> open(String call, String entry) {
        Matcher matcher = pattern(open(call)).matcher(open(entry));
        return matcher.matches() && matcher.groupCount() > 0
                ? Optional.of(matcher.group(1)).filter(part -> part.indexOf(OPEN) < 0)
                : Optional.empty();
    }

    private static Pattern pattern(String open) {
        StringBuilder regex = new StringBuilder();
        for (char letter : open.toCharArray()) {
            regex.append(letter == OPEN ? "(.+)" : Pattern.quote(String.valueOf(letter)));
        }
        return Pattern.compile(regex.toString());
    }

    /** Returns an address without its options, and with one sign for each open part. */
    static String open(String uri) {
        StringBuilder text = new StringBuilder();
        int i = 0;
        while (i < uri.length() && uri.charAt(i) != '?') {
            if (uri.startsWith("${", i) || uri.startsWith("{{", i) || uri.startsWith("#{", i)) {
                i = end(uri, i + 1);
                text.append(OPEN);
            } else {
                text.append(uri.charAt(i));
                i++;
            }
        }
        return text.toString().replaceFirst("^([a-z0-9+-]+):/+", "$1:");
    }

    /** Returns the position behind the bracket that ends what the one at a position begins. */
    private static int end(String uri, int bracket) {
        int depth = 0;
        for (int i = bracket - (uri.charAt(bracket - 1) == '{' ? 1 : 0); i < uri.length(); i++) {
            depth += uri.charAt(i) == '{' ? 1 : uri.charAt(i) == '}' ? -1 : 0;
            if (depth == 0) {
                return i + 1;
            }
        }
        return uri.length();
    }
}
