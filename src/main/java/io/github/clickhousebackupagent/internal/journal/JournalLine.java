package io.github.clickhousebackupagent.internal.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A whole line of a journal, not yet understood: most of a long journal need not be. Good only
 * while it is being looked at, as what it stands in is used again.
 */
public final class JournalLine {

    private static final ObjectReader READER =
            JsonMapper.builder()
                    .addModule(new JavaTimeModule())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build()
                    .readerFor(JournalEvent.class);

    private final byte[] bytes;
    private final int from;
    private final int to;

    JournalLine(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.from = from;
        this.to = to;
    }

    /** Returns its length in bytes. */
    public int size() {
        return to - from;
    }

    /**
     * Returns whether something stands in it, anywhere.
     *
     * @param text not empty, and as it stands in JSON, in UTF-8
     */
    public boolean contains(byte[] text) {
        int last = text.length - 1;
        for (int at = from; at < to - last; at++) {
            if (bytes[at + last] == text[last] && bytes[at] == text[0] && isAt(at, text)) {
                return true;
            }
        }
        return false;
    }

    private boolean isAt(int at, byte[] text) {
        return Arrays.equals(bytes, at, at + text.length, text, 0, text.length);
    }

    /** Returns the event; empty: the line was torn, and ended by the write after it. */
    public Optional<JournalEvent> event() {
        // Not a strict decoder, which would fail at a letter that was torn.
        String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        try {
            return Optional.ofNullable(READER.readValue(text));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}
