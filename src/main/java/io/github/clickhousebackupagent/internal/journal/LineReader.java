package io.github.clickhousebackupagent.internal.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * Goes through the lines of a file, forwards or backwards, and holds no more of it than a block, or
 * the line that it is at. What is after the last end of a line is no line.
 *
 * @param channel the file
 * @param size how much of it is read, in bytes
 */
record LineReader(FileChannel channel, long size) {

    private static final int BLOCK = 65_536;

    /** No event is as long: the longest orders name some thousand tables. */
    private static final int LONGEST = 16_777_216;

    /**
     * Goes on from where a line begins.
     *
     * @param goesOn is given one line after the other, and returns whether it wants the next one
     * @return where the line begins that would be the next one
     * @throws IOException if the file cannot be read, or holds no lines
     */
    long forwards(long from, Predicate<JournalLine> goesOn) throws IOException {
        byte[] bytes = new byte[BLOCK];
        long place = from;
        int filled = 0;
        while (true) {
            bytes = withRoom(bytes, filled, place);
            int more = read(bytes, filled, place + filled);
            if (more == 0) {
                return place;
            }
            int begin = 0;
            for (int at = filled; at < filled + more; at++) {
                if (bytes[at] == '\n') {
                    JournalLine line = new JournalLine(bytes, begin, at);
                    begin = at + 1;
                    if (!goesOn.test(line)) {
                        return place + begin;
                    }
                }
            }
            filled += more - begin;
            System.arraycopy(bytes, begin, bytes, 0, filled);
            place += begin;
        }
    }

    /**
     * Begins at the last line.
     *
     * @param goesOn is given one line after the other, and returns whether it wants the one before
     * @throws IOException if the file cannot be read, or holds no lines
     */
    void backwards(Predicate<JournalLine> goesOn) throws IOException {
        byte[] bytes = new byte[BLOCK];
        long place = size;
        int end = 0; // Of the line whose beginning is looked for, in what was read.
        boolean whole = false; // The first one that is met is no line.
        while (place > 0) {
            // As much as there is of the line: else the longest would be copied again and again.
            int more = (int) Math.min(Math.max(BLOCK, end), place);
            if (end + more > LONGEST) {
                throw tooLong(place);
            }
            byte[] longer = more + end > bytes.length ? new byte[more + end] : bytes;
            System.arraycopy(bytes, 0, longer, more, end);
            bytes = longer;
            readWhole(bytes, more, place - more);
            place -= more;
            end += more;
            for (int at = more - 1; at >= 0; at--) {
                if (bytes[at] == '\n') {
                    if (whole && !goesOn.test(new JournalLine(bytes, at + 1, end))) {
                        return;
                    }
                    whole = true;
                    end = at;
                }
            }
        }
        if (whole) {
            goesOn.test(new JournalLine(bytes, 0, end));
        }
    }

    private static byte[] withRoom(byte[] bytes, int filled, long place) throws IOException {
        if (filled < bytes.length) {
            return bytes;
        }
        if (bytes.length >= LONGEST) {
            throw tooLong(place);
        }
        return Arrays.copyOf(bytes, bytes.length * 2);
    }

    private static IOException tooLong(long place) {
        return new IOException(
                "found a line of more than %d bytes at byte %d; allowed: events, one a line"
                        .formatted(LONGEST, place));
    }

    /** Reads what there is, at most until the array is full; 0: nothing is left. */
    private int read(byte[] to, int at, long from) throws IOException {
        int most = (int) Math.min(to.length - at, size - from);
        return most <= 0 ? 0 : Math.max(0, channel.read(ByteBuffer.wrap(to, at, most), from));
    }

    private void readWhole(byte[] to, int length, long from) throws IOException {
        ByteBuffer into = ByteBuffer.wrap(to, 0, length);
        while (into.hasRemaining()) {
            if (channel.read(into, from + into.position()) < 0) {
                throw new IOException("it became shorter while it was read");
            }
        }
    }
}
