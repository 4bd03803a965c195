package io.github.clickhousebackupagent.internal.diagram;

/** Text within XML. */
final class Xml {

    private Xml() {}

    /**
     * Writes what XML would take for something of its own as an entity, and leaves out the rest.
     */
    static String escape(String text) {
        StringBuilder safe = new StringBuilder();
        text.codePoints()
                .filter(Xml::isAllowed)
                .forEach(
                        letter -> {
                            switch (letter) {
                                case '&' -> safe.append("&amp;");
                                case '<' -> safe.append("&lt;");
                                case '>' -> safe.append("&gt;");
                                case '"' -> safe.append("&quot;");
                                default -> safe.appendCodePoint(letter);
                            }
                        });
        return safe.toString();
    }

    private static boolean isAllowed(int letter) {
        return letter == '\t'
                || letter == '\n'
                || letter >= ' ' && letter < 0xD800
                || letter >= 0xE000 && letter < 0xFFFE
                || letter >= 0x10000;
    }
}
