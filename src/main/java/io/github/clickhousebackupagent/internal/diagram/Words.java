package io.github.clickhousebackupagent.internal.diagram;

import java.util.ArrayList;
import java.util.List;

/**
 * How wide a text is, and where it is broken. The widths are those of a wide sans-serif (DejaVu
 * Sans), in thousandths of the size of the letters: the fonts of the machine must not change a
 * picture, and a narrower font leaves some room.
 */
final class Words {

    private Words() {}

    /** Returns the width of a text, in the unit of the size. */
    static double width(String text, double size) {
        int width = text.codePoints().map(Words::width).sum();
        return width * size / 1000;
    }

    private static int width(int letter) {
        if (letter >= 0x1100 && letter != 0x2026 && (letter >= 0x2E80 || letter <= 0x11FF)) {
            return 1050; // Ideographs, emoji and their like.
        }
        if ("ijl'|".indexOf(letter) >= 0) {
            return 300;
        }
        if (" .,:;I!()[]{}ft/\\\"".indexOf(letter) >= 0) {
            return 400;
        }
        if ("rs-_^*`".indexOf(letter) >= 0) {
            return 520;
        }
        if ("mwMWOQGNDHU@%&+=<>~#".indexOf(letter) >= 0) {
            return letter == 'm' || letter == 'M' || letter == 'W' || letter == '@' ? 1000 : 840;
        }
        return Character.isUpperCase(letter) ? 720 : 640;
    }

    /**
     * Breaks a text at its spaces, and within a word that is longer than a line.
     *
     * @param most how many letters a line may have
     */
    static List<String> wrap(String text, int most) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.strip().split("\\s+")) {
            String rest = word;
            if (line.length() > 0 && line.length() + 1 + rest.length() > most) {
                lines.add(line.toString());
                line.setLength(0);
            }
            while (rest.length() > most) {
                int at = breakOf(rest, most);
                lines.add(rest.substring(0, at));
                rest = rest.substring(at);
            }
            line.append(line.length() > 0 ? " " : "").append(rest);
        }
        if (line.length() > 0) {
            lines.add(line.toString());
        }
        return balanced(text, lines, most);
    }

    /** Behind a sign between two parts of a word where there is one, never within a letter. */
    private static int breakOf(String word, int most) {
        for (int i = most; i > most / 3; i--) {
            char before = word.charAt(i - 1);
            boolean hump = Character.isLowerCase(before) && Character.isUpperCase(word.charAt(i));
            if ("./-_,:(".indexOf(before) >= 0 || hump) {
                return i;
            }
        }
        return Character.isHighSurrogate(word.charAt(most - 1)) ? most - 1 : most;
    }

    /** Lines of about the same length look better than a last one of one word. */
    private static List<String> balanced(String text, List<String> lines, int most) {
        int longest = lines.stream().mapToInt(String::length).max().orElse(0);
        int even = (int) Math.ceil(text.strip().length() / (double) lines.size());
        if (lines.size() < 2 || even >= most - 1 || longest > most) {
            return lines;
        }
        for (int narrower = even; narrower < most; narrower++) {
            List<String> other = wrapOnce(text, narrower);
            if (other.size() == lines.size()) {
                return other;
            }
        }
        return lines;
    }

    private static List<String> wrapOnce(String text, int most) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.strip().split("\\s+")) {
            if (line.length() > 0 && line.length() + 1 + word.length() > most) {
                lines.add(line.toString());
                line.setLength(0);
            }
            if (word.length() > most) {
                return List.of();
            }
            line.append(line.length() > 0 ? " " : "").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
