package io.github.clickhousebackupagent.internal.trace;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The ids of a span that follow from what it is of.
 *
 * @param trace 32 hexadecimal digits
 * @param span 16 hexadecimal digits
 */
record Ids(String trace, String span) {

    private static final int TRACE_DIGITS = 32;
    private static final int SPAN_DIGITS = 16;

    /** Returns those of a run. */
    static Ids of(String target, String run) {
        return of(target, run, "");
    }

    /**
     * Returns those of a part of a run.
     *
     * @param part what tells it from the other parts; empty: the run itself
     */
    static Ids of(String target, String run, String part) {
        return new Ids(
                hash(target + "\n" + run).substring(0, TRACE_DIGITS),
                hash(target + "\n" + run + "\n" + part).substring(0, SPAN_DIGITS));
    }

    private static String hash(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }
}
